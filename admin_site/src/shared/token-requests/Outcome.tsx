import { useFormat } from "@/shared/format";
import { useTermWords } from "@/shared/grants/terms";
import { Badge, type Tone } from "@/shared/ui/Badge";
import type { TokenRequest } from "./data";
import { useRequestWords } from "./texts";

const TONE: Record<TokenRequest["state"], Tone> = {
  pending: "info",
  approved: "ok",
  denied: "danger",
  lapsed: "neutral",
};
const CLI = "cli:";
const ADMIN_KEY = "admin-key:";

export function StateBadge({ state }: { state: TokenRequest["state"] }) {
  const t = useRequestWords();
  return (
    <Badge tone={TONE[state]} dot>
      {t(`state_${state}`)}
    </Badge>
  );
}

/** Who decided, when and how, in a sentence. */
export function useOutcome(): (request: TokenRequest) => string {
  const t = useRequestWords();
  const format = useFormat();
  const term = useTermWords();
  const nameOf = (actor: string | null) => {
    if (actor?.startsWith(CLI)) return t("who_cli", { login: actor.slice(CLI.length) });
    if (actor?.startsWith(ADMIN_KEY)) return t("who_key", { id: actor.slice(ADMIN_KEY.length) });
    return actor === null || actor === "system" ? t("who_system") : actor;
  };
  return (request) => {
    const when = format.dateTime(request.decidedAt ?? request.createdAt);
    const who = nameOf(request.decidedBy);
    switch (request.state) {
      case "pending":
      case "lapsed":
        return t(request.state, { month: format.monthName(request.period) });
      case "denied":
        return t("denied", { who, when });
      case "approved":
        if (request.how === "raise" || request.grantedTokens === null) return t("raised", { when });
        return t(request.how === "policy" ? "approvedAtOnce" : "approved", {
          who,
          when,
          tokens: format.integer(request.grantedTokens),
          term: term(
            { kind: request.grantKind ?? "this_month", until: request.until },
            request.period,
          ),
        });
    }
  };
}

/** The sentence, and what whoever decided has told the person. */
export function Outcome({ request }: { request: TokenRequest }) {
  const t = useRequestWords();
  const outcome = useOutcome();
  return (
    <div className="wrap-anywhere text-[0.8125rem] text-ink-soft">
      <p>{outcome(request)}</p>
      {request.note ? (
        <p className="mt-0.5 whitespace-pre-line">{t("note", { note: request.note })}</p>
      ) : null}
    </div>
  );
}
