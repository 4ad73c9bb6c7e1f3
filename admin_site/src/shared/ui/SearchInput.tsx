import { Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useSettled } from "@/shared/hooks/time";
import { cn } from "./cn";
import { inputClass } from "./Field";
import { useUiTexts } from "./texts";

/** Searches as one types, once the hand rests. */
export function SearchInput({
  label,
  value,
  onChange,
  className,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
}) {
  const t = useUiTexts();
  const [typed, setTyped] = useState(value);
  const settled = useSettled(typed);
  // The address may change by itself (back, a cleared filter): the box follows.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (settled === typed && settled.trim() !== value) onChange(settled.trim());
  }, [settled, typed, value, onChange]);
  return (
    <div className={cn("relative", className)}>
      <Search
        className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-faint"
        aria-hidden
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={200}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        className={cn(inputClass, "px-9 [&::-webkit-search-cancel-button]:hidden text-ellipsis")}
      />
      {typed ? (
        <button
          type="button"
          aria-label={t("clear")}
          onClick={() => {
            setTyped("");
            onChange("");
          }}
          className="absolute inset-y-0 right-0 grid w-9 place-items-center text-ink-faint hover:text-ink"
        >
          <X className="size-4" aria-hidden />
        </button>
      ) : null}
    </div>
  );
}
