import { ChevronsUpDown } from "lucide-react";
import type { ComponentProps } from "react";
import type { SignedIn } from "@/shared/api/session";
import { useAppTexts } from "./texts";

/** Who is signed in; the button of the account's menu. */
export function AccountButton({ user, ...rest }: { user: SignedIn } & ComponentProps<"button">) {
  const t = useAppTexts();
  const name = user.name || user.email;
  return (
    <button
      type="button"
      className="flex w-full items-center gap-3 rounded-lg p-2 text-left hover:bg-sunken"
      {...rest}
    >
      <span
        aria-hidden
        className="flex size-8 shrink-0 items-center justify-center rounded-full bg-brand-soft font-semibold text-brand-ink uppercase"
      >
        {name.slice(0, 1)}
      </span>
      <span className="min-w-0 flex-1">
        <span className="sr-only">{t("account")}: </span>
        <span className="block truncate font-medium text-ink">{name}</span>
        <span className="block truncate text-ink-soft text-xs">{t(`role_${user.role}`)}</span>
      </span>
      <ChevronsUpDown className="size-4 text-ink-faint" aria-hidden />
    </button>
  );
}
