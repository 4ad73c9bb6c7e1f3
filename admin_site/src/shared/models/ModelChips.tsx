import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { api, unwrap } from "@/shared/api/client";
import { ChipInput } from "@/shared/ui/ChipInput";
import { addPatterns, isCovered } from "./patterns";
import { useModelsTexts } from "./texts";

const SUGGESTED_MODELS = 6;

/** Names of models and patterns, one chip each. */
export function ModelChips({
  label,
  help,
  value,
  onChange,
  error,
}: {
  label?: string;
  help?: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  error?: string | undefined;
}) {
  const t = useModelsTexts();
  return (
    <div>
      <ChipInput
        isCode
        label={label ?? t("allowedModels")}
        help={help ?? t("modelsHelp")}
        error={error}
        value={value}
        onChange={onChange}
        read={addPatterns}
        wrong={(text) => t("modelWrong", { text })}
        removeLabel={(model) => t("removeModel", { model })}
        placeholder={t("modelsPlaceholder")}
      />
      <Suggestions value={value} onAdd={(model) => onChange([...value, model])} />
    </div>
  );
}

/** Models that answered this month, the most used first; suggestions, so nothing waits for them. */
function useUsedModels(): string[] {
  const stats = useQuery({
    queryKey: ["stats"],
    queryFn: ({ signal }) => unwrap(api().GET("/admin/stats", { signal })),
  });
  return (stats.data?.byModel ?? [])
    .map((one) => one.model)
    .filter((model) => model !== "-")
    .slice(0, SUGGESTED_MODELS);
}

function Suggestions({
  value,
  onAdd,
}: {
  value: readonly string[];
  onAdd: (model: string) => void;
}) {
  const t = useModelsTexts();
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
