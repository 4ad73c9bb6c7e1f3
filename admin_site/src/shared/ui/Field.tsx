import { Field as Base } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

export const inputClass = cn(
  "block h-9 w-full rounded-lg border border-line-strong/70 bg-surface px-3 text-ink shadow-soft",
  "placeholder:text-ink-faint hover:border-line-strong",
  "focus:border-brand focus:outline-2 focus:outline-brand/35 focus:outline-offset-0",
  "disabled:cursor-not-allowed disabled:bg-sunken disabled:text-ink-faint",
  "aria-invalid:border-danger data-invalid:border-danger",
);

/** Label, control, help and error, tied together for screen readers. */
export function Field({
  label,
  help,
  error,
  optional,
  className,
  children,
}: {
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  /** The word for "optional"; required fields carry no mark. */
  optional?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Base.Root className={cn("flex flex-col gap-1.5", className)} invalid={Boolean(error)}>
      <Base.Label className="font-medium text-[0.8125rem] text-ink">
        {label}
        {optional ? <span className="ml-1.5 font-normal text-ink-faint">{optional}</span> : null}
      </Base.Label>
      {children}
      {error ? (
        <Base.Error match className="text-[0.8125rem] text-danger">
          {error}
        </Base.Error>
      ) : help ? (
        <Base.Description className="text-[0.8125rem] text-ink-soft">{help}</Base.Description>
      ) : null}
    </Base.Root>
  );
}

/** A text input; inside a Field it is labelled by it. */
export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <Base.Control className={cn(inputClass, className)} {...rest} />;
}

export function Textarea({ className, rows = 3, ...rest }: ComponentProps<"textarea">) {
  return (
    <Base.Control
      render={<textarea rows={rows} {...rest} />}
      className={cn(inputClass, "h-auto py-2", className)}
    />
  );
}
