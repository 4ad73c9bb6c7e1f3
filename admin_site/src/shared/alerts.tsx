import { Link } from "@tanstack/react-router";
import { causeOf, isEnding, isSummary, resolutionKey, titleKey } from "@/shared/alertWords";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useNow } from "@/shared/hooks/time";
import { defineTexts } from "@/shared/i18n";
import { monthDays } from "@/shared/range/days";

export { causeOf, isEnding };

const { useTexts } = defineTexts("alert-words", {
  "pt-BR": {
    warning: "Uso alto",
    critical: "Quase no limite",
    block: "Cota esgotada",
    nearlyOut: "Quase sem tokens",
    early: "Bloqueio antes do fim da cota",
    noQuota: "Limite de 0 tokens",
    summary: "Resumo de {{month}}",
    ending: "Tokens adicionais perto do fim",
    person_waiting: "Aguarda ativação",
    key_expiring: "Chave perto do fim",
    upstream_failing: "Provedor de modelos falhando",
    books_differ: "Os saldos não conferem",
    figures: "{{used}} de {{granted}} tokens",
    report: "Ver o relatório do mês",
    person: "Resolvido por {{who}} {{ago}}",
    alone: "Encerrado sem aviso: já não valia",
    why_superseded: "Encerrado pelo sistema {{ago}}: há um alerta mais grave",
    why_month: "Encerrado pelo sistema {{ago}}: o mês virou",
    why_grant: "Encerrado pelo sistema {{ago}}: recebeu tokens adicionais",
    why_limit: "Encerrado pelo sistema {{ago}}: o limite aumentou",
    why_plan: "Encerrado pelo sistema {{ago}}: o plano mudou",
    why_reset: "Encerrado pelo sistema {{ago}}: o uso do mês foi zerado",
    why_thresholds: "Encerrado pelo sistema {{ago}}: os limites de aviso mudaram",
    why_warn_only: "Encerrado pelo sistema {{ago}}: a cota agora só avisa",
    why_deleted: "Encerrado pelo sistema {{ago}}: o usuário foi excluído",
    why_activated: "Encerrado pelo sistema {{ago}}: a pessoa foi ativada",
    why_status: "Encerrado pelo sistema {{ago}}: a pessoa tem outro status",
    why_revoked: "Encerrado pelo sistema {{ago}}: a chave foi revogada",
    why_renewed: "Encerrado pelo sistema {{ago}}: o fim da chave mudou",
    why_expired: "Encerrado pelo sistema {{ago}}: a chave expirou",
    why_well_again: "Encerrado pelo sistema {{ago}}: o provedor voltou a responder",
    why_books_agree: "Encerrado pelo sistema {{ago}}: a conferência seguinte não achou diferenças",
    why_resumed: "Encerrado pelo sistema {{ago}}: o canal foi retomado",
    why_nothing_to_do: "Encerrado pelo sistema {{ago}}: não havia o que fazer",
  },
  en: {
    warning: "High usage",
    critical: "Nearly at the limit",
    block: "Quota used up",
    nearlyOut: "Nearly out of tokens",
    early: "Blocked before the quota is used up",
    noQuota: "Limit of 0 tokens",
    summary: "Summary of {{month}}",
    ending: "Additional tokens ending soon",
    person_waiting: "Waits for activation",
    key_expiring: "Key about to expire",
    upstream_failing: "The upstream is failing",
    books_differ: "The balances differ",
    figures: "{{used}} of {{granted}} tokens",
    report: "See the month's report",
    person: "Resolved by {{who}} {{ago}}",
    alone: "Closed without a warning: it was out of date",
    why_superseded: "Closed by the system {{ago}}: there is a more serious alert",
    why_month: "Closed by the system {{ago}}: a new month has begun",
    why_grant: "Closed by the system {{ago}}: additional tokens were granted",
    why_limit: "Closed by the system {{ago}}: the limit was raised",
    why_plan: "Closed by the system {{ago}}: the plan was changed",
    why_reset: "Closed by the system {{ago}}: the month's usage was reset",
    why_thresholds: "Closed by the system {{ago}}: the warning thresholds were changed",
    why_warn_only: "Closed by the system {{ago}}: the quota only warns now",
    why_deleted: "Closed by the system {{ago}}: the user was deleted",
    why_activated: "Closed by the system {{ago}}: the person was activated",
    why_status: "Closed by the system {{ago}}: the person has another status",
    why_revoked: "Closed by the system {{ago}}: the key was revoked",
    why_renewed: "Closed by the system {{ago}}: the key has another end",
    why_expired: "Closed by the system {{ago}}: the key has expired",
    why_well_again: "Closed by the system {{ago}}: the upstream answers again",
    why_books_agree: "Closed by the system {{ago}}: the next balance check has found nothing",
    why_resumed: "Closed by the system {{ago}}: the channel was resumed",
    why_nothing_to_do: "Closed by the system {{ago}}: there was nothing to do",
  },
});

type Alert = Pick<
  Model<"AlertOut">,
  | "id"
  | "threshold"
  | "userId"
  | "type"
  | "title"
  | "message"
  | "period"
  | "currentUsage"
  | "monthlyLimit"
  | "additionalTokens"
  | "remainingTokens"
>;

/** An alert's title in the language shown; its record has it in the stage's, written once. */
export function useAlertTitle(): (alert: Alert) => string {
  const t = useTexts();
  const format = useFormat();
  return (alert) => {
    const key = titleKey(alert);
    return key === null ? alert.title : t(key, { month: format.month(alert.period) });
  };
}

/** Who has resolved an alert, or why it was closed by itself. */
export function Resolution({ alert, className }: { alert: Model<"AlertOut">; className?: string }) {
  const t = useTexts();
  const format = useFormat();
  const now = useNow(30_000);
  const key = resolutionKey(alert);
  if (key === null || alert.resolvedAt === null) return null;
  const ago = format.ago(alert.resolvedAt, now);
  return <p className={className}>{t(key, { who: alert.resolvedBy ?? "", ago })}</p>;
}

/** How far an alert's usage went, what is left of a grant, or the way to a month's figures. */
export function AlertText({ alert, className }: { alert: Alert; className?: string }) {
  const t = useTexts();
  const format = useFormat();
  const { currentUsage: used, monthlyLimit: limit } = alert;
  if (alert.threshold === null && !isSummary(alert)) {
    return <p className={className}>{alert.message}</p>;
  }
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
