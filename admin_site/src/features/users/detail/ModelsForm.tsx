import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { ModelChips } from "@/shared/models/ModelChips";
import { Field } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { useUiTexts } from "@/shared/ui/texts";
import type { EditedValues } from "../changes";
import { FormButtons, FormProblem, landError, optionalReason, ReasonField } from "../dialogs/forms";
import { useChange } from "../useChange";
import { useGroupCardTexts } from "./groupTexts";

type User = Model<"UserOut">;

const schema = z.object({
  choice: z.enum(["group", "all", "own"]),
  models: z.array(z.string()),
  reason: optionalReason,
});

/** What a user may use: as the group says, all, or models of their own. */
export function ModelsForm({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useGroupCardTexts();
  const ui = useUiTexts();
  const change = useChange(user);
  const now = choiceOf(user);
  const { register, control, handleSubmit, setError, watch, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: {
      choice: now,
      models: (user.models ?? []).filter((one) => one !== "*"),
      reason: "",
    },
  });
  const { errors } = formState;
  const choice = watch("choice");
  const submit = handleSubmit(async ({ choice: chosen, models, reason }) => {
    if (chosen === "own" && models.length === 0) {
      setError("models", { type: "server", message: t("modelsNeeded") });
      return;
    }
    const values: EditedValues =
      chosen === "group"
        ? { modelsSource: "group" }
        : { models: chosen === "all" ? ["*"] : models };
    const isSame =
      chosen === now &&
      (chosen !== "own" || JSON.stringify(models) === JSON.stringify(user.models));
    if (isSame) return onClose();
    try {
      await change.mutateAsync({ kind: "edit", values, reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["models", "reason"]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <Controller
        control={control}
        name="choice"
        render={({ field }) => (
          <Field label={t("models")}>
            <Select
              value={field.value}
              onChange={field.onChange}
              options={[
                {
                  value: "group",
                  label: t(user.groupId === null ? "choice_groupNone" : "choice_group"),
                },
                ...(user.groupId === null && now !== "all"
                  ? []
                  : [{ value: "all" as const, label: t("choice_all") }]),
                { value: "own", label: t("choice_own") },
              ]}
            />
          </Field>
        )}
      />
      {choice === "own" ? (
        <Controller
          control={control}
          name="models"
          render={({ field }) => (
            <ModelChips
              label={t("chosenModels")}
              help={t("chosenHelp")}
              value={field.value}
              onChange={field.onChange}
              error={errors.models?.message}
            />
          )}
        />
      ) : null}
      <ReasonField isOptional error={errors.reason} {...register("reason")} />
      <FormButtons submit={ui("save")} busy={change.isPending} onCancel={onClose} />
    </form>
  );
}

function choiceOf(user: User): "group" | "all" | "own" {
  if (user.modelsSource === "group") return "group";
  return user.models === null || user.models.includes("*") ? "all" : "own";
}
