import type { UseFormReturn } from "react-hook-form";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import type { WeightValues } from "./form";
import { KindChoice } from "./KindChoice";
import { type ModelsTexts, useModelsTexts } from "./texts";

const MESSAGES = [
  "nameNeeded",
  "nameTooLong",
  "nameWrong",
  "nameTaken",
  "timesWrong",
  "referenceNeeded",
  "reasonTooLong",
] as const;

/** Messages of the schema are keys of the texts. */
function messageText(t: ModelsTexts, message: string | undefined): string | undefined {
  const known = MESSAGES.find((one) => one === message);
  return known ? t(known) : message;
}

/** A name, and what a token of it counts; `models` are suggested. */
export function WeightFields({
  form,
  models,
}: {
  form: UseFormReturn<WeightValues>;
  models: readonly string[];
}) {
  const t = useModelsTexts();
  const ui = useUiTexts();
  const { errors } = form.formState;
  const error = (name: keyof WeightValues) => messageText(t, errors[name]?.message);
  const kind = form.watch("kind");
  const times = (name: "one" | "prompt" | "completion" | "cached") => (
    <Field label={t(name)} error={error(name)}>
      <Input inputMode="decimal" autoComplete="off" {...form.register(name)} />
    </Field>
  );
  return (
    <>
      <datalist id="models-used">
        {models.map((model) => (
          <option key={model} value={model} />
        ))}
      </datalist>
      <Field label={t("name")} help={t("nameHelp")} error={error("name")}>
        <Input
          list="models-used"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={t("namePlaceholder")}
          {...form.register("name")}
        />
      </Field>
      <KindChoice value={kind} onChange={(next) => form.setValue("kind", next)} />
      {kind === "all" ? times("one") : null}
      {kind === "parts" ? (
        <div>
          <div className="grid grid-cols-3 gap-3">
            {times("prompt")}
            {times("completion")}
            {times("cached")}
          </div>
          <p className="mt-1.5 text-[0.8125rem] text-ink-soft">{t("cachedHelp")}</p>
        </div>
      ) : null}
      {kind === "auto" ? (
        <Field label={t("reference")} help={t("kindText_auto")} error={error("reference")}>
          <Input
            list="models-used"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            placeholder="gpt-4o-mini"
            {...form.register("reference")}
          />
        </Field>
      ) : null}
      {kind === "free" ? (
        <p className="text-[0.8125rem] text-ink-soft">{t("kindText_free")}</p>
      ) : null}
      <Field label={t("reason")} optional={ui("optional")} error={error("reason")}>
        <Input
          autoComplete="off"
          placeholder={t("reasonPlaceholder")}
          {...form.register("reason")}
        />
      </Field>
    </>
  );
}
