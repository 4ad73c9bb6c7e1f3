import type { ReactNode } from "react";
import { useFormat } from "@/shared/format";
import { parseTokens } from "@/shared/format/typed";
import { ModelChips } from "@/shared/models/ModelChips";
import { ChipInput } from "@/shared/ui/ChipInput";
import { Field, Input } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { useUiTexts } from "@/shared/ui/texts";
import { addPeople, type GroupValues, MAX_COST_CENTER, MAX_NAME, PLANS } from "./form";
import { useGroupsTexts } from "./texts";

interface Props {
  values: GroupValues;
  onChange: (change: Partial<GroupValues>) => void;
  errorOf: (name: keyof GroupValues) => string | undefined;
}
type TextField = {
  [K in keyof GroupValues]: GroupValues[K] extends string ? K : never;
}[keyof GroupValues];

/** All that a group states. */
export function GroupFields(props: Props) {
  const t = useGroupsTexts();
  return (
    <>
      <Part title={t("part_group")}>
        <div className="grid gap-4 sm:grid-cols-2">
          <Text {...props} name="name" label={t("name")} maxLength={MAX_NAME} />
          <Text
            {...props}
            name="costCenter"
            label={t("costCenter")}
            help={t("costCenterHelp")}
            maxLength={MAX_COST_CENTER}
            isOptional
          />
        </div>
      </Part>
      <Terms {...props} />
      <Part title={t("part_all")}>
        <Text
          {...props}
          name="ceilingTokens"
          label={t("ceilingLabel")}
          help={t("ceilingHelp")}
          isTokens
        />
      </Part>
      <Part title={t("part_people")}>
        <div className="grid gap-4 sm:grid-cols-2">
          <People {...props} name="managers" label={t("managers")} help={t("managersHelp")} />
          <People {...props} name="recipients" label={t("recipients")} help={t("recipientsHelp")} />
        </div>
      </Part>
    </>
  );
}

function Terms(props: Props) {
  const t = useGroupsTexts();
  const { values, onChange, errorOf } = props;
  return (
    <Part title={t("part_terms")} text={t("part_termsText")}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("plan")} help={t("planHelp")} error={errorOf("plan")}>
          <Select
            value={values.plan}
            onChange={(plan) => onChange({ plan })}
            options={[
              { value: "", label: t("planEach") },
              ...PLANS.map((value) => ({ value, label: t(`plan_${value}`) })),
            ]}
          />
        </Field>
        <Field label={t("enforcement")} error={errorOf("enforcement")}>
          <Select
            value={values.enforcement}
            onChange={(enforcement) => onChange({ enforcement })}
            options={[
              { value: "", label: t("enforcement_plan") },
              { value: "block", label: t("enforcement_block") },
              { value: "warn", label: t("enforcement_warn") },
            ]}
          />
        </Field>
        <Text
          {...props}
          name="monthlyLimit"
          label={t("limitLabel")}
          help={t("limitHelp")}
          isTokens
        />
        <Text {...props} name="dailyLimit" label={t("daily")} help={t("dailyHelp")} isTokens />
        <Text {...props} name="warning" label={t("warning")} />
        <Text {...props} name="critical" label={t("critical")} />
      </div>
      <ModelChips
        label={t("models")}
        help={t("modelsHelp")}
        value={values.models}
        onChange={(models) => onChange({ models })}
        error={errorOf("models")}
      />
    </Part>
  );
}

function Part({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-4 border-line border-t pt-4 first-of-type:border-t-0 first-of-type:pt-0">
      <legend className="float-left w-full">
        <span className="block font-semibold text-ink">{title}</span>
        {text ? <span className="mt-0.5 block text-[0.8125rem] text-ink-soft">{text}</span> : null}
      </legend>
      {children}
    </fieldset>
  );
}

function Text({
  values,
  onChange,
  errorOf,
  name,
  label,
  help,
  maxLength,
  isOptional = false,
  isTokens = false,
}: Props & {
  name: TextField;
  label: string;
  help?: string;
  maxLength?: number;
  isOptional?: boolean;
  /** Written out in full once the field is left. */
  isTokens?: boolean;
}) {
  const ui = useUiTexts();
  const format = useFormat();
  return (
    <Field
      label={label}
      help={help}
      error={errorOf(name)}
      {...(isOptional ? { optional: ui("optional") } : {})}
    >
      <Input
        autoComplete="off"
        {...(isTokens ? { className: "tabular" } : {})}
        {...(maxLength === undefined ? {} : { maxLength })}
        value={values[name]}
        onChange={(event) => onChange({ [name]: event.currentTarget.value })}
        onBlur={() => {
          const tokens = isTokens ? parseTokens(values[name]) : null;
          if (tokens === null) return;
          const shown = format.integer(tokens);
          if (shown !== values[name]) onChange({ [name]: shown });
        }}
      />
    </Field>
  );
}

function People({
  values,
  onChange,
  errorOf,
  name,
  label,
  help,
}: Props & { name: "managers" | "recipients"; label: string; help: string }) {
  const t = useGroupsTexts();
  const ui = useUiTexts();
  return (
    <ChipInput
      label={label}
      help={help}
      optional={ui("optional")}
      error={errorOf(name)}
      value={values[name]}
      onChange={(people) => onChange({ [name]: people })}
      read={addPeople}
      wrong={(text) => t("personWrong", { text })}
      removeLabel={(email) => t("removePerson", { email })}
      placeholder={t("peoplePlaceholder")}
    />
  );
}
