import { Lock } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useUserTexts } from "../userTexts";
import { actorName } from "./told";

/** Why somebody is not served, since when and by whom; nothing for who is. */
export function StatusNotice({ user }: { user: Model<"UserDetail"> | undefined }) {
  const t = useUserTexts();
  const format = useFormat();
  if (!user || user.status === "active" || user.status === "deleted") return null;
  const change = user.statusChange;
  return (
    <section
      aria-labelledby="status-notice"
      className="mb-5 flex items-start gap-3 rounded-2xl border border-warning/30 bg-warning-soft px-5 py-4"
    >
      <Lock className="mt-0.5 size-5 shrink-0 text-warning" aria-hidden />
      <div className="min-w-0">
        <h2 id="status-notice" className="font-semibold text-[0.9375rem] text-ink">
          {t(`notice_${user.status}`)}
        </h2>
        {change ? (
          <p className="wrap-anywhere mt-0.5 text-ink">
            {t("noticeBy", {
              who: actorName(change.actor, t),
              date: format.dateTime(change.createdAt),
            })}
            {change.reason ? ` “${change.reason}”` : null}
          </p>
        ) : null}
      </div>
    </section>
  );
}
