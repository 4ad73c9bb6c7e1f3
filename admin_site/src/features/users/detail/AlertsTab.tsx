import { BellOff, Check, Undo2 } from "lucide-react";
import { AlertText, Resolution, useAlertTitle } from "@/shared/alerts";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { Bars, ListCard } from "@/shared/lists/ListCard";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { CardHeader } from "@/shared/ui/Card";
import { Empty } from "@/shared/ui/states";
import { toast, toastError } from "@/shared/ui/toast";
import { useReopenAlert, useResolveAlert, useUserAlerts } from "../userData";
import { useUserTexts } from "../userTexts";

const TONE: Record<Model<"AlertType">, Tone> = {
  critical: "danger",
  warning: "warning",
  info: "info",
};

/** The alerts of a user, the open ones first as the API lists them. */
export function AlertsTab({ userId }: { userId: string }) {
  const t = useUserTexts();
  const alerts = useUserAlerts(userId);
  return (
    <ListCard<Model<"AlertOut">>
      label={t("alerts")}
      head={<CardHeader title={t("alerts")} />}
      query={alerts}
      empty={
        <Empty icon={<BellOff />} title={t("alertsEmpty")}>
          {t("alertsEmptyText")}
        </Empty>
      }
    >
      {(rows) =>
        rows ? (
          <ul className="divide-y divide-line border-line border-t">
            {rows.map((alert) => (
              <Row key={alert.id} alert={alert} userId={userId} />
            ))}
          </ul>
        ) : (
          <Bars count={2} />
        )
      }
    </ListCard>
  );
}

function Row({ alert, userId }: { alert: Model<"AlertOut">; userId: string }) {
  const t = useUserTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const resolve = useResolveAlert(userId);
  const reopen = useReopenAlert();
  const undo = () =>
    reopen.mutate(alert.id, {
      onSuccess: () => toast(t("reopened")),
      onError: (error) => toastError(t("reopenFailed"), error.message),
    });
  const title = useAlertTitle();
  const isOpen = alert.resolvedAt === null;
  return (
    <li className="flex flex-wrap items-start gap-3 px-5 py-4">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={isOpen ? TONE[alert.type] : "neutral"} dot>
            {alert.usagePercentage === null
              ? format.month(alert.period)
              : format.percent(alert.usagePercentage, 0)}
          </Badge>
          <span className="font-medium">{title(alert)}</span>
        </p>
        <AlertText alert={alert} className="mt-1 text-ink-soft" />
        <p className="mt-1 text-ink-faint text-xs">
          <time dateTime={alert.createdAt}>{format.dateTime(alert.createdAt)}</time>
          {" · "}
          {format.ago(alert.createdAt)}
          {isOpen ? <> · {t("open")}</> : null}
        </p>
        <Resolution alert={alert} className="mt-1 text-ink-faint text-xs" />
      </div>
      {isOpen && canChange ? (
        <Button
          size="small"
          icon={<Check className="size-4" aria-hidden />}
          busy={resolve.isPending}
          onClick={() =>
            resolve.mutate(alert.id, {
              onSuccess: () => toast(t("resolved"), { undo }),
              onError: (error) => toastError(t("resolveFailed"), error.message),
            })
          }
        >
          {t("resolve")}
        </Button>
      ) : null}
      {canChange && alert.actions.includes("reopen") ? (
        <Button
          size="small"
          variant="ghost"
          icon={<Undo2 className="size-4" aria-hidden />}
          busy={reopen.isPending}
          onClick={undo}
        >
          {t("reopen")}
        </Button>
      ) : null}
    </li>
  );
}
