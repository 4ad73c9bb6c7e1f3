import { cn } from "./cn";

/** The sign: a sun. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={cn("size-8", className)}>
      <rect width="32" height="32" rx="9" className="fill-[#1d1710] dark:fill-[#2a2118]" />
      <circle cx="16" cy="16" r="5.5" className="fill-[#f6a623]" />
      <path
        className="stroke-[#f6a623]"
        strokeWidth="2.3"
        strokeLinecap="round"
        d="M16 5v2.7M16 24.3V27M5 16h2.7M24.3 16H27M8.2 8.2l1.9 1.9M21.9 21.9l1.9 1.9M8.2 23.8l1.9-1.9M21.9 10.1l1.9-1.9"
      />
    </svg>
  );
}
