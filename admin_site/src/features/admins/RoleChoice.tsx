import { Eye, FileSearch, ShieldCheck, UsersRound } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { cn } from "@/shared/ui/cn";
import { ROLES } from "./form";
import { useAdminsTexts } from "./texts";

const ICON = {
  admin: ShieldCheck,
  auditor: FileSearch,
  manager: UsersRound,
  viewer: Eye,
} as const;

export function RoleChoice({
  value,
  onChange,
}: {
  value: Model<"Role">;
  onChange: (value: Model<"Role">) => void;
}) {
  const t = useAdminsTexts();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium text-[0.8125rem] text-ink">{t("role")}</legend>
      {ROLES.map((role) => {
        const Icon = ICON[role];
        return (
          <label
            key={role}
            className={cn(
              "flex cursor-pointer gap-3 rounded-xl border px-3.5 py-3 transition-colors",
              "has-focus-visible:outline-2 has-focus-visible:outline-brand has-focus-visible:outline-offset-2",
              value === role
                ? "border-brand bg-brand-soft/60 ring-1 ring-brand"
                : "border-line hover:border-line-strong",
            )}
          >
            <input
              type="radio"
              name="role"
              className="sr-only"
              checked={value === role}
              onChange={() => onChange(role)}
            />
            <Icon
              className={cn(
                "mt-0.5 size-4.5 shrink-0",
                value === role ? "text-brand-ink" : "text-ink-faint",
              )}
              aria-hidden
            />
            <span>
              <span className="block font-medium text-ink">{t(`role_${role}`)}</span>
              <span className="mt-0.5 block text-[0.8125rem] text-ink-soft">
                {t(`role_${role}_text`)}
              </span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
