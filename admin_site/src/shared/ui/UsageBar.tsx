import { cn } from "./cn";

export type UsageLevel = "ok" | "warning" | "critical" | "blocked";

const FILL: Record<UsageLevel, string> = {
  ok: "bg-ok",
  warning: "bg-warning",
  critical: "bg-critical",
  blocked: "bg-danger",
};

/** The level of a usage in percent of what is granted; 80 and 95 are the warnings' defaults. */
export function levelOf(percent: number): UsageLevel {
  if (percent >= 100) return "blocked";
  if (percent >= 95) return "critical";
  return percent >= 80 ? "warning" : "ok";
}

/** How much of a quota is used; `label` says it in words for those who do not see the bar. */
export function UsageBar({
  percent,
  level = levelOf(percent),
  label,
  className,
}: {
  percent: number;
  level?: UsageLevel;
  label: string;
  className?: string;
}) {
  const shown = Math.min(100, Math.max(0, percent));
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be styled alike in all browsers
    <div
      role="meter"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(shown)}
      aria-valuetext={label}
      aria-label={label}
      className={cn("h-1.5 w-full overflow-hidden rounded-full bg-line", className)}
    >
      <div
        className={cn("h-full rounded-full transition-[width] duration-500", FILL[level])}
        style={{ width: `${shown === 0 ? 0 : Math.max(shown, 1.5)}%` }}
      />
    </div>
  );
}
