import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { Field } from "@/shared/ui/Field";
import { useActionTexts } from "../actionTexts";
import { AmountField } from "../dialogs/AmountField";
import {
  aLastDay,
  FormButtons,
  grantFields,
  neededReason,
  PlanSelect,
  ReasonField,
} from "../dialogs/forms";
import { TermFields } from "../dialogs/TermFields";
import { KINDS, termOf } from "../granting";
import { PLANS } from "../search";
import { parseTokens } from "../tokens";
import { BulkFailures } from "./BulkFailures";
import type { BulkChange } from "./bulk";
import { useBulk } from "./useBulk";

const TITLES = {
  suspend: "bulkSuspend",
  activate: "bulkActivate",
  add_tokens: "bulkTokens",
  set_plan: "bulkPlan",
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
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={t(TITLES[props.action])}
      description={t("bulkFor", { count: props.selected.size })}
    >
      <Body {...props} />
    </Dialog>
  );
}

function Body({ action, selected, known, onSelect, onClose }: Props) {
  const { mutation, asked } = useBulk(known);
  const outcome = mutation.data?.outcome;
  if (outcome && outcome.failed.length > 0) {
    return (
      <BulkFailures
        outcome={outcome}
        known={known}
        onClose={onClose}
        onKeep={() => {
          onSelect(new Set(outcome.failed.map((one) => one.userId)));
          onClose();
        }}
      />
    );
  }
  return (
    <BulkForm
      action={action}
      count={selected.size}
      asked={mutation.isPending ? asked : null}
      onClose={onClose}
      onSubmit={(change) =>
        mutation.mutate(
          { userIds: [...selected], change },
          {
            onSuccess: ({ outcome: done }) => {
              if (done.failed.length > 0) return;
              onClose();
              onSelect(new Set());
            },
          },
        )
      }
    />
  );
}

const base = { reason: neededReason, plan: z.enum(PLANS) };
const schemas = {
  other: z.object({ ...base, ...grantFields, amount: z.string() }),
  tokens: z.object({ ...base, ...grantFields }).check(aLastDay),
};

function BulkForm({
  action,
  count,
  asked,
  onSubmit,
  onClose,
}: {
  action: BulkChange["action"];
  count: number;
  /** How many have been asked for; null: not begun. */
  asked: number | null;
  onSubmit: (change: BulkChange) => void;
  onClose: () => void;
}) {
  const t = useActionTexts();
  const { register, control, handleSubmit, setValue, formState, watch } = useForm({
    resolver: zodResolver(action === "add_tokens" ? schemas.tokens : schemas.other),
    defaultValues: {
      amount: "",
      kind: KINDS[0] as (typeof KINDS)[number],
      until: "",
      plan: "pro" as (typeof PLANS)[number],
      reason: "",
    },
  });
  const { errors } = formState;
  const submit = handleSubmit((values) => {
    const { plan, reason } = values;
    const amount = parseTokens(values.amount) ?? 0;
    if (action === "add_tokens") onSubmit({ action, amount, ...termOf(values), reason });
    else if (action === "set_plan") onSubmit({ action, plan, reason });
    else onSubmit({ action, reason });
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
            error={errors.until}
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
      <ReasonField error={errors.reason} {...register("reason")} />
      <FormButtons
        variant={action === "suspend" ? "danger" : "primary"}
        submit={
          asked === null
            ? t(`bulkApply_${action}`, { count })
            : t("bulkProgress", { asked, total: count })
        }
        busy={asked !== null}
        onCancel={onClose}
      />
    </form>
  );
}
