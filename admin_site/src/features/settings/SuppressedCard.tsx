import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { More } from "@/shared/lists/More";
import { useSuppressions } from "@/shared/suppressions/data";
import { LiftButton } from "@/shared/suppressions/LiftButton";
import { useSuppressionTexts } from "@/shared/suppressions/texts";
import { Badge } from "@/shared/ui/Badge";
import { Card, CardHeader } from "@/shared/ui/Card";

/**
 * Addresses that get no mail; nothing where there are none.
 *
 * Users have a notice of their own. Here are the admins' too, who need be no users.
 */
export function SuppressedCard() {
  const t = useSuppressionTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const suppressions = useSuppressions();
  const items = suppressions.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0 && !suppressions.hasNextPage) return null;
  return (
    <Card className="mt-5 overflow-hidden">
      <CardHeader title={t("title")} description={t("description")} />
      <ul className="divide-y divide-line border-line border-t">
        {items.map((one) => (
          <li key={one.email} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
            <div className="min-w-0 flex-1 basis-64">
              <p className="wrap-anywhere font-medium text-ink">{one.email}</p>
              <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-[0.8125rem] text-ink-soft">
                <Badge tone="warning">{t(`short_${one.reason}`)}</Badge>
                <span title={one.detail || undefined}>
                  {t("sinceShort", { date: format.date(one.suppressedAt) })}
                </span>
              </p>
            </div>
            {canChange ? (
              <LiftButton
                email={one.email}
                reason={one.reason}
                size="small"
                label={t("liftOne", { email: one.email })}
              />
            ) : null}
          </li>
        ))}
      </ul>
      <More query={suppressions} />
    </Card>
  );
}
