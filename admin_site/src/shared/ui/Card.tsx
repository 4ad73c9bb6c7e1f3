import type { ComponentProps, ReactNode } from "react";
import { usePageTitle } from "@/shared/hooks/title";
import { cn } from "./cn";

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return (
    <section
      className={cn("rounded-2xl border border-line bg-surface shadow-soft", className)}
      {...rest}
    />
  );
}

/** The head of a card: title, a line below it, actions at its end. */
export function CardHeader({
  title,
  description,
  actions,
  className,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  className?: string;
}) {
  return (
    <header className={cn("flex flex-wrap items-start gap-x-4 gap-y-2 px-5 pt-4 pb-3", className)}>
      <div className="min-w-0 flex-1">
        <h2 className="font-semibold text-[0.9375rem] text-ink">{title}</h2>
        {description ? (
          <p className="mt-0.5 text-ink-soft text-[0.8125rem]">{description}</p>
        ) : null}
      </div>
      {actions ? <div className="flex items-center gap-2">{actions}</div> : null}
    </header>
  );
}

/** The head of a page; `name` names the tab where the title is more than a text. */
export function PageHeader({
  title,
  description,
  actions,
  before,
  name = typeof title === "string" ? title : undefined,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  before?: ReactNode;
  name?: string | undefined;
}) {
  usePageTitle(name);
  return (
    <header className="mb-6 flex flex-wrap items-end gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-64">
        {before}
        <h1 className="font-semibold text-2xl text-ink tracking-tight">{title}</h1>
        {description ? <p className="mt-1 text-ink-soft">{description}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  );
}
