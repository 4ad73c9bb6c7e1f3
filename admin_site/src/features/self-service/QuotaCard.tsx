import { CalendarClock, Lock, MoonStar, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { renewalDay, useFormat } from "@/shared/format";
import { usedOfGrants, useTermWords } from "@/shared/grants/terms";
import { useGrantTexts } from "@/shared/grants/texts";
import { buttonClass } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { asksByMail } from "./asking";
import type { MyUsage } from "./data";
import { type Outlook, outlookOf } from "./figures";
import { Gauge } from "./Gauge";
import { useMeTexts } from "./texts";

/** The month: how much is used, what is left, when it renews, and where it is heading. */
export function QuotaCard({ usage }: { usage: MyUsage }) {
  const t = useMeTexts();
  const format = useFormat();
  const percent = usage.grantedPercentage;
  const shown = format.percent(percent);
  return (
    <Card className="p-5 sm:p-7">
      <div className="grid items-center gap-6 sm:grid-cols-[auto_1fr] sm:gap-10">
        <Gauge
          percent={percent}
          level={usage.usageLevel}
          label={t("gauge", { percent: shown })}
          value={shown}
          note={t("used")}
        />
        <dl className="min-w-0">
          <dt className="text-ink-soft">{t("remaining")}</dt>
          <dd className="mb-4 flex flex-wrap items-baseline gap-x-2">
            <span className="tabular font-semibold text-3xl tracking-tight">
              {format.integer(usage.remainingTokens)}
            </span>
            <span className="text-ink-soft">{t("remainingUnit")}</span>
          </dd>
          <Row label={t("usedTokens")}>{format.integer(usage.currentUsage)}</Row>
          <Row label={t("limit")}>{format.integer(usage.monthlyLimit)}</Row>
          {usage.additionalTokens > 0 ? (
            <>
              <Row label={t("additional")}>{format.integer(usage.additionalTokens)}</Row>
              <Grants usage={usage} />
            </>
          ) : null}
          {usage.dailyLimitTokens === null ? null : (
            <Row label={t("today")}>
              {usage.dayLifted
                ? t("todayLifted", { used: format.integer(usage.dayUsed ?? 0) })
                : t("todayUsed", {
                    used: format.integer(usage.dayUsed ?? 0),
                    limit: format.integer(usage.dailyLimitTokens),
                  })}
            </Row>
          )}
          {usage.models === null ? null : (
            <Row label={t("allowedModels")}>{usage.models.join(", ")}</Row>
          )}
          <Row label={t("renews")}>
            {t("renewsIn", {
              date: format.date(renewalDay(usage.period)),
              when: format.ago(usage.renewsAt),
            })}
          </Row>
        </dl>
      </div>
      <Forecast usage={usage} />
    </Card>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4 border-line border-t py-2.5">
      <dt className="shrink-0 text-ink-soft">{label}</dt>
      <dd className="tabular text-right font-medium">{children}</dd>
    </div>
  );
}

/** What the additional tokens are made of, first used first. */
function Grants({ usage }: { usage: MyUsage }) {
  const t = useGrantTexts();
  const format = useFormat();
  const term = useTermWords();
  const used = usedOfGrants(usage.additionalTokens, usage.grants);
  const lines = usage.grants.map((one) => ({ tokens: one.tokens, text: term(one) }));
  if (used > 0) lines.push({ tokens: used, text: t("usedThisMonth") });
  return (
    <dd className="-mt-1 pb-2.5">
      <ul className="tabular text-right text-[0.8125rem] text-ink-soft">
        {lines.map(({ tokens, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: grants have no other name here
          <li key={index}>
            {format.integer(tokens)} {text}
          </li>
        ))}
      </ul>
    </dd>
  );
}

const TONE: Record<Outlook["kind"], string> = {
  suspended: "bg-danger-soft text-danger",
  blocked: "bg-danger-soft text-danger",
  pending: "bg-info-soft text-info",
  usedUp: "bg-danger-soft text-danger",
  overQuota: "bg-warning-soft text-warning",
  nearlyOut: "bg-critical-soft text-critical",
  idle: "bg-sunken text-ink-soft",
  fine: "bg-ok-soft text-ok",
  outToday: "bg-critical-soft text-critical",
  out: "bg-warning-soft text-warning",
};

function Forecast({ usage }: { usage: MyUsage }) {
  const t = useMeTexts();
  const outlook = outlookOf(usage);
  const asks =
    outlook.kind !== "fine" &&
    outlook.kind !== "idle" &&
    usage.supportEmail !== null &&
    asksByMail(usage.asking);
  return (
    <div
      className={cn(
        "mt-6 flex flex-wrap items-center gap-x-4 gap-y-3 rounded-xl px-4 py-3",
        TONE[outlook.kind],
      )}
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-3">
        <span className="mt-px [&>svg]:size-4.5" aria-hidden>
          <OutlookIcon kind={outlook.kind} />
        </span>
        <span className="font-medium">{useOutlookText(usage, outlook)}</span>
      </p>
      {asks ? (
        <a
          className={buttonClass("secondary", "small")}
          href={`mailto:${usage.supportEmail}?subject=${encodeURIComponent(t("askSubject"))}`}
        >
          {t("ask")}
        </a>
      ) : null}
    </div>
  );
}

function OutlookIcon({ kind }: { kind: Outlook["kind"] }) {
  if (kind === "idle") return <MoonStar />;
  if (kind === "fine") return <CalendarClock />;
  return kind === "suspended" || kind === "blocked" || kind === "pending" ? (
    <Lock />
  ) : (
    <TriangleAlert />
  );
}

function useOutlookText(usage: MyUsage, outlook: Outlook): string {
  const t = useMeTexts();
  const format = useFormat();
  const pace = format.tokens(usage.forecast.pacePerDay);
  switch (outlook.kind) {
    case "usedUp":
      return t("forecastUsedUp", { date: format.date(renewalDay(usage.period)) });
    case "overQuota":
      return t("forecastOverQuota", { date: format.date(renewalDay(usage.period)) });
    case "nearlyOut":
      return t("forecastNearlyOut", { date: format.date(renewalDay(usage.period)) });
    case "out":
      return t("forecastOut", { pace, date: format.date(outlook.on) });
    case "outToday":
      return t("forecastToday", { pace });
    case "idle":
      return t("forecastIdle");
    case "fine":
      return t("forecastFine", { pace });
    default:
      return t(outlook.kind);
  }
}
