import { type FormEvent, useState } from "react";
import { useFormat } from "@/shared/format";
import { MAX_TOKENS, parseTokens } from "@/shared/format/typed";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, Textarea } from "@/shared/ui/Field";
import { TokensInput } from "@/shared/ui/TokensInput";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { isConflict, type Policy, useChangePolicy } from "./data";
import { MAX_NOTE, messageOf } from "./form";
import { PolicyWords } from "./PolicyWords";
import { Buttons } from "./parts";
import { useRequestsTexts } from "./texts";

/** Changes how requests are taken. */
export function PolicyDialog({
  policy,
  open,
  onClose,
}: {
  policy: Policy;
  open: boolean;
  onClose: () => void;
}) {
  const t = useRequestsTexts();
  return (
    <Dialog open={open} onClose={onClose} title={t("policyTitle")}>
      <PolicyForm policy={policy} onClose={onClose} />
    </Dialog>
  );
}

function PolicyForm({ policy, onClose }: { policy: Policy; onClose: () => void }) {
  const t = useRequestsTexts();
  const format = useFormat();
  const ui = useUiTexts();
  const { change, newest } = useChangePolicy();
  // As it was when the dialog was opened: what others change meanwhile is a conflict.
  const [base, setBase] = useState(policy);
  const [isOn, setOn] = useState(policy.isOn);
  const [typed, setTyped] = useState(format.integer(policy.automaticTokens));
  const [reason, setReason] = useState("");
  const [refusal, setRefusal] = useState<"conflict" | { message: string } | null>(null);
  const read = parseTokens(typed) ?? Number.NaN;
  const isAmount = read >= 0 && read <= MAX_TOKENS;
  // Where nothing is taken the field is closed: what is in it is in nobody's way.
  const isWrong = isOn && !isAmount;
  const tokens = isAmount ? read : base.automaticTokens;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (isWrong || change.isPending) return;
    setRefusal(null);
    const body = {
      isOn,
      automaticTokens: tokens,
      version: base.version,
      reason: reason.trim(),
    };
    try {
      await change.mutateAsync(body);
      onClose();
      toast(t("policySaved"));
    } catch (error) {
      try {
        if (!isConflict(error)) throw error;
        setBase(await newest());
        setRefusal("conflict");
      } catch (other) {
        setRefusal({ message: messageOf(other, t("failed")) });
      }
    }
  };
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-4">
      <div role="alert" className="empty:hidden">
        {refusal === null ? null : refusal === "conflict" ? (
          <div className="rounded-xl bg-warning-soft px-3.5 py-3 text-[0.8125rem]">
            <p className="mb-2 font-medium text-warning">{t("policyConflict")}</p>
            <PolicyWords policy={base} />
          </div>
        ) : (
          <p className="rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger">{refusal.message}</p>
        )}
      </div>
      <label className="flex items-start gap-2.5">
        <input
          type="checkbox"
          className="mt-1 size-4 shrink-0 accent-brand"
          checked={isOn}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        <span>
          <span className="block font-medium text-ink">{t("policyIsOn")}</span>
          <span className="block text-[0.8125rem] text-ink-soft">{t("policyIsOnHelp")}</span>
        </span>
      </label>
      <Field
        label={t("policyTokens")}
        help={t("policyTokensHelp")}
        error={isWrong ? t("policyTokensNeeded") : undefined}
      >
        <TokensInput disabled={!isOn} value={typed} onChange={setTyped} onBlur={() => undefined} />
      </Field>
      <div aria-live="polite" className="rounded-xl bg-sunken px-3.5 py-2.5">
        <PolicyWords policy={{ isOn, automaticTokens: isWrong ? 0 : tokens }} />
      </div>
      <Field label={t("policyReason")} help={t("policyReasonHelp")} optional={ui("optional")}>
        <Textarea
          rows={2}
          maxLength={MAX_NOTE}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Field>
      <Buttons busy={change.isPending} onCancel={onClose}>
        {ui("save")}
      </Buttons>
    </form>
  );
}
