import { useFormat } from "@/shared/format";
import { FIRST_ERROR } from "@/shared/ui/statusTone";
import { UsageBar } from "@/shared/ui/UsageBar";
import { type Check, waiting } from "./health";
import { type SettingsTexts, useSettingsTexts } from "./texts";

/** What a check found besides its state: load, queues, the reason of a failure. */
export function PartFacts({ check }: { check: Check }) {
  const t = useSettingsTexts();
  const format = useFormat();
  const loads = [
    { label: t("cpu"), percent: check.cpu_percent, full: 80 },
    { label: t("memory"), percent: check.memory_percent, full: 80 },
    { label: t("disk"), percent: check.disk_percent, full: 90 },
  ].flatMap(({ percent, ...rest }) => (percent === undefined ? [] : [{ percent, ...rest }]));
  if (loads.length > 0) {
    return (
      <div className="grid w-full grid-cols-3 gap-4 pl-13 md:w-80 md:shrink-0 md:pl-0">
        {loads.map(({ label, percent, full }) => (
          <div key={label}>
            <p className="mb-1.5 flex justify-between gap-1 text-xs">
              <span className="text-ink-soft">{label}</span>
              <span className="tabular text-ink">{format.percent(percent, 0)}</span>
            </p>
            <UsageBar
              percent={percent}
              level={percent >= full ? "warning" : "ok"}
              label={`${label}: ${format.percent(percent, 0)}`}
            />
          </div>
        ))}
      </div>
    );
  }
  const text = check.depths
    ? t("queueFacts", {
        waiting: format.integer(waiting(check.depths)),
        dead: format.integer(check.dlq ?? 0),
      })
    : reason(check, t);
  return text ? (
    <p className="w-full pl-13 text-[0.8125rem] text-ink-soft md:w-80 md:shrink-0 md:pl-0 md:text-right">
      {text}
    </p>
  ) : null;
}

/** The server's short English reasons in the language shown; one that is new stays as it is. */
function reason(check: Check, t: SettingsTexts): string | null {
  if (check.error) return t("failed", { error: check.error });
  switch (check.detail) {
    case undefined:
      return check.http_status && check.http_status >= FIRST_ERROR
        ? t("httpStatus", { status: check.http_status })
        : null;
    case "timed out":
      return t("timedOut");
    case "not configured":
      return t("notConfigured");
    case "not configured: in-process fallback":
      return t("notConfiguredRedis");
    case "no answer: in-process fallback":
      return t("noAnswerRedis");
    default:
      return check.detail;
  }
}
