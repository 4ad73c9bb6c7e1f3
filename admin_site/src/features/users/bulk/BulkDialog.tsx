import { zodResolver } from "@hookform/resolvers/zod";
import { type RefObject, useRef } from "react";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { KINDS, termOf } from "@/shared/grants/granting";
import { TermFields } from "@/shared/grants/TermFields";
import { NO_GROUP } from "@/shared/groups/data";
import { GroupField } from "@/shared/groups/GroupField";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Field } from "@/shared/ui/Field";
import { TokensInput } from "@/shared/ui/TokensInput";
import { useActionTexts } from "../actionTexts";
import { AmountField } from "../dialogs/AmountField";
import {
  aLastDay,
  FormButtons,
  grantFields,
  groupText,
  limitText,
  neededReason,
  PlanSelect,
  problemText,
  ReasonField,
} from "../dialogs/forms";
import { PLANS } from "../search";
import { parseTokens } from "../tokens";
import { BulkFailures } from "./BulkFailures";
import type { BulkChange, BulkOutcome } from "./bulk";
import { useBulk } from "./useBulk";

const TITLES = {
  suspend: "bulkSuspend",
  activate: "bulkActivate",
  add_tokens: "bulkTokens",
  set_plan: "bulkPlan",
  set_limit: "bulkLimit",
  set_group: "bulkGroup",
} as const;

interface Props {
  action: BulkChange["action"];
  selected: ReadonlySet<string>;
  known: ReadonlyMap<string, Model<"UserOut">>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onClose: () => void;
}

/** One change of all selected users, and who it did not work for. */
export function BulkDialog({ open, ...props }: Props & { open: boolean }) {
  const t = useActionTexts();
  const format = useFormat();
  const isRunning = useRef(false);
  const count = props.selected.size;
  return (
    <Dialog
      open={open}
      // What is under way is stopped by its own button, which then says what became of it.
      onClose={() => {
        if (!isRunning.current) props.onClose();
      }}
      title={t(TITLES[props.action])}
      description={t("bulkFor", { count, shown: format.integer(count) })}
    >
      <Body {...props} isRunning={isRunning} />
    </Dialog>
  );
}

function Body({
  action,
  selected,
  known,
  onSelect,
  onClose,
  isRunning,
}: Props & { isRunning: RefObject<boolean> }) {
  const { mutation, asked, stop, isStopping } = useBulk(known);
  isRunning.current = mutation.isPending;
  const outcome = mutation.data?.outcome;
  const undone = (of: BulkOutcome) => [...of.failed.map((one) => one.userId), ...of.left];
  if (outcome && undone(outcome).length > 0) {
    return (
      <BulkFailures
        outcome={outcome}
        known={known}
        onClose={onClose}
        onKeep={() => {
          onSelect(new Set(undone(outcome)));
          onClose();
        }}
      />
    );
  }
  return (
    <BulkForm
      action={action}
      count={selected.size}
      running={mutation.isPending ? { asked, stop, isStopping } : null}
      onClose={onClose}
      onSubmit={(change) =>
        mutation.mutate(
          { userIds: [...selected], change },
          {
            onSuccess: ({ outcome: done }) => {
              if (undone(done).length > 0) return;
              onClose();
              onSelect(new Set());
            },
          },
        )
      }
    />
  );
}

const base = { reason: neededReason, plan: z.enum(PLANS), limit: z.string(), group: z.string() };
const other = z.object({ ...base, ...grantFields, amount: z.string() });
const schemas: Record<BulkChange["action"], typeof other> = {
  suspend: other,
  activate: other,
  set_plan: other,
  add_tokens: z.object({ ...base, ...grantFields }).check(aLastDay),
  set_limit: z.object({ ...base, ...grantFields, amount: z.string(), limit: limitText }),
  set_group: z.object({ ...base, ...grantFields, amount: z.string(), group: groupText }),
};

interface Running {
  /** How many have been asked for. */
  asked: number;
  stop: () => void;
  isStopping: boolean;
}

