import { MailX } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { LiftButton } from "@/shared/suppressions/LiftButton";
import { useSuppressionTexts } from "@/shared/suppressions/texts";

/** Why no warning reaches a user by mail, and the way back; nothing while mail goes out. */
export function MailNotice({ user }: { user: Model<"UserDetail"> | undefined }) {
  const t = useSuppressionTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const suppression = user?.mailSuppression;
  if (!user || !suppression) return null;
  return (
    <section
      aria-labelledby="mail-notice"
      className="mb-5 flex flex-wrap items-center gap-x-5 gap-y-4 rounded-2xl border border-warning/30 bg-warning-soft px-5 py-4"
    >
      <div className="flex min-w-0 flex-1 basis-72 items-start gap-3">
        <MailX className="mt-0.5 size-5 shrink-0 text-warning" aria-hidden />
        <div className="min-w-0">
          <h2 id="mail-notice" className="font-semibold text-[0.9375rem] text-ink">
            {t("noticeTitle")}
          </h2>
          <p className="wrap-anywhere mt-0.5 text-ink">
            {t(`reason_${suppression.reason}`)}{" "}
            {t("since", { date: format.dateTime(suppression.suppressedAt), email: user.email })}
          </p>
          {suppression.detail ? (
            <p className="wrap-anywhere mt-1 text-[0.8125rem] text-ink-soft">
              {t("detail", { detail: suppression.detail })}
            </p>
          ) : null}
        </div>
      </div>
      {canChange ? <LiftButton email={user.email} reason={suppression.reason} /> : null}
    </section>
  );
}
