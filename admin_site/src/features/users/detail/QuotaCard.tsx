import { CalendarClock, ShieldAlert, TrendingUp, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { periodDay, renewalDay, useFormat } from "@/shared/format";
import { useGroupsById } from "@/shared/groups/data";
import { useCanChange } from "@/shared/hooks/session";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Skeleton } from "@/shared/ui/states";
import { toastError } from "@/shared/ui/toast";
import { useUsersTexts } from "../texts";
import { useChange } from "../useChange";
import { useForecast, useUserStats } from "../userData";
import { type UserTexts, useUserTexts } from "../userTexts";
import { type Outlook, outlook } from "./forecast";
import { Gauge } from "./Gauge";

const LEVEL_TONE: Record<Model<"UserOut">["usageLevel"], Tone> = {
  ok: "ok",
  warning: "warning",
  critical: "critical",
  blocked: "danger",
};

/** How the month stands, and where it is heading. */
export function QuotaCard({ user }: { user: Model<"UserOut"> | undefined }) {
  const t = useUserTexts();
  const names = useUsersTexts();
  const format = useFormat();
  const granted = user ? user.monthlyLimit + user.additionalTokens : 0;
  const share = (tokens: number) => (granted === 0 ? 100 : (100 * tokens) / granted);
  return (
    <Card className="flex flex-col items-center gap-x-8 gap-y-5 p-5 sm:flex-row sm:p-6">
      {user ? (
        <Gauge
          used={user.grantedPercentage}
          reserved={user.reservedTokens === 0 ? 0 : share(user.reservedTokens)}
          level={user.usageLevel}
          label={t("quota")}
          value={format.percent(user.grantedPercentage)}
          text={t("ofGranted")}
        />
      ) : (
        <Skeleton className="-mb-6 size-44 shrink-0 rounded-full sm:-my-3" />
      )}
      <div className="w-full min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2.5">
          <h2 className="font-semibold text-[0.9375rem]">{t("quota")}</h2>
          {user ? (
            <>
              <span className="text-ink-soft">{format.month(user.period)}</span>
              <Badge tone={LEVEL_TONE[user.usageLevel]} dot>
                {names(`level_${user.usageLevel}`)}
              </Badge>
              {user.enforcement === "warn" ? <Badge tone="info">{t("warnedOnly")}</Badge> : null}
              <Badge className="max-w-full">
                <span className="truncate">
                  {user.limitSource === "group" && user.groupName
                    ? t("limitSource_groupNamed", { group: user.groupName })
                    : t(`limitSource_${user.limitSource}`)}
                </span>
              </Badge>
              {user.limitSource === "own" || user.limitSource === "default" ? (
                <BackToPlan user={user} />
              ) : null}
            </>
          ) : null}
        </div>
        <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-4 lg:grid-cols-4">
          <Figure label={t("used")} value={user?.currentUsage} note="" />
          <Figure
            label={t("granted")}
            value={user && granted}
            note={
              user && user.additionalTokens !== 0
                ? t("grantedParts", {
                    limit: format.compact(user.monthlyLimit),
                    extra: format.compact(user.additionalTokens),
                  })
                : t("grantedPlain")
            }
          />
          <Figure label={t("reserved")} value={user?.reservedTokens} note={t("reservedText")} />
          <Figure
            label={t("available")}
            value={user?.availableTokens}
            note={t(availableNote(user))}
            isStrong
          />
        </dl>
        <Heading user={user} />
      </div>
    </Card>
  );
}

/** Gives up the limit that is this user's own, for the group's or else the plan's. */
function BackToPlan({ user }: { user: Model<"UserOut"> }) {
  const t = useUserTexts();
  const canChange = useCanChange();
  const change = useChange(user);
  const group = useGroupsById().get(user.groupId ?? "");
  if (!canChange || user.status === "deleted") return null;
  return (
    <Button
      variant="ghost"
      size="small"
      icon={<Undo2 className="size-3.5" aria-hidden />}
      busy={change.isPending}
      onClick={() =>
        change.mutate(
          { kind: "edit", values: { limitSource: "plan" }, reason: "" },
          { onError: (error) => toastError(t("backToPlanFailed"), error.message) },
        )
      }
    >
      {t(group && group.monthlyLimit !== null ? "backToGroup" : "backToPlan")}
    </Button>
  );
}

function Figure({
  label,
  value,
  note,
  isStrong = false,
}: {
  label: string;
  value: number | undefined;
  note: string;
  isStrong?: boolean;
}) {
  const format = useFormat();
  return (
    <div className="min-w-0">
      <dt className="text-[0.8125rem] text-ink-soft">{label}</dt>
      <dd className={cn("tabular mt-0.5 h-7 font-medium text-lg", isStrong && "font-semibold")}>
        {value === undefined ? <Skeleton className="h-6 w-24" /> : format.integer(value)}
      </dd>
      <dd className="min-h-4.5 text-ink-faint text-xs">{note}</dd>
    </div>
  );
}

function Heading({ user }: { user: Model<"UserOut"> | undefined }) {
  const t = useUserTexts();
  const format = useFormat();
  return (
    <div className="mt-4 flex min-h-5 flex-wrap items-center gap-x-6 gap-y-2 border-line border-t pt-4 text-ink-soft">
      {user ? (
        <>
          <Forecast user={user} />
          <Note icon={<CalendarClock />}>
            {t("renews", { date: format.date(renewalDay(user.period)) })}
          </Note>
          <OverLimit user={user} />
        </>
      ) : (
        <Skeleton className="h-5 w-72 max-w-full" />
      )}
    </div>
  );
}

/** How many requests were served that would have been refused. */
function OverLimit({ user }: { user: Model<"UserOut"> }) {
  const t = useUserTexts();
  const format = useFormat();
  const count = useUserStats(user.id).data?.overLimit30Days ?? 0;
  if (count === 0) return null;
  return (
    <Note icon={<ShieldAlert />}>{t("overLimit", { count, shown: format.integer(count) })}</Note>
  );
}

function availableNote(user: Model<"UserOut"> | undefined) {
  if (!user || user.availableTokens >= 0) return "availableText";
  return user.enforcement === "warn" ? "availableOver" : "availableBelow";
}

function Forecast({ user }: { user: Model<"UserOut"> }) {
  const t = useUserTexts();
  const format = useFormat();
  const forecast = useForecast(user.id).data;
  if (!forecast) return <Skeleton className="h-5 w-56" />;
  const ahead = outlook(user, forecast, periodDay());
  const isBad = ahead.kind === "exhausted" || ahead.kind === "today" || ahead.kind === "runsOut";
  const text = outlookText(ahead, t, format.date, (value) => format.percent(value, 0));
  return (
    <Note icon={<TrendingUp />}>
      <span
        className={cn(isBad && "font-medium text-critical")}
        title={t("forecastPace", { tokens: format.integer(forecast.pacePerDay) })}
      >
        {text}
      </span>
    </Note>
  );
}

function outlookText(
  ahead: Outlook,
  t: UserTexts,
  date: (day: string) => string,
  percent: (value: number) => string,
): string {
  switch (ahead.kind) {
    case "exhausted":
      return t("forecastExhausted");
    case "today":
      return t("forecastToday");
    case "runsOut":
      return t("forecastRunsOut", { date: date(ahead.day) });
    case "holds":
      return t("forecastHolds", { percent: percent(ahead.percent) });
    case "idle":
      return t("forecastIdle");
  }
}

function Note({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className="flex items-center gap-2">
      <span className="text-sun [&>svg]:size-4" aria-hidden>
        {icon}
      </span>
      {children}
    </p>
  );
}