function BulkForm({
  action,
  count,
  running,
  onSubmit,
  onClose,
}: {
  action: BulkChange["action"];
  count: number;
  /** null: not begun. */
  running: Running | null;
  onSubmit: (change: BulkChange) => void;
  onClose: () => void;
}) {
  const t = useActionTexts();
  const format = useFormat();
  const { register, control, handleSubmit, setValue, formState, watch } = useForm({
    resolver: zodResolver(schemas[action]),
    defaultValues: {
      amount: "",
      kind: KINDS[0] as (typeof KINDS)[number],
      until: "",
      plan: "pro" as (typeof PLANS)[number],
      limit: "",
      group: "",
      reason: "",
    },
  });
  const { errors } = formState;
  const submit = handleSubmit((values) => {
    const { plan, reason } = values;
    const amount = parseTokens(values.amount) ?? 0;
    if (action === "add_tokens") onSubmit({ action, amount, ...termOf(values), reason });
    else if (action === "set_plan") onSubmit({ action, plan, reason });
    else if (action === "set_limit") {
      onSubmit({ action, monthlyLimit: parseTokens(values.limit) ?? 0, reason });
    } else if (action === "set_group") {
      onSubmit({ action, groupId: values.group === NO_GROUP ? "" : values.group, reason });
    } else onSubmit({ action, reason });
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      {action === "suspend" || action === "activate" ? (
        <p className="text-ink-soft">
          {t(action === "suspend" ? "suspendText" : "bulkActivateText")}
        </p>
      ) : null}
      {action === "add_tokens" ? (
        <>
          <Controller
            control={control}
            name="amount"
            render={({ field }) => (
              <AmountField {...field} help={t("amountHelp")} error={errors.amount} />
            )}
          />
          <TermFields
            term={termOf(watch())}
            amount={parseTokens(watch("amount")) ?? 0}
            months={null}
            onKind={(kind) => setValue("kind", kind)}
            until={register("until")}
            error={problemText(t, errors.until)}
          />
        </>
      ) : null}
      {action === "set_plan" ? (
        <Controller
          control={control}
          name="plan"
          render={({ field }) => (
            <Field label={t("plan")} help={t("bulkPlanHelp")}>
              <PlanSelect value={field.value} onChange={field.onChange} />
            </Field>
          )}
        />
      ) : null}
      {action === "set_limit" ? (
        <Controller
          control={control}
          name="limit"
          render={({ field }) => (
            <Field
              label={t("limit")}
              help={t("bulkLimitHelp")}
              error={problemText(t, errors.limit)}
            >
              <TokensInput {...field} />
            </Field>
          )}
        />
      ) : null}
      {action === "set_group" ? (
        <Controller
          control={control}
          name="group"
          render={({ field }) => (
            <GroupField
              label={t("bulkGroupLabel")}
              help={t("bulkGroupHelp")}
              value={field.value}
              onChange={field.onChange}
              error={problemText(t, errors.group)}
            />
          )}
        />
      ) : null}
      <ReasonField error={errors.reason} {...register("reason")} />
      {running ? (
        <Progress {...running} total={count} />
      ) : (
        <FormButtons
          variant={action === "suspend" ? "danger" : "primary"}
          submit={t(`bulkApply_${action}`, { count, shown: format.integer(count) })}
          busy={false}
          onCancel={onClose}
        />
      )}
    </form>
  );
}

/** How far it has come, and the way to stop it. */
function Progress({ asked, total, stop, isStopping }: Running & { total: number }) {
  const t = useActionTexts();
  const format = useFormat();
  const text = t("bulkProgress", { asked: format.integer(asked), total: format.integer(total) });
  return (
    <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-40 flex-1">
        <p role="status" className="tabular mb-1 text-ink-soft text-[0.8125rem]">
          {text}
        </p>
        <progress className="h-2 w-full accent-brand" max={total} value={asked} aria-label={text} />
      </div>
      <Button busy={isStopping} onClick={stop}>
        {t(isStopping ? "bulkStopping" : "bulkStop")}
      </Button>
    </div>
  );
}
