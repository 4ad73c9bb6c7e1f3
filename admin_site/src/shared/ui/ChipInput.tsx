import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { cn } from "./cn";
import { Field, Input, inputClass } from "./Field";

/** What was typed or pasted, one part per comma, semicolon or line. */
export function splitChips(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
}

/**
 * What to call when a field is left; `act` waits for the click, if one leaves it. A chip may need
 * another line, and a button that moves away between press and release is not clicked.
 */
function useLeaving(act: () => void): () => void {
  const latest = useRef(act);
  const isPressed = useRef(false);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const gone = new AbortController();
    const options = { capture: true, signal: gone.signal };
    document.addEventListener("mousedown", () => (isPressed.current = true), options);
    document.addEventListener("mouseup", () => (isPressed.current = false), options);
    return () => gone.abort();
  }, []);
  return () => {
    if (!isPressed.current) return act();
    const done = new AbortController();
    const options = { capture: true, signal: done.signal };
    const finish = () => {
      if (done.signal.aborted) return;
      done.abort();
      // before what was clicked looks at the form
      flushSync(() => latest.current());
    };
    document.addEventListener("click", finish, options);
    // released elsewhere: no click follows
    document.addEventListener("mouseup", () => setTimeout(finish), options);
  };
}

/** Short texts, a chip each; what was typed counts as soon as it is left. */
export function ChipInput({
  label,
  help,
  optional,
  error,
  value,
  onChange,
  read,
  wrong,
  removeLabel,
  placeholder,
  isCode = false,
}: {
  label: ReactNode;
  help?: ReactNode;
  optional?: string;
  error?: string | undefined;
  value: readonly string[];
  onChange: (value: string[]) => void;
  /** The chips with what was typed; `rest` is what is not well-formed, for the box to keep. */
  read: (value: readonly string[], text: string) => { chips: string[]; rest: string };
  /** What is said of a rest. */
  wrong: (text: string) => string;
  removeLabel: (chip: string) => string;
  placeholder?: string;
  /** Names of machines. */
  isCode?: boolean;
}) {
  const [typed, setTyped] = useState("");
  const [isLeft, setLeft] = useState(false);
  const take = (text: string) => {
    const { chips, rest } = read(value, text);
    onChange(chips);
    setTyped(rest);
    setLeft(rest !== "");
  };
  const leave = useLeaving(() => take(typed));
  const problem = isLeft && typed.trim() ? wrong(typed.trim()) : undefined;
  const font = isCode && "font-mono";
  return (
    <Field
      label={label}
      help={help}
      error={problem ?? error}
      {...(optional === undefined ? {} : { optional })}
    >
      <div
        className={cn(
          inputClass,
          "flex h-auto min-h-9 flex-wrap items-center gap-1.5 px-2 py-1",
          "focus-within:border-brand focus-within:outline-2 focus-within:outline-brand/35",
        )}
      >
        {value.map((chip) => (
          <span
            key={chip}
            className={cn(
              "inline-flex max-w-full items-center rounded-md bg-brand-soft pl-2 text-[0.8125rem] text-brand-ink",
              font,
            )}
          >
            <span className="truncate">{chip}</span>
            <button
              type="button"
              aria-label={removeLabel(chip)}
              onClick={() => onChange(value.filter((one) => one !== chip))}
              className="grid size-6.5 shrink-0 place-items-center rounded-md hover:text-ink"
            >
              <X className="size-3.5" aria-hidden />
            </button>
          </span>
        ))}
        <Input
          value={typed}
          placeholder={value.length === 0 ? (placeholder ?? "") : ""}
          className={cn(
            "h-6.5 w-auto min-w-24 flex-1 border-0 bg-transparent px-1 text-[0.8125rem] shadow-none! focus:outline-0",
            font,
          )}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setLeft(false);
            if (/[,;\n]/.test(text)) take(text);
            else setTyped(text);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && typed.trim()) {
              event.preventDefault();
              take(typed);
            }
            if (event.key === "Backspace" && typed === "") onChange(value.slice(0, -1));
          }}
          onBlur={leave}
        />
      </div>
    </Field>
  );
}
