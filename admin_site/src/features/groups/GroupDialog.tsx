import { type FormEvent, useState } from "react";
import { ApiError } from "@/shared/api/client";
import { useFormat } from "@/shared/format";
import type { Group } from "@/shared/groups/data";
import { useLastShown } from "@/shared/hooks/shown";
import { useSettled } from "@/shared/hooks/time";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Textarea } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { useSaveGroup } from "./data";
import { EMPTY, type GroupValues, readGroup, valuesOf } from "./form";
import { GroupFields } from "./GroupFields";
import { Impact } from "./Impact";
import { useGroupsTexts } from "./texts";

const MAX_REASON = 500;

/** Makes a group, or changes one and says beforehand whom that reaches; `about` null: closed. */
export function GroupDialog({
  about,
  onClose,
}: {
  about: Group | "new" | null;
  onClose: () => void;
}) {
  const t = useGroupsTexts();
  const shown = useLastShown(about);
  const group = shown === "new" ? null : shown;
  return (
    <Dialog
      open={about !== null}
      onClose={onClose}
      width="medium"
      title={group ? t("editTitle", { name: group.name }) : t("createTitle")}
      {...(group ? {} : { description: t("createText") })}
    >
      {shown ? <GroupForm key={group?.id ?? "new"} group={group} onClose={onClose} /> : null}
    </Dialog>
  );
}

function GroupForm({ group: now, onClose }: { group: Group | null; onClose: () => void }) {
  const t = useGroupsTexts();
  const ui = useUiTexts();
  const format = useFormat();
  // As it was when the dialog was opened: what others change meanwhile is a conflict.
  const [group] = useState(now);
  const [values, setValues] = useState<GroupValues>(() =>
    group ? valuesOf(group, format.integer, t("dailyNone")) : EMPTY,
  );
  const [isTried, setTried] = useState(false);
  const save = useSaveGroup(group?.id ?? null, group?.version ?? 0);
  const { change, terms, problems } = readGroup(group, values);
  const isWrong = Object.keys(problems).length > 0;
  const settled = useSettled(JSON.stringify(terms));
  const refusals = fieldsOf(save.error);
  const isUnchanged = Object.keys(change).length === 0;
  const set = (next: Partial<GroupValues>) => {
    save.reset();
    setValues({ ...values, ...next });
  };
  const errorOf = (name: keyof GroupValues) => {
    const problem = problems[name];
    if (problem === "nameNeeded" && !isTried) return undefined;
    return problem ? t(problem) : refusals[name];
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isWrong || isUnchanged) return;
    save.mutate(
      { ...change, reason: values.reason.trim() },
      {
        onSuccess: (saved) => {
          onClose();
          toast(t(group ? "saved" : "created", { name: saved.name }));
        },
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-6">
      <Problem error={save.error} isLanded={Object.keys(refusals).length > 0} />
      <GroupFields values={values} onChange={set} errorOf={errorOf} />
      <div className="flex flex-col gap-4">
        {group ? (
          <Impact id={group.id} change={isWrong ? null : JSON.parse(settled)} />
        ) : (
          <p className="rounded-xl bg-sunken px-4 py-3 text-ink-soft">{t("impactNew")}</p>
        )}
        <Field label={t("reason")} optional={ui("optional")} help={t("reasonHelp")}>
          <Textarea
            rows={2}
            maxLength={MAX_REASON}
            value={values.reason}
            onChange={(event) => setValues({ ...values, reason: event.currentTarget.value })}
          />
        </Field>
      </div>
      <DialogActions>
        <Button onClick={onClose} disabled={save.isPending}>
          {ui("cancel")}
        </Button>
        <Button
          type="submit"
          variant="primary"
          busy={save.isPending}
          disabled={(isTried && isWrong) || (group !== null && isUnchanged)}
        >
          {t(group ? "save" : "createRun")}
        </Button>
      </DialogActions>
    </form>
  );
}

function Problem({ error, isLanded }: { error: Error | null; isLanded: boolean }) {
  const t = useGroupsTexts();
  if (error === null || isLanded) return null;
  const isStale = error instanceof ApiError && error.status === 409;
  return (
    <p role="alert" className="rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger">
      {isStale ? t("stale") : `${t("failed")}: ${error.message}`}
    </p>
  );
}

/** What the API said of each field; what it said of an item (`managers.0`) is of the list. */
function fieldsOf(error: Error | null): Partial<Record<string, string>> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(error.fields.map((one) => [one.field.split(".")[0], one.message]));
}
