import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange, useIsManager } from "@/shared/hooks/session";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { Dialog } from "@/shared/ui/Dialog";
import { levelOf, UsageBar } from "@/shared/ui/UsageBar";
import { FormButtons, FormProblem, landError, optionalReason, ReasonField } from "../dialogs/forms";
import { useChange } from "../useChange";
import { DayForm } from "./DayForm";
import { percentOf } from "./dayLimit";
import { useDayTexts } from "./dayTexts";

type User = Model<"UserDetail">;

/** What a user may use on one day: how today stands, changed and lifted from here. */
export function DayCard({ user }: { user: User | undefined }) {
  if (!user) {
    return (
      <Card className="mt-5 p-5">
        <div className="min-h-11" aria-hidden />
      </Card>
    );
  }
  return user.status === "deleted" ? null : <Day user={user} />;
}

function Day({ user }: { user: User }) {
  const t = useDayTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const isManager = useIsManager();
  const [open, setOpen] = useState<"limit" | "lift" | null>(null);
  const tokens = user.dailyLimitTokens;
  const close = () => setOpen(null);
  return (
    <Card className="mt-5 p-5">
      <div className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="flex flex-wrap items-center gap-2.5 font-semibold text-[0.9375rem]">
            {tokens === null ? t("title") : t("titleLimited", { tokens: format.integer(tokens) })}
            {user.dayLifted ? <Badge tone="info">{t("lifted")}</Badge> : null}
          </h2>
          <p className="mt-0.5 text-[0.8125rem] text-ink-soft">{useDayText(user)}</p>
        </div>
        {canChange || isManager ? (
          <div className="flex gap-2">
            {tokens !== null && !user.dayLifted ? (
              <Button size="small" onClick={() => setOpen("lift")}>
                {t("lift")}
              </Button>
            ) : null}
            {canChange ? (
              <Button size="small" onClick={() => setOpen("limit")}>
                {tokens === null ? t("set") : t("change")}
              </Button>
            ) : null}
          </div>
        ) : null}
      </div>
      {tokens === null ? null : <Today user={user} tokens={tokens} />}
      <Dialog
        open={open === "limit"}
        onClose={close}
        title={t("dialogTitle")}
        description={t("dialogText")}
      >
        <DayForm user={user} onClose={close} />
      </Dialog>
      <Dialog
        open={open === "lift"}
        onClose={close}
        title={t("liftTitle")}
        description={t("liftText")}
      >
        <LiftForm user={user} onClose={close} />
      </Dialog>
    </Card>
  );
}

function useDayText(user: User): string {
  const t = useDayTexts();
  if (user.dailyLimit === null) return t("none");
  if (user.dayLifted) return t("liftedText");
  const percent = percentOf(user.dailyLimit);
  return percent === null ? t("fixed") : t("ofTheMonth", { percent });
}

function Today({ user, tokens }: { user: User; tokens: number }) {
  const t = useDayTexts();
  const format = useFormat();
  const used = user.dayUsed ?? 0;
  const percent = tokens === 0 ? 100 : (100 * used) / tokens;
  const label = user.dayLifted
    ? t("usedLifted", { used: format.integer(used) })
    : t("used", { used: format.integer(used), tokens: format.integer(tokens) });
  return (
    <div className="mt-4">
      <UsageBar
        percent={percent}
        level={user.dayLifted ? "ok" : levelOf(percent)}
        label={label}
        className="h-2"
      />
      <p className="tabular mt-2 flex flex-wrap justify-between gap-x-4 text-[0.8125rem] text-ink-soft">
        <span>{label}</span>
        {user.dayAvailable === null ? null : (
          <span>{t("left", { left: format.integer(Math.max(0, user.dayAvailable)) })}</span>
        )}
      </p>
    </div>
  );
}

const schema = z.object({ reason: optionalReason });

function LiftForm({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useDayTexts();
  const change = useChange(user);
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { reason: "" },
  });
  const { errors } = formState;
  const submit = handleSubmit(async ({ reason }) => {
    try {
      await change.mutateAsync({ kind: "lift", reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["reason"]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <ReasonField isOptional error={errors.reason} {...register("reason")} />
      <FormButtons submit={t("lift")} busy={change.isPending} onCancel={onClose} />
    </form>
  );
}
