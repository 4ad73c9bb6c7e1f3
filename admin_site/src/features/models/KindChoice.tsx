import { cn } from "@/shared/ui/cn";
import { KINDS, type WeightValues } from "./form";
import { useModelsTexts } from "./texts";

type Kind = WeightValues["kind"];

/** What kind of weight it is. */
export function KindChoice({ value, onChange }: { value: Kind; onChange: (value: Kind) => void }) {
  const t = useModelsTexts();
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium text-[0.8125rem] text-ink">{t("kind")}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {KINDS.map((kind) => (
          <label
            key={kind}
            className={cn(
              "flex cursor-pointer items-center gap-2.5 rounded-xl border px-3 py-2 transition-colors",
              "has-focus-visible:outline-2 has-focus-visible:outline-brand has-focus-visible:outline-offset-2",
              value === kind
                ? "border-brand bg-brand-soft/60 ring-1 ring-brand"
                : "border-line hover:border-line-strong",
            )}
          >
            <input
              type="radio"
              name="kind"
              className="size-4 shrink-0 accent-brand outline-none"
              checked={value === kind}
              onChange={() => onChange(kind)}
            />
            <span className="min-w-0 font-medium text-ink">{t(`kind_${kind}`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
