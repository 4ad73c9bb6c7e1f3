import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

/** Languages of the site; pt-BR is the default. */
export const LOCALES = ["pt-BR", "en"] as const;
export type Locale = (typeof LOCALES)[number];

const STORED = "solaris.locale";

/** A language tag as one of the site's languages; undefined for any other. */
function known(tag: string | null | undefined): Locale | undefined {
  const language = tag?.toLowerCase().split("-")[0];
  if (language === "pt") return "pt-BR";
  return language === "en" ? "en" : undefined;
}

function storedLocale(): Locale | undefined {
  try {
    return known(localStorage.getItem(STORED));
  } catch {
    return undefined;
  }
}

/** What the person chose, else the first of the browser's languages that the site speaks. */
function wantedLocale(): Locale | undefined {
  return storedLocale() ?? navigator.languages.map(known).find((one) => one !== undefined);
}

/** Speaks the stage's language to whose browser asks for none of the site's; once, at the start. */
export function applyStageLocale(tag: string | undefined): void {
  const locale = wantedLocale() ?? known(tag) ?? "pt-BR";
  document.documentElement.lang = locale;
  void i18next.changeLanguage(locale);
}

void i18next.use(initReactI18next).init({
  lng: wantedLocale() ?? "pt-BR",
  fallbackLng: "pt-BR",
  resources: {},
  interpolation: { escapeValue: false }, // React escapes
  returnNull: false,
});
document.documentElement.lang = i18next.language;

export function currentLocale(): Locale {
  return i18next.language === "en" ? "en" : "pt-BR";
}

export function setLocale(locale: Locale): void {
  try {
    localStorage.setItem(STORED, locale);
  } catch {
    // Not remembered then; it holds until the page is loaded anew.
  }
  document.documentElement.lang = locale;
  void i18next.changeLanguage(locale);
}

type Texts = Record<string, string>;
type KeyOf<T extends Texts> = Extract<keyof T, string>;
/** Keys as they are used: `items_zero`, `items_one` and `items_other` are the key `items`. */
type UsedKey<K extends string> = K extends
  | `${infer Base}_zero`
  | `${infer Base}_one`
  | `${infer Base}_other`
  ? Base
  : K;

export type Translate<T extends Texts> = (
  key: UsedKey<KeyOf<T>>,
  values?: Record<string, string | number>,
) => string;

/**
 * Registers a feature's texts in both languages and returns its hook and its plain function.
 *
 * Both languages must have the same keys: a missing one does not compile. `{{name}}` is filled in;
 * `_one` and `_other` are chosen by `count`, and `_zero` where there is one.
 */
export function defineTexts<T extends Texts>(
  namespace: string,
  texts: { "pt-BR": T; en: Record<keyof T, string> },
): { useTexts: () => Translate<T>; translate: Translate<T> } {
  for (const locale of LOCALES) {
    i18next.addResourceBundle(locale, namespace, texts[locale], true, true);
  }
  const options = { ns: namespace, keySeparator: false, nsSeparator: false } as const;
  return {
    useTexts: () => {
      const { t } = useTranslation(namespace, { useSuspense: false });
      return (key, values) => t(key, { ...options, ...values }) as string;
    },
    translate: (key, values) => i18next.t(key, { ...options, ...values }) as string,
  };
}

/** Re-renders when the language changes; for what formats numbers and dates. */
export function useLocale(): Locale {
  const { i18n } = useTranslation(undefined, { useSuspense: false });
  return i18n.language === "en" ? "en" : "pt-BR";
}
