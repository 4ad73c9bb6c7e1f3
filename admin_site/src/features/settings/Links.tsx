import { ArrowUpRight } from "lucide-react";
import { Card, CardHeader } from "@/shared/ui/Card";
import { healthUrl, openApiUrl } from "./data";
import { useSettingsTexts } from "./texts";

/** What other programs read. */
export function Links() {
  const t = useSettingsTexts();
  const links = [
    { name: "health", href: healthUrl("/health/detailed") },
    { name: "metrics", href: healthUrl("/metrics") },
    { name: "openapi", href: openApiUrl() },
  ] as const;
  return (
    <Card className="mt-5 overflow-hidden">
      <CardHeader title={t("links")} description={t("linksText")} />
      <ul className="grid divide-y divide-line border-line border-t md:grid-cols-3 md:divide-x md:divide-y-0">
        {links.map(({ name, href }) => (
          <li key={name}>
            <a
              href={href}
              target="_blank"
              rel="noreferrer"
              className="group block h-full px-5 py-4 hover:bg-sunken focus-visible:-outline-offset-2"
            >
              <span className="flex items-center gap-1 font-medium text-ink">
                {t(`link_${name}`)}
                <ArrowUpRight
                  className="size-4 text-ink-faint group-hover:text-brand-ink"
                  aria-hidden
                />
                <span className="sr-only">({t("newTab")})</span>
              </span>
              <span className="mt-0.5 block text-[0.8125rem] text-ink-soft">
                {t(`link_${name}Text`)}
              </span>
              <span className="mt-2 block break-all font-mono text-[0.6875rem] text-ink-faint">
                {new URL(href).pathname}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}
