import {
  Cpu,
  Database,
  HeartPulse,
  ListOrdered,
  type LucideIcon,
  Sparkles,
  Zap,
} from "lucide-react";
import { useFormat } from "@/shared/format";
import { useNow } from "@/shared/hooks/time";
import { useLocale } from "@/shared/i18n";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Card, CardHeader } from "@/shared/ui/Card";
import { Failure, Skeleton } from "@/shared/ui/states";
import { useHealth } from "./data";
import { type Check, ordered, PARTS, type Part, type Status, told } from "./health";
import { PartFacts } from "./PartFacts";
import { useSettingsTexts } from "./texts";

const TONE: Record<Status, Tone> = { healthy: "ok", degraded: "warning", unhealthy: "danger" };
const ICON: Record<Part, LucideIcon> = {
  database: Database,
  queue: ListOrdered,
  litellm: Sparkles,
  redis: Zap,
  system: Cpu,
};

/** How every part is, asked anew all the time. */
export function HealthCard() {
  const t = useSettingsTexts();
  const health = useHealth();
  const report = health.data;
  return (
    <Card className="overflow-hidden">
      <CardHeader
        title={t("health")}
        description={<Updated at={health.dataUpdatedAt} isAway={health.isError} />}
        actions={
          report ? (
            <Badge tone={health.isError ? "neutral" : TONE[report.status]} dot>
              {t(health.isError ? "healthAway" : `overall_${report.status}`)}
            </Badge>
          ) : null
        }
      />
      {health.error && !report ? (
        <Failure error={health.error} onRetry={() => void health.refetch()} />
      ) : (
        <ul className="divide-y divide-line border-line border-t" aria-busy={!report}>
          {report
            ? ordered(report.checks).map(([name, check]) => (
                <PartRow key={name} name={name} check={check} />
              ))
            : PARTS.map((part) => (
                <li key={part} className="flex min-h-20 items-center gap-4 px-5 md:min-h-17">
                  <Skeleton className="size-9 rounded-lg" />
                  <Skeleton className="h-9 w-full max-w-96" />
                </li>
              ))}
        </ul>
      )}
    </Card>
  );
}

function Updated({ at, isAway }: { at: number; isAway: boolean }) {
  const t = useSettingsTexts();
  const format = useFormat();
  const now = useNow();
  if (at === 0) return <>{"\u00a0"}</>;
  const ago = format.ago(new Date(Math.min(at, now.getTime())), now);
  return (
    <span className="inline-flex items-center gap-2">
      <span
        className={`size-2 shrink-0 rounded-full ${isAway ? "bg-warning" : "bg-ok"}`}
        aria-hidden
      />
      {t("updated", { ago })}
    </span>
  );
}

function PartRow({ name, check }: { name: string; check: Check }) {
  const t = useSettingsTexts();
  const format = useFormat();
  const reasons = told(check, useLocale());
  const part = PARTS.find((one) => one === name);
  const Icon = part ? ICON[part] : HeartPulse;
  return (
    <li className="px-5 py-3.5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 md:flex-nowrap">
        <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-sunken text-ink-soft ring-1 ring-line ring-inset">
          <Icon className="size-4.5" aria-hidden />
        </span>
        <div className="min-w-0 flex-1 basis-48">
          <h3 className="font-medium text-ink">{part ? t(`part_${part}`) : name}</h3>
          {part ? <p className="text-[0.8125rem] text-ink-soft">{t(`down_${part}`)}</p> : null}
        </div>
        <PartFacts check={check} />
        <div className="flex w-full items-center justify-between gap-3 pl-13 md:w-52 md:justify-end md:shrink-0 md:pl-0">
          <span className="tabular text-ink-soft" title={t("time")}>
            <span className="sr-only">{t("time")}: </span>
            {format.milliseconds(check.response_time_ms)}
          </span>
          <span className="flex w-26 justify-end">
            <Badge tone={TONE[check.status]} dot>
              {t(`status_${check.status}`)}
            </Badge>
          </span>
        </div>
      </div>
      {reasons.length > 0 ? (
        <ul className="mt-2 space-y-2 pl-13 text-[0.8125rem]">
          {reasons.map(({ code, what, remedy }) => (
            <li key={code}>
              <p className="text-ink">
                {what} <code className="text-ink-soft">{code}</code>
              </p>
              {remedy ? (
                <p className="text-ink-soft">
                  {t("remedy")}: {remedy}
                </p>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}
