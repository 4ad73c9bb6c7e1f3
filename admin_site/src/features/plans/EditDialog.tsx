import { type FormEvent, useState } from "react";
import { ApiError } from "@/shared/api/client";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { useSettled } from "@/shared/hooks/time";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input, Textarea } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { type PlanDetail, type Plans, useUpdatePlan } from "./data";
import { type PlanValues, readPlan, valuesOf } from "./form";
import { Impact } from "./Impact";
import { usePlansTexts } from "./texts";

const MAX_REASON = 500;

/** Changes a plan, and says beforehand whom that reaches; `plan` null: closed. */
export function EditDialog({
  plans,
  plan,
  onClose,
}: {
  plans: Plans;
  plan: PlanDetail["plan"] | null;
  onClose: () => void;
}) {
  const t = usePlansTexts();
  const shown = useLastShown(plan);
  const detail = plans.items.find((one) => one.plan === shown);
  return (
    <Dialog
      open={plan !== null}
      onClose={onClose}
      width="medium"
      title={shown ? t("editPlan", { plan: t(`plan_${shown}`) }) : ""}
    >
      {detail ? <EditForm key={detail.plan} plans={plans} plan={detail} onClose={onClose} /> : null}
    </Dialog>
  );
}

function EditForm({
  plans,
  plan: now,
  onClose,
}: {
  plans: Plans;
  plan: PlanDetail;
  onClose: () => void;
}) {
  const t = usePlansTexts();
  const ui = useUiTexts();
  const format = useFormat();
  // As it was when the dialog was opened: what others change meanwhile is a conflict.
  const [{ plan, version }] = useState({ plan: now, version: plans.version });
  const [values, setValues] = useState<PlanValues>(() => valuesOf(plan, format.integer));
  const update = useUpdatePlan(plan.plan);
  const { change, problems } = readPlan(plan, values);
  const isWrong = Object.keys(problems).length > 0;
  const settled = useSettled(JSON.stringify(change));
  const refusals = fieldsOf(update.error);
  const set = (name: keyof PlanValues) => (event: FormEvent<HTMLInputElement>) => {
    update.reset();
    setValues({ ...values, [name]: event.currentTarget.value });
  };
  const errorOf = (name: keyof PlanValues) => {
    const problem = problems[name];
    return problem ? t(problem) : refusals[name];
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isWrong || Object.keys(change).length === 0) return;
    update.mutate(
      { ...change, version, reason: values.reason.trim() },
      {
        onSuccess: () => {
          onClose();
          toast(t("saved", { plan: t(`plan_${plan.plan}`) }));
        },
      },
    );
  };
  return (
    <form onSubmit={save} noValidate className="flex flex-col gap-4">
      <Problem error={update.error} isLanded={Object.keys(refusals).length > 0} />
      <Terms plan={plan} defaults={plans.defaults} values={values} set={set} errorOf={errorOf} />
      <Field label={t("enforcement")}>
        <Select
          value={values.enforcement}
          onChange={(enforcement) => setValues({ ...values, enforcement })}
          options={[
            { value: "block", label: t("enforcement_block") },
            { value: "warn", label: t("enforcement_warn") },
          ]}
        />
      </Field>
      <Impact plan={plan.plan} change={isWrong ? null : JSON.parse(settled)} />
      <Field label={t("reason")} optional={ui("optional")} help={t("reasonHelp")}>
        <Textarea
          rows={2}
          maxLength={MAX_REASON}
          value={values.reason}
          onChange={(event) => setValues({ ...values, reason: event.currentTarget.value })}
        />
      </Field>
      <DialogActions>
        <Button onClick={onClose} disabled={update.isPending}>
          {ui("cancel")}
        </Button>
        <Button
          type="submit"
          variant="primary"
          busy={update.isPending}
          disabled={isWrong || Object.keys(change).length === 0}
        >
          {t("save")}
        </Button>
      </DialogActions>
    </form>
  );
}

function Terms({
  plan,
  defaults,
  values,
  set,
  errorOf,
}: {
  plan: PlanDetail;
  defaults: Plans["defaults"];
  values: PlanValues;
  set: (name: keyof PlanValues) => (event: FormEvent<HTMLInputElement>) => void;
  errorOf: (name: keyof PlanValues) => string | undefined;
}) {
  const t = usePlansTexts();
  const format = useFormat();
  const percent = (value: number) => format.percent(100 * value, 0);
  const fields = [
    ["monthlyLimit", t("limit"), t("limitHelp", { limit: format.integer(plan.environmentLimit) })],
    ["warning", t("warning"), t("emptyHelp", { value: percent(defaults.warning) })],
    ["critical", t("critical"), t("emptyHelp", { value: percent(defaults.critical) })],
    ["ratePerSecond", t("ratePerSecond"), t("emptyHelp", { value: defaults.ratePerSecond })],
    ["rateBurst", t("rateBurst"), t("emptyHelp", { value: defaults.rateBurst })],
  ] as const;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {fields.map(([name, label, help]) => (
        <Field key={name} label={label} help={help} error={errorOf(name)}>
          <Input autoComplete="off" className="tabular" value={values[name]} onChange={set(name)} />
        </Field>
      ))}
    </div>
  );
}

function Problem({ error, isLanded }: { error: Error | null; isLanded: boolean }) {
  const t = usePlansTexts();
  if (error === null || isLanded) return null;
  const isStale = error instanceof ApiError && error.status === 409;
  return (
    <p role="alert" className="rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger">
      {isStale ? t("stale") : `${t("failed")}: ${error.message}`}
    </p>
  );
}

function fieldsOf(error: Error | null): Partial<Record<string, string>> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(error.fields.map((one) => [one.field, one.message]));
}
