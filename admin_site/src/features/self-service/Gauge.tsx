import { cn } from "@/shared/ui/cn";
import type { UsageLevel } from "@/shared/ui/UsageBar";

const STROKE: Record<UsageLevel, string> = {
  ok: "stroke-ok",
  warning: "stroke-sun",
  critical: "stroke-critical",
  blocked: "stroke-danger",
};
const SIZE = 220;
const WIDTH = 16;
const RADIUS = (SIZE - WIDTH) / 2;
/** The arc is open at the bottom: three quarters of a circle. */
const PART = 0.75;
const LENGTH = 2 * Math.PI * RADIUS;

/** The month as an arc; the figure stands in the middle. `label` says it in words. */
export function Gauge({
  percent,
  level,
  label,
  value,
  note,
}: {
  percent: number;
  level: UsageLevel;
  label: string;
  value: string;
  note: string;
}) {
  const shown = Math.min(100, Math.max(0, percent)) / 100;
  const arc = (part: number) => `${part * PART * LENGTH} ${LENGTH}`;
  return (
    <div className="relative mx-auto h-[196px] w-[220px] shrink-0 overflow-hidden">
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> cannot be an arc */}
      <svg
        viewBox={`0 0 ${SIZE} ${SIZE}`}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shown * 100)}
        aria-valuetext={label}
        className="size-[220px] rotate-[135deg]"
        fill="none"
        strokeWidth={WIDTH}
        strokeLinecap="round"
      >
        <circle
          cx={SIZE / 2}
          cy={SIZE / 2}
          r={RADIUS}
          className="stroke-line"
          strokeDasharray={arc(1)}
        />
        {shown > 0 ? (
          <circle
            cx={SIZE / 2}
            cy={SIZE / 2}
            r={RADIUS}
            className={cn(STROKE[level], "transition-[stroke-dasharray] duration-700")}
            strokeDasharray={arc(Math.max(shown, 0.004))}
          />
        ) : null}
      </svg>
      <div className="absolute inset-x-0 top-[74px] text-center" aria-hidden>
        <p className="tabular font-semibold text-[2.75rem] leading-none tracking-tight">{value}</p>
        <p className="mt-1.5 text-ink-soft">{note}</p>
      </div>
    </div>
  );
}
