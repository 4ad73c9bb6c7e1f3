import { useFormat } from "@/shared/format";
import { cn } from "@/shared/ui/cn";
import { usePreview } from "./data";
import type { TermsChange } from "./form";
import { useGroupsTexts } from "./texts";

/** What a change would do to the members; `change` null: it cannot be read yet. */
export function Impact({ id, change }: { id: string; change: TermsChange | null }) {
  const t = useGroupsTexts();
  const format = useFormat();
  const { data, error, isFetching } = usePreview(id, change);
  const isAsked = change !== null && Object.keys(change).length > 0;
  const counted = (count: number) => ({ count, shown: format.integer(count) });
  const lines: [string, string][] = [];
  if (data && isAsked) {
    const total = format.integer(data.users);
    lines.push([
      data.changed === 0
        ? t("changesNobody")
        : t("impactChanged", { ...counted(data.changed), total }),
      "",
    ]);
    if (data.usersWithOwnLimit) lines.push([t("impactOwn", counted(data.usersWithOwnLimit)), ""]);
    if (data.usedUp) {
      lines.push([t("impactUsedUp", counted(data.usedUp)), "font-medium text-critical"]);
    }
    if (data.blocked) {
      lines.push([t("impactBlocked", counted(data.blocked)), "font-medium text-critical"]);
    }
    if (data.served) lines.push([t("impactServed", counted(data.served)), "text-ok"]);
  }
  return (
    <div role="status" className="min-h-20 rounded-xl bg-sunken px-4 py-3">
      <p className="font-medium text-[0.8125rem] text-ink">{t("impactTitle")}</p>
      {!isAsked ? (
        <p className="mt-1 text-ink-soft">{t("impactNothing")}</p>
      ) : error ? (
        <p className="mt-1 text-danger">{error.message}</p>
      ) : lines.length === 0 ? (
        <p className="mt-1 text-ink-soft">{t("impactLoading")}</p>
      ) : (
        <ul className={cn("mt-1 text-ink-soft", isFetching && "opacity-60")}>
          {lines.map(([text, className]) => (
            <li key={text} className={className}>
              {text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
