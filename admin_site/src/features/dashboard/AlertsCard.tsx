import { Link } from "@tanstack/react-router";
import { Check, PartyPopper } from "lucide-react";
import { AlertText, useAlertTitle } from "@/shared/alerts";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { IconButton } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { toast, toastError } from "@/shared/ui/toast";
import { useOpenAlerts, useResolve } from "./data";
import { useDashboardTexts } from "./texts";

const TONE: Record<string, Tone> = { critical: "danger", warning: "warning", info: "info" };

/** What waits for the admin. */
export function AlertsCard({ className }: { className?: string }) {
  const t = useDashboardTexts();
  const alerts = useOpenAlerts();
  const count = alerts.data?.total ?? null;
  return (
    <Card className={cn("flex min-w-0 flex-col", className)}>
      <CardHeader
        title={
          <>
            <Link to="/alerts" className="rounded hover:underline">
              {t("alerts")}
            </Link>
            {count ? <Badge className="ml-2">{count}</Badge> : null}
          </>
        }
      />
      <div className="flex-1">
        {alerts.error && !alerts.data ? (
          <Failure error={alerts.error} onRetry={() => void alerts.refetch()} />
        ) : !alerts.data ? (
          <div className="flex flex-col gap-5 px-5 pb-5">
            {["a", "b", "c"].map((key) => (
              <Skeleton key={key} className="h-12 w-full" />
            ))}
          </div>
        ) : alerts.data.items.length === 0 ? (
          <Empty icon={<PartyPopper />} title={t("alertsEmpty")}>
            {t("alertsEmptyText")}
          </Empty>
        ) : (
          <ul className="divide-y divide-line border-line border-t">
            {alerts.data.items.map((alert) => (
              <Row key={alert.id} alert={alert} />
            ))}
          </ul>
        )}
      </div>
      {count ? (
        <Link
          to="/alerts"
          className="block border-line border-t px-5 py-3 text-center font-medium text-[0.8125rem] text-brand-ink hover:underline"
        >
          {t("seeAlerts")}
        </Link>
      ) : null}
    </Card>
  );
}

function Row({ alert }: { alert: Model<"AlertOut"> }) {
  const t = useDashboardTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const resolve = useResolve({
    onDone: () => toast(t("resolved")),
    onRefused: (error) => toastError(t("resolveFailed"), error.message),
  });
  const title = useAlertTitle()(alert);
  const who = alert.userName || alert.userEmail;
  return (
    <li className="flex items-start gap-3 px-5 py-3.5">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          <Badge tone={TONE[alert.type] ?? "neutral"} dot>
            {title}
            {alert.usagePercentage === null ? null : ` · ${format.percent(alert.usagePercentage)}`}
          </Badge>
          <time
            dateTime={alert.createdAt}
            title={format.dateTime(alert.createdAt)}
            className="truncate text-ink-faint text-xs"
          >
            {format.ago(alert.createdAt)}
          </time>
        </p>
        <p className="mt-1.5 truncate font-medium">
          {alert.userId ? (
            <Link
              to="/users/$userId"
              params={{ userId: alert.userId }}
              className="rounded hover:underline"
            >
              {who}
            </Link>
          ) : (
            title
          )}
        </p>
        <AlertText alert={alert} className="mt-0.5 text-[0.8125rem] text-ink-soft" />
      </div>
      {canChange ? (
        <IconButton
          label={`${t("resolve")}: ${who ?? title}`}
          variant="secondary"
          busy={resolve.isPending}
          className="size-8"
          onClick={() => resolve.mutate(alert.id)}
        >
          {resolve.isPending ? null : <Check className="size-4" aria-hidden />}
        </IconButton>
      ) : null}
    </li>
  );
}
