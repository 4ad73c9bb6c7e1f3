import { Languages, Monitor, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { setTheme, type Theme, useTheme } from "@/shared/hooks/theme";
import { usePageTitle } from "@/shared/hooks/title";
import { setLocale, useLocale } from "@/shared/i18n";
import { Button, IconButton } from "@/shared/ui/Button";
import { Logo } from "@/shared/ui/Logo";
import { useMeTexts } from "./texts";

const NEXT_THEME = { system: "light", light: "dark", dark: "system" } as const;
const THEME_ICON = { system: Monitor, light: Sun, dark: Moon } as const;
const THEME_TEXT = { system: "themeSystem", light: "themeLight", dark: "themeDark" } as const;

/** The page around whatever it shows: the sign, the language, the theme. */
export function Frame({ children }: { children: ReactNode }) {
  const t = useMeTexts();
  const locale = useLocale();
  const theme: Theme = useTheme();
  const Icon = THEME_ICON[theme];
  usePageTitle(t("title"));
  return (
    <div className="mx-auto flex min-h-dvh max-w-4xl flex-col px-4 pb-8 sm:px-6">
      <header className="flex items-center gap-3 py-4 sm:py-6">
        <Logo className="size-8" />
        <span className="flex-1 font-semibold tracking-wide">IA SOLARIS</span>
        <Button
          variant="ghost"
          size="small"
          icon={<Languages className="size-4" aria-hidden />}
          onClick={() => setLocale(locale === "en" ? "pt-BR" : "en")}
          lang={locale === "en" ? "pt-BR" : "en"}
        >
          {t("language")}
        </Button>
        <IconButton
          label={t("theme", { theme: t(THEME_TEXT[theme]) })}
          onClick={() => setTheme(NEXT_THEME[theme])}
        >
          <Icon className="size-4.5" aria-hidden />
        </IconButton>
      </header>
      <main className="flex flex-1 flex-col">{children}</main>
    </div>
  );
}
