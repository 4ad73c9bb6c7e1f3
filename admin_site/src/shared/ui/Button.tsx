import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

const VARIANTS = {
  primary: "bg-brand text-on-brand hover:bg-brand-hover shadow-soft",
  secondary: "border border-line bg-surface text-ink hover:bg-sunken shadow-soft",
  ghost: "text-ink-soft hover:bg-sunken hover:text-ink",
  danger: "bg-danger text-on-brand hover:bg-danger-hover shadow-soft",
} as const;

const SIZES = {
  small: "h-8 gap-1.5 rounded-lg px-2.5 text-[0.8125rem]",
  medium: "h-9 gap-2 rounded-lg px-3.5",
  large: "h-11 gap-2 rounded-xl px-5 text-[0.9375rem]",
  icon: "size-9 justify-center rounded-lg",
} as const;

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
  icon?: ReactNode;
  /** Shows a spinner and takes no second click; what was pressed stays where it is. */
  busy?: boolean;
}

export function buttonClass(
  variant: keyof typeof VARIANTS = "secondary",
  size: keyof typeof SIZES = "medium",
): string {
  return cn(
    "inline-flex shrink-0 items-center justify-center whitespace-nowrap font-medium transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55",
    VARIANTS[variant],
    SIZES[size],
  );
}

export function Button({
  variant,
  size,
  icon,
  busy = false,
  className,
  children,
  disabled,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={cn(buttonClass(variant, size), className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <LoaderCircle className="size-4 animate-spin" aria-hidden /> : icon}
      {children}
    </button>
  );
}

/** A button that shows an icon alone; `label` is its name and its tooltip. */
export function IconButton({
  label,
  children,
  className,
  variant = "ghost",
  ...rest
}: Omit<ButtonProps, "icon" | "size"> & { label: string }) {
  return (
    <Button
      variant={variant}
      size="icon"
      aria-label={label}
      title={label}
      className={cn("p-0", className)}
      {...rest}
    >
      {children}
    </Button>
  );
}
