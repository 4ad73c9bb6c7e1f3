import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { NO_GROUP, useGroupsById } from "@/shared/groups/data";
import { GroupField } from "@/shared/groups/GroupField";
import { useUiTexts } from "@/shared/ui/texts";
import { useActionTexts } from "../actionTexts";
import {
  FormButtons,
  FormProblem,
  groupText,
  landError,
  optionalReason,
  problemText,
  ReasonField,
} from "../dialogs/forms";
import { useChange } from "../useChange";
import { useGroupCardTexts } from "./groupTexts";

const schema = z.object({ group: groupText, reason: optionalReason });

/** Puts a user into another group, or into none. */
export function GroupForm({ user, onClose }: { user: Model<"UserOut">; onClose: () => void }) {
  const t = useGroupCardTexts();
  const words = useActionTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const change = useChange(user);
  const groups = useGroupsById();
  const now = user.groupId ?? NO_GROUP;
  const { register, control, handleSubmit, setError, watch, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { group: now, reason: "" },
  });
  const { errors } = formState;
  const chosen = watch("group");
  const limit = groups.get(chosen)?.monthlyLimit ?? null;
  const submit = handleSubmit(async ({ group, reason }) => {
    if (group === now) return onClose();
    const groupId = group === NO_GROUP ? "" : group;
    try {
      await change.mutateAsync({ kind: "edit", values: { groupId }, reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["group", "reason"]);
    }
  });
  const consequence =
    user.limitSource === "own" || (user.limitSource === "default" && limit === null)
      ? t("stays", { limit: format.integer(user.monthlyLimit) })
      : limit === null
        ? t("givesPlan")
        : t("gives", { limit: format.integer(limit) });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <Controller
        control={control}
        name="group"
        render={({ field }) => (
          <GroupField
            label={t("group")}
            help={chosen === now ? "\u00a0" : consequence}
            value={field.value}
            onChange={field.onChange}
            error={problemText(words, errors.group)}
          />
        )}
      />
      <ReasonField isOptional error={errors.reason} {...register("reason")} />
      <FormButtons
        submit={ui("save")}
        busy={change.isPending}
        disabled={chosen === now}
        onCancel={onClose}
      />
    </form>
  );
}
