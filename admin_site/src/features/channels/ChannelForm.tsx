import { zodResolver } from "@hookform/resolvers/zod";
import { Hash, type LucideIcon, MessagesSquare, Webhook } from "lucide-react";
import { Controller, type UseFormReturn, useForm } from "react-hook-form";
import { ApiError } from "@/shared/api/client";
import { GroupFilter } from "@/shared/groups/GroupFilter";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { Segments } from "@/shared/ui/Tabs";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { type ChannelValues, channelSchema, EVENTS, fieldErrors, KINDS, type Kind } from "./form";
import { type ChannelsTexts, useChannelsTexts } from "./texts";

const MESSAGES = ["nameNeeded", "nameTooLong", "urlNeeded", "eventsNeeded"] as const;
const ICONS: Record<Kind, LucideIcon> = { webhook: Webhook, teams: MessagesSquare, slack: Hash };
const BOX = "mt-0.5 size-4 shrink-0 accent-brand";

/** The terms of a channel; `address` is what is shown of one that there is. */
export function ChannelForm({
  start,
  address,
  submit,
  failed,
  onSave,
  onCancel,
}: {
  start: ChannelValues;
  address?: string;
  submit: string;
  failed: string;
  onSave: (values: ChannelValues) => Promise<void>;
  onCancel: () => void;
}) {
  const t = useChannelsTexts();
  const ui = useUiTexts();
  const isNew = address === undefined;
  const form = useForm<ChannelValues>({
    resolver: zodResolver(channelSchema(isNew)),
    defaultValues: start,
  });
  const { errors, isSubmitting } = form.formState;
  const kind = form.watch("kind");
  const save = form.handleSubmit(async (values) => {
    try {
      await onSave(values);
    } catch (error) {
      const problems = error instanceof ApiError ? fieldErrors(error) : [];
      for (const { field, message } of problems) form.setError(field, { message });
      if (problems.length === 0) {
        toastError(failed, error instanceof Error ? error.message : undefined);
      }
    }
  });
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      {isNew ? (
        <KindChoice value={kind} onChange={(next) => form.setValue("kind", next)} t={t} />
      ) : null}
      <Field label={t("name")} error={messageText(t, errors.name?.message)}>
        <Input autoComplete="off" placeholder={t("namePlaceholder")} {...form.register("name")} />
      </Field>
      <Field
        label={t("url")}
        help={isNew ? t(`urlHelp_${kind}`) : t("urlKeep", { address })}
        error={messageText(t, errors.url?.message)}
      >
        <Input
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://"
          className="font-mono text-[0.8125rem]"
          {...form.register("url")}
        />
      </Field>
      <EventChoice form={form} t={t} error={messageText(t, errors.events?.message)} />
      <GroupsOf form={form} t={t} error={errors.groups?.message} />
      <Controller
        control={form.control}
        name="language"
        render={({ field }) => (
          <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <span className="font-medium text-[0.8125rem] text-ink">{t("languageOf")}</span>
            <Segments
              label={t("languageOf")}
              value={field.value}
              onChange={field.onChange}
              options={[
                { value: "pt-BR" as const, label: t("language_pt") },
                { value: "en" as const, label: t("language_en") },
              ]}
            />
          </div>
        )}
      />
      <label className="flex items-start gap-2.5">
        <input type="checkbox" className={BOX} {...form.register("noNames")} />
        <span>
          <span className="block font-medium text-ink">{t("noNames")}</span>
          <span className="block text-[0.8125rem] text-ink-soft">{t("noNamesHelp")}</span>
        </span>
      </label>
      <DialogActions>
        <Button onClick={onCancel} disabled={isSubmitting}>
          {ui("cancel")}
        </Button>
        <Button type="submit" variant="primary" busy={isSubmitting}>
          {submit}
        </Button>
      </DialogActions>
    </form>
  );
}

function KindChoice({
  value,
  onChange,
  t,
}: {
  value: Kind;
  onChange: (kind: Kind) => void;
  t: ChannelsTexts;
}) {
  return (
    <fieldset className="grid gap-3 sm:grid-cols-3">
      <legend className="sr-only">{t("kind")}</legend>
      {KINDS.map((kind) => {
        const Icon = ICONS[kind];
        const isChosen = value === kind;
        return (
          <label
            key={kind}
            className={cn(
              "flex cursor-pointer gap-3 rounded-xl border p-3 transition-colors",
              "has-focus-visible:outline-2 has-focus-visible:outline-brand has-focus-visible:outline-offset-2",
              isChosen
                ? "border-brand bg-brand-soft/60 ring-1 ring-brand"
                : "border-line hover:border-line-strong",
            )}
          >
            <input
              type="radio"
              name="kind"
              className="sr-only"
              checked={isChosen}
              onChange={() => onChange(kind)}
            />
            <Icon
              className={cn(
                "mt-0.5 size-4.5 shrink-0",
                isChosen ? "text-brand-ink" : "text-ink-faint",
              )}
              aria-hidden
            />
            <span>
              <span className="block font-medium text-ink">{t(`kind_${kind}`)}</span>
              <span className="mt-0.5 block text-[0.8125rem] text-ink-soft">
                {t(`kindText_${kind}`)}
              </span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

function EventChoice({
  form,
  t,
  error,
}: {
  form: UseFormReturn<ChannelValues>;
  t: ChannelsTexts;
  error: string | undefined;
}) {
  const isAll = form.watch("isAll");
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-[0.8125rem] text-ink">{t("events")}</legend>
      <label className="flex items-start gap-2.5">
        <input type="checkbox" className={BOX} {...form.register("isAll")} />
        {t("allEventsLabel")}
      </label>
      {isAll ? null : (
        <div className="ml-6.5 grid gap-2 sm:grid-cols-2">
          {EVENTS.map((event) => (
            <label key={event} className="flex items-start gap-2.5 text-[0.8125rem]">
              <input type="checkbox" className={BOX} value={event} {...form.register("events")} />
              {t(`event_${event}`)}
            </label>
          ))}
        </div>
      )}
      {error && !isAll ? (
        <p role="alert" className="text-[0.8125rem] text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}

function GroupsOf({
  form,
  t,
  error,
}: {
  form: UseFormReturn<ChannelValues>;
  t: ChannelsTexts;
  error: string | undefined;
}) {
  const groups = form.watch("groups");
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-[0.8125rem] text-ink">{t("groups")}</legend>
      <div>
        <GroupFilter
          label={t("groupsOf")}
          value={groups}
          hasNone={false}
          onChange={(next) => form.setValue("groups", next)}
        />
      </div>
      <p className="text-[0.8125rem] text-ink-soft">
        {t(groups.length === 0 ? "allGroupsHelp" : "groupsHelp")}
      </p>
      {error ? (
        <p role="alert" className="text-[0.8125rem] text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}

/** Messages of the schema are keys; those of the server are sentences already. */
function messageText(t: ChannelsTexts, message: string | undefined): string | undefined {
  const known = MESSAGES.find((one) => one === message);
  return known ? t(known) : message;
}
