import { useFormat } from "@/shared/format";
import { cn } from "@/shared/ui/cn";
import { type PlanChange, type PlanDetail, usePreview } from "./data";
import { usePlansTexts } from "./texts";

/** Whom a change would reach; `change` null: it cannot be read yet. */
export function Impact({ plan, change }: { plan: PlanDetail["plan"]; change: PlanChange | null }) {
  const t = usePlansTexts();
  const format = useFormat();
  const { data, error, isFetching } = usePreview(plan, change);
  const isAsked = change !== null && Object.keys(change).length > 0;
  const counted = (count: number) => ({ count, shown: format.integer(count) });
  const lines: [string, string][] = [];
  if (data && isAsked) {
    lines.push([
      data.changed === 0 ? t("changesNobody") : t("impactChanged", counted(data.changed)),
      "",
    ]);
    if (data.usersWithOwnLimit) lines.push([t("impactOwn", counted(data.usersWithOwnLimit)), ""]);
    if (data.usersWithDefaultLimit) {
      lines.push([t("impactDefault", counted(data.usersWithDefaultLimit)), ""]);
    }
    if (data.usedUp) {
      lines.push([t("impactUsedUp", counted(data.usedUp)), "font-medium text-critical"]);
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
