import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { usedOfGrants, useTermWords } from "@/shared/grants/terms";
import { useGrantTexts } from "@/shared/grants/texts";
import { useCanChange } from "@/shared/hooks/session";
import { Bars } from "@/shared/lists/ListCard";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";
import { Dialog } from "@/shared/ui/Dialog";
import { Failure } from "@/shared/ui/states";
import { FormButtons, FormProblem, landError, optionalReason, ReasonField } from "../dialogs/forms";
import { useChange } from "../useChange";
import { useGrants } from "../userData";
import { useUserTexts } from "../userTexts";
import { actorName } from "./told";

type User = Model<"UserDetail">;
type Grant = Model<"GrantOut">;

/** What the additional tokens are made of, first used first; nothing for whoever has none. */
export function GrantsCard({ user }: { user: User | undefined }) {
  return user && user.additionalTokens !== 0 ? <Granted user={user} /> : null;
}

function Granted({ user }: { user: User }) {
  const t = useUserTexts();
  const words = useGrantTexts();
  const format = useFormat();
  const { data, error, refetch } = useGrants(user);
  const used = data ? usedOfGrants(data.additionalTokens, data.items) : 0;
  return (
    <Card className="mt-5">
      <CardHeader
        title={t("grants")}
        description={t("grantsText", {
          tokens: format.integer(data?.additionalTokens ?? user.additionalTokens),
        })}
      />
      {data ? (
        <ul className="divide-y divide-line border-line border-t">
          {data.items.map((grant) => (
            <Row key={grant.id} user={user} grant={grant} />
          ))}
          {used > 0 ? (
            <li className="flex flex-wrap items-center gap-x-3 px-5 py-3 text-ink-soft">
              <span className="tabular font-medium">{format.integer(used)}</span>
              {words("usedThisMonth")}
            </li>
          ) : null}
        </ul>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Bars count={1} />
      )}
    </Card>
  );
}

function Row({ user, grant }: { user: User; grant: Grant }) {
  const t = useUserTexts();
  const format = useFormat();
  const term = useTermWords();
  const canChange = useCanChange();
  const left = format.integer(grant.tokens);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="tabular font-medium">
            {grant.tokens === grant.grantedTokens
              ? left
              : t("grantLeft", { left, granted: format.integer(grant.grantedTokens) })}
          </span>
          <Badge>{term(grant)}</Badge>
        </p>
        <p className="wrap-anywhere mt-0.5 text-[0.8125rem] text-ink-soft">
          {grant.actor === null
            ? t("grantEveryMonth")
            : t("grantGiven", {
                who: actorName(grant.actor, t),
                date: format.dateTime(grant.createdAt),
              })}
          {grant.reason ? ` “${grant.reason}”` : null}
        </p>
      </div>
      {canChange && user.status !== "deleted" ? <VoidButton user={user} grant={grant} /> : null}
    </li>
  );
}

/** Takes back what is unused of a grant, after asking. */
function VoidButton({ user, grant }: { user: User; grant: Grant }) {
  const t = useUserTexts();
  const format = useFormat();
  const term = useTermWords();
  const [isAsking, setAsking] = useState(false);
  const values = { tokens: format.integer(grant.grantedTokens), term: term(grant) };
  return (
    <>
      <Button size="small" aria-label={t("voidOne", values)} onClick={() => setAsking(true)}>
        {t("void")}
      </Button>
      <Dialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t("voidTitle")}
        description={t("voidText", values)}
      >
        <VoidForm user={user} grantId={grant.id} onClose={() => setAsking(false)} />
      </Dialog>
    </>
  );
}

const schema = z.object({ reason: optionalReason });

function VoidForm({
  user,
  grantId,
  onClose,
}: {
  user: User;
  grantId: string;
  onClose: () => void;
}) {
  const t = useUserTexts();
  const change = useChange(user);
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { reason: "" },
  });
  const { errors } = formState;
  const submit = handleSubmit(async ({ reason }) => {
    try {
      await change.mutateAsync({ kind: "void", grantId, reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["reason"]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <ReasonField isOptional error={errors.reason} {...register("reason")} />
      <FormButtons
        variant="danger"
        submit={t("voidRun")}
        cancel={t("keep")}
        busy={change.isPending}
        onCancel={onClose}
      />
    </form>
  );
}
