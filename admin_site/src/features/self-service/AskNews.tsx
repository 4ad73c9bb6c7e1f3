import { CircleCheck, CircleX, Hourglass, TimerOff } from "lucide-react";
import { periodDay, useFormat } from "@/shared/format";
import { useTermWords } from "@/shared/grants/terms";
import { cn } from "@/shared/ui/cn";
import type { Asking, OwnRequest } from "./asking";
import { useAskTexts } from "./askTexts";

const ICON = { pending: Hourglass, approved: CircleCheck, denied: CircleX, lapsed: TimerOff };
const TONE: Record<OwnRequest["state"], string> = {
  pending: "bg-info-soft text-info",
  approved: "bg-ok-soft text-ok",
  denied: "bg-danger-soft text-danger",
  lapsed: "bg-sunken text-ink-soft",
};

/** What became of a request, and what comes next. */
export function AskNews({
  news,
  asking,
  period,
}: {
  news: OwnRequest;
  asking: Asking;
  period: string;
}) {
  const t = useAskTexts();
  const Icon = ICON[news.state];
  const { title, text } = useNewsWords(news, asking, period);
  return (
    <div className={cn("mt-4 flex gap-3 rounded-xl px-4 py-3", TONE[news.state])}>
      <Icon className="mt-px size-4.5 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {text ? <p className="mt-0.5 text-ink-soft">{text}</p> : null}
        {news.note ? (
          <p className="wrap-anywhere mt-1.5 whitespace-pre-line text-ink">
            {t("note", { note: news.note })}
          </p>
        ) : null}
        {news.state === "pending" ? (
          <p className="wrap-anywhere mt-1.5 text-ink-soft">
            {t("yourReason", { reason: news.reason })}
          </p>
        ) : null}
      </div>
    </div>
  );
}

function useNewsWords(news: OwnRequest, asking: Asking, period: string) {
  const t = useAskTexts();
  const format = useFormat();
  const term = useTermWords();
  const tokens = format.integer(news.tokens);
  switch (news.state) {
    case "pending":
      return {
        title: t("pending", { tokens }),
        text: t("pendingText", {
          when: format.dateTime(news.createdAt),
          month: format.monthName(period),
        }),
      };
    case "approved":
      if (news.how === "raise" || news.grantedTokens === null || news.grantKind === null) {
        return { title: t("raised", { tokens }), text: t("raisedText") };
      }
      return {
        title: t(news.how === "policy" ? "approvedAtOnce" : "approved", {
          tokens: format.integer(news.grantedTokens),
          term: term({ kind: news.grantKind, until: news.until }),
        }),
        text: news.grantedTokens === news.tokens ? null : t("approvedOther", { tokens }),
      };
    case "denied":
      return {
        title: t("denied", { tokens }),
        text: asking.notBefore
          ? t("deniedText", { when: format.dateTime(asking.notBefore) })
          : null,
      };
    case "lapsed":
      return {
        title: t("lapsed", { tokens }),
        text: t("lapsedText", {
          month: format.monthName(periodDay(new Date(news.createdAt)).slice(0, 7)),
        }),
      };
  }
}
