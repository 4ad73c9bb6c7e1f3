import { CopyButton } from "./CopyButton";
import { cn } from "./cn";

/** A text to be copied as it stands: a snippet, a command, a secret that is shown once. */
export function CodeBlock({
  label,
  text,
  wrap = false,
  strong = false,
  onCopied,
}: {
  /** What it is, above it. */
  label: string;
  text: string;
  /** Breaks long lines instead of scrolling. */
  wrap?: boolean;
  /** For the one text of the dialog that must not be lost. */
  strong?: boolean;
  onCopied?: () => void;
}) {
  return (
    <figure
      className={cn(
        "overflow-hidden rounded-xl border bg-sunken",
        strong ? "border-brand/50" : "border-line",
      )}
    >
      <figcaption className="flex items-center gap-3 border-line border-b bg-surface py-1.5 pr-1.5 pl-3.5">
        <span className="min-w-0 flex-1 truncate font-medium text-[0.8125rem] text-ink-soft">
          {label}
        </span>
        <CopyButton text={text} {...(onCopied ? { onCopied } : {})} />
      </figcaption>
      <pre
        // A long line is scrolled by the keyboard too.
        tabIndex={wrap ? undefined : 0}
        className={cn(
          "max-h-64 overflow-auto px-3.5 py-3 font-mono text-ink leading-relaxed",
          strong ? "text-[0.8125rem]" : "text-xs",
          wrap && "whitespace-pre-wrap break-all",
        )}
      >
        {text}
      </pre>
    </figure>
  );
}
