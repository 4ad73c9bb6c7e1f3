import { Server, UserRound } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { cn } from "@/shared/ui/cn";
import { useKeysTexts } from "./texts";

type Kind = Model<"KeyKind">;

/** Whom the key is for: the first question, since it decides whose quota is used. */
export function KindChoice({ value, onChange }: { value: Kind; onChange: (value: Kind) => void }) {
  const t = useKeysTexts();
  const choices = [
    { kind: "service", icon: Server, title: t("kindService"), text: t("kindServiceText") },
    { kind: "personal", icon: UserRound, title: t("kindPersonal"), text: t("kindPersonalText") },
  ] as const;
  return (
    <fieldset className="grid gap-3 sm:grid-cols-2">
      <legend className="sr-only">{t("kind")}</legend>
      {choices.map(({ kind, icon: Icon, title, text }) => (
        <label
          key={kind}
          className={cn(
            "flex cursor-pointer gap-3 rounded-xl border p-3.5 transition-colors",
            "has-focus-visible:outline-2 has-focus-visible:outline-brand has-focus-visible:outline-offset-2",
            value === kind
              ? "border-brand bg-brand-soft/60 ring-1 ring-brand"
              : "border-line hover:border-line-strong",
          )}
        >
          <input
            type="radio"
            name="kind"
            className="sr-only"
            checked={value === kind}
            onChange={() => onChange(kind)}
          />
          <Icon
            className={cn(
              "mt-0.5 size-4.5 shrink-0",
              value === kind ? "text-brand-ink" : "text-ink-faint",
            )}
            aria-hidden
          />
          <span>
            <span className="block font-medium text-ink">{title}</span>
            <span className="mt-0.5 block text-[0.8125rem] text-ink-soft">{text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
