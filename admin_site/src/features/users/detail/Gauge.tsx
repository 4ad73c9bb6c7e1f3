import { cn } from "@/shared/ui/cn";
import type { UsageLevel } from "@/shared/ui/UsageBar";

const STROKE: Record<UsageLevel, string> = {
  ok: "stroke-ok",
  warning: "stroke-warning",
  critical: "stroke-critical",
  blocked: "stroke-danger",
};
const RADIUS = 68;
const WIDTH = 13;
/** The arc is open below by a quarter of the circle. */
const SWEEP = 0.75;
const LENGTH = 2 * Math.PI * RADIUS;

/** A quota as an arc: what is used, and behind it what open answers hold. */
export function Gauge({
  used,
  reserved,
  level,
  label,
  value,
  text,
}: {
  /** Percent of what is granted. */
  used: number;
  reserved: number;
  level: UsageLevel;
  label: string;
  value: string;
  text: string;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be an arc
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(Math.min(100, Math.max(0, used)))}
      aria-valuetext={`${value} ${text}`}
      className="relative -mb-6 size-44 shrink-0 sm:-my-3"
    >
      <svg viewBox="0 0 160 160" className="size-full rotate-135" aria-hidden="true">
        <Arc percent={100} className="stroke-line" />
        <Arc percent={used + reserved} className={cn(STROKE[level], "opacity-35")} />
        <Arc percent={used} className={STROKE[level]} />
      </svg>
      <div className="absolute inset-0 flex flex-col items-center justify-center pt-1 text-center">
        <span className="tabular font-semibold text-[1.75rem] leading-8 tracking-tight">
          {value}
        </span>
        <span className="mt-0.5 text-ink-soft text-xs">{text}</span>
      </div>
    </div>
  );
}

function Arc({ percent, className }: { percent: number; className: string }) {
  const share = Math.min(100, Math.max(0, percent)) / 100;
  if (share === 0) return null;
  return (
    <circle
      cx="80"
      cy="80"
      r={RADIUS}
      fill="none"
      strokeWidth={WIDTH}
      strokeLinecap="round"
      strokeDasharray={`${Math.max(0.001, share * SWEEP * LENGTH)} ${LENGTH}`}
      className={cn("transition-[stroke-dasharray] duration-500", className)}
    />
  );
}
