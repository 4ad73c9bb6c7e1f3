import { Plus, X } from "lucide-react";
import { useState } from "react";
import { cn } from "@/shared/ui/cn";
import { Field, Input, inputClass } from "@/shared/ui/Field";
import { useUsedModels } from "./data";
import { addPatterns, isCovered } from "./models";
import { useKeysTexts } from "./texts";

/** Names of models and patterns, one chip each; what was typed counts as soon as it is left. */
export function ModelChips({
  value,
  onChange,
  error,
}: {
  value: readonly string[];
  onChange: (value: string[]) => void;
  error?: string | undefined;
}) {
  const t = useKeysTexts();
  const [typed, setTyped] = useState("");
  const [isLeft, setLeft] = useState(false);
  const take = (text: string) => {
    const { patterns, rest } = addPatterns(value, text);
    onChange(patterns);
    setTyped(rest);
    setLeft(rest !== "");
  };
  const wrong = isLeft && typed.trim() ? t("modelWrong", { text: typed.trim() }) : undefined;
  return (
    <div>
      <Field label={t("allowedModels")} help={t("modelsHelp")} error={wrong ?? error}>
        <div
          className={cn(
            inputClass,
            "flex h-auto min-h-9 flex-wrap items-center gap-1.5 px-2 py-1",
            "focus-within:border-brand focus-within:outline-2 focus-within:outline-brand/35",
          )}
        >
          {value.map((model) => (
            <Chip
              key={model}
              model={model}
              onRemove={() => onChange(value.filter((one) => one !== model))}
            />
          ))}
          <Input
            value={typed}
            placeholder={value.length === 0 ? t("modelsPlaceholder") : ""}
            className="h-6.5 w-auto min-w-24 flex-1 border-0 bg-transparent px-1 font-mono text-[0.8125rem] shadow-none! focus:outline-0"
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
            onBlur={() => take(typed)}
          />
        </div>
      </Field>
      <Suggestions value={value} onAdd={(model) => onChange([...value, model])} />
    </div>
  );
}

function Chip({ model, onRemove }: { model: string; onRemove: () => void }) {
  const t = useKeysTexts();
  return (
    <span className="inline-flex max-w-full items-center rounded-md bg-brand-soft pl-2 font-mono text-[0.8125rem] text-brand-ink">
      <span className="truncate">{model}</span>
      <button
        type="button"
        aria-label={t("removeModel", { model })}
        onClick={onRemove}
        className="grid size-6.5 shrink-0 place-items-center rounded-md hover:text-ink"
      >
        <X className="size-3.5" aria-hidden />
      </button>
    </span>
  );
}

function Suggestions({
  value,
  onAdd,
}: {
  value: readonly string[];
  onAdd: (model: string) => void;
}) {
  const t = useKeysTexts();
  const models = useUsedModels().filter((model) => !isCovered(value, model));
  if (models.length === 0) return null;
  return (
    <div className="mt-2 flex flex-wrap items-center gap-1.5 text-xs">
      <span className="text-ink-soft">{t("modelsUsed")}</span>
      {models.map((model) => (
        <button
          key={model}
          type="button"
          aria-label={t("addModel", { model })}
          onClick={() => onAdd(model)}
          className="inline-flex items-center gap-1 rounded-md border border-line-strong/60 border-dashed px-1.5 py-0.5 font-mono text-ink-soft hover:border-brand hover:text-ink"
        >
          <Plus className="size-3" aria-hidden />
          {model}
        </button>
      ))}
    </div>
  );
}
