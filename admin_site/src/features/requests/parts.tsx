import type { ComponentProps, ReactNode } from "react";
import { useFormat } from "@/shared/format";
import type { TokenRequest } from "@/shared/token-requests/data";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { Field, Textarea } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { UsageBar } from "@/shared/ui/UsageBar";
import { MAX_NOTE } from "./form";
import { useRequestsTexts } from "./texts";

export function whoOf(request: TokenRequest): string {
  return request.name || request.email;
}

/** What somebody wants the tokens for, whole and as they wrote it. */
export function Reason({ text }: { text: string }) {
  return (
    <blockquote className="wrap-anywhere mt-2 whitespace-pre-line border-line-strong border-l-2 pl-3">
      {text}
    </blockquote>
  );
}

/** How much the person has used by now. */
export function Standing({ request }: { request: TokenRequest }) {
  const t = useRequestsTexts();
  const format = useFormat();
  const granted = request.monthlyLimit + request.additionalTokens;
  const percentage = granted > 0 ? (100 * request.currentUsage) / granted : 100;
  const percent = format.percent(percentage);
  return (
    <div className="min-w-0 text-[0.8125rem]">
      <p className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="tabular">
          {t("used", {
            used: format.integer(request.currentUsage),
            granted: format.integer(granted),
          })}
        </span>
        <span className="tabular font-medium">{percent}</span>
      </p>
      <UsageBar percent={percentage} label={t("percentOf", { percent })} />
      <p className="tabular mt-1.5 text-ink-soft">
        {t("available", { tokens: format.integer(request.availableTokens) })}
      </p>
    </div>
  );
}

/** A word to the person. */
export function NoteField(props: ComponentProps<typeof Textarea>) {
  const t = useRequestsTexts();
  const ui = useUiTexts();
  return (
    <Field label={t("note")} help={t("noteHelp")} optional={ui("optional")}>
      <Textarea rows={2} maxLength={MAX_NOTE} {...props} />
    </Field>
  );
}

export function Buttons({
  busy,
  onCancel,
  variant = "primary",
  children,
}: {
  busy: boolean;
  onCancel: () => void;
  variant?: "primary" | "danger";
  children: ReactNode;
}) {
  const ui = useUiTexts();
  return (
    <DialogActions>
      <Button onClick={onCancel} disabled={busy}>
        {ui("cancel")}
      </Button>
      <Button type="submit" variant={variant} busy={busy}>
        {children}
      </Button>
    </DialogActions>
  );
}
