import { useNavigate } from "@tanstack/react-router";
import { Languages, LockKeyhole, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useEffect, useRef } from "react";
import { type SignedIn, signOut } from "@/shared/api/session";
import { setTheme, type Theme, useTheme } from "@/shared/hooks/theme";
import { setLocale, useLocale } from "@/shared/i18n";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { AccountButton } from "./AccountButton";
import { useAppTexts } from "./texts";

const NEXT_THEME = { system: "light", light: "dark", dark: "system" } as const;
const THEME_ICON = { system: Monitor, light: Sun, dark: Moon } as const;
const THEME_TEXT = { system: "themeSystem", light: "themeLight", dark: "themeDark" } as const;

/** The account's menu; it is loaded because somebody pressed its button, which is passed on. */
export function AccountItems({ user }: { user: SignedIn }) {
  const t = useAppTexts();
  const theme: Theme = useTheme();
  const locale = useLocale();
  const navigate = useNavigate();
  const ThemeIcon = THEME_ICON[theme];
  const button = useRef<HTMLButtonElement>(null);
  const isPressed = useRef(false);
  useEffect(() => {
    if (isPressed.current) return;
    isPressed.current = true;
    button.current?.focus();
    button.current?.click();
  }, []);
  return (
    <Menu align="start" trigger={<AccountButton ref={button} user={user} />}>
      <MenuItem icon={<ThemeIcon />} onSelect={() => setTheme(NEXT_THEME[theme])}>
        {t("theme")}: {t(THEME_TEXT[theme])}
      </MenuItem>
      <MenuItem icon={<Languages />} onSelect={() => setLocale(locale === "en" ? "pt-BR" : "en")}>
        {t("language")}: {locale === "en" ? "English" : "Português"}
      </MenuItem>
      <MenuItem icon={<LockKeyhole />} onSelect={() => void navigate({ to: "/account" })}>
        {t("changePassword")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<LogOut />} onSelect={() => void signOut()}>
        {t("signOut")}
      </MenuItem>
    </Menu>
  );
}
