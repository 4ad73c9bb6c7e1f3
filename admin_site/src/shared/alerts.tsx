import { Link } from "@tanstack/react-router";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { defineTexts } from "@/shared/i18n";
import { monthDays } from "@/shared/range/days";

const { useTexts } = defineTexts("alert-words", {
  "pt-BR": {
    warning: "Uso alto",
    critical: "Quase no limite",
    block: "Cota esgotada",
    summary: "Resumo de {{month}}",
    figures: "{{used}} de {{granted}} tokens",
    report: "Ver o relatório do mês",
  },
  en: {
    warning: "High usage",
    critical: "Nearly at the limit",
    block: "Quota used up",
    summary: "Summary of {{month}}",
    figures: "{{used}} of {{granted}} tokens",
    report: "See the month's report",
  },
});

type Alert = Pick<
  Model<"AlertOut">,
  "threshold" | "period" | "currentUsage" | "monthlyLimit" | "additionalTokens"
>;

/** An alert's title in the language shown; its record has it in the stage's, written once. */
export function useAlertTitle(): (alert: Alert) => string {
  const t = useTexts();
  const format = useFormat();
  return ({ threshold, period }) =>
    threshold === null ? t("summary", { month: format.month(period) }) : t(threshold);
}

/** How far an alert's usage went, or for a month's summary the way to its figures. */
export function AlertText({ alert, className }: { alert: Alert; className?: string }) {
  const t = useTexts();
  const format = useFormat();
  const { currentUsage: used, monthlyLimit: limit } = alert;
  if (alert.threshold === null) {
    return (
      <p className={className}>
        <Link
          to="/reports"
          search={monthDays(alert.period)}
          className="rounded text-brand-ink hover:underline"
        >
          {t("report")}
        </Link>
      </p>
    );
  }
  if (used === null || limit === null) return null;
  return (
    <p className={className}>
      {t("figures", {
        used: format.integer(used),
        granted: format.integer(limit + (alert.additionalTokens ?? 0)),
      })}
    </p>
  );
}
