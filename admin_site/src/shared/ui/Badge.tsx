import type { ReactNode } from "react";
import { cn } from "./cn";

const TONES = {
  neutral: "bg-sunken text-ink-soft ring-line",
  brand: "bg-brand-soft text-brand-ink ring-brand/20",
  ok: "bg-ok-soft text-ok ring-ok/20",
  warning: "bg-warning-soft text-warning ring-warning/25",
  critical: "bg-critical-soft text-critical ring-critical/25",
  danger: "bg-danger-soft text-danger ring-danger/25",
  info: "bg-info-soft text-info ring-info/20",
} as const;

export type Tone = keyof typeof TONES;

/** A state in one word. The colour never says it alone. */
export function Badge({
  tone = "neutral",
  dot = false,
  className,
  children,
  ...rest
}: {
  tone?: Tone;
  dot?: boolean;
  className?: string;
  children: ReactNode;
  "aria-hidden"?: boolean;
}) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 whitespace-nowrap rounded-full px-2 py-0.5 font-medium text-xs ring-1 ring-inset",
        TONES[tone],
        className,
      )}
      {...rest}
    >
      {dot ? <span className="size-1.5 rounded-full bg-current" aria-hidden /> : null}
      {children}
    </span>
  );
}
