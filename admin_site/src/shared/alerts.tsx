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
    ending: "Tokens adicionais perto do fim",
    figures: "{{used}} de {{granted}} tokens",
    report: "Ver o relatório do mês",
  },
  en: {
    warning: "High usage",
    critical: "Nearly at the limit",
    block: "Quota used up",
    summary: "Summary of {{month}}",
    ending: "Additional tokens ending soon",
    figures: "{{used}} of {{granted}} tokens",
    report: "See the month's report",
  },
});

type Alert = Pick<
  Model<"AlertOut">,
  | "threshold"
  | "userId"
  | "message"
  | "period"
  | "currentUsage"
  | "monthlyLimit"
  | "additionalTokens"
>;

/** Whether it says that somebody's grant ends soon: they were told, and nobody has to do anything. */
export function isEnding({ threshold, userId }: Pick<Alert, "threshold" | "userId">): boolean {
  return threshold === null && userId !== null;
}

/** An alert's title in the language shown; its record has it in the stage's, written once. */
export function useAlertTitle(): (alert: Alert) => string {
  const t = useTexts();
  const format = useFormat();
  return (alert) => {
    if (alert.threshold !== null) return t(alert.threshold);
    return isEnding(alert) ? t("ending") : t("summary", { month: format.month(alert.period) });
  };
}

/** How far an alert's usage went, what is left of a grant, or the way to a month's figures. */
export function AlertText({ alert, className }: { alert: Alert; className?: string }) {
  const t = useTexts();
  const format = useFormat();
  const { currentUsage: used, monthlyLimit: limit } = alert;
  if (isEnding(alert)) return <p className={className}>{alert.message}</p>;
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
