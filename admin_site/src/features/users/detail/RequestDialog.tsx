import type { ReactNode } from "react";
import { useRef } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { CopyButton } from "@/shared/ui/CopyButton";
import { Dialog } from "@/shared/ui/Dialog";
import { useWeightTexts } from "@/shared/weights/texts";
import { chargedText } from "@/shared/weights/words";
import { useUserTexts } from "../userTexts";

/** All that is known of one request; what was said is not. */
export function RequestDialog({
  request,
  onClose,
}: {
  request: Model<"TokenUsage"> | null;
  onClose: () => void;
}) {
  const t = useUserTexts();
  const format = useFormat();
  const weights = useWeightTexts();
  // While it closes, the dialog still shows what it showed.
  const last = useRef(request);
  if (request) last.current = request;
  const row = last.current;
  if (!row) return null;
  return (
    <Dialog
      open={request !== null}
      onClose={onClose}
      width="medium"
      title={t("details")}
      description={`${format.dateTime(row.createdAt)} · ${row.model === "-" ? t("noModel") : row.model}`}
    >
      <dl className="divide-y divide-line">
        <Line label={t("status")}>
          {row.statusCode === 0 ? "—" : row.statusCode}
          {row.outcome === "settled" ? "" : ` · ${t(`outcome_${row.outcome}`)}`}
        </Line>
        {row.askedModel ? <Line label={t("askedModel")}>{row.askedModel}</Line> : null}
        {row.answeredModel ? <Line label={t("answeredModel")}>{row.answeredModel}</Line> : null}
        {row.errorMessage ? <Line label={t("error")}>{row.errorMessage}</Line> : null}
        <Line label={t(row.weight ? "tokens" : "chargedTokens")}>
          {row.weight
            ? chargedText(
                { total: row.totalTokens, charged: row.chargedTokens, weight: row.weight },
                weights,
                format,
              )
            : format.integer(row.chargedTokens)}
          {row.estimated ? ` (${t("estimated")})` : ""}
          {row.heldWeight ? (
            <span className="block text-ink-soft text-xs">{weights("otherAnswered")}</span>
          ) : null}
        </Line>
        <Line label={t("promptTokens")}>{format.integer(row.promptTokens)}</Line>
        <Line label={t("completionTokens")}>{format.integer(row.completionTokens)}</Line>
        {row.cachedTokens > 0 ? (
          <Line label={t("cachedTokens")}>{format.integer(row.cachedTokens)}</Line>
        ) : null}
        {row.cacheWriteTokens > 0 ? (
          <Line label={t("cacheWriteTokens")}>
            {format.integer(row.cacheWriteTokens)}
            {row.cacheWrite1HTokens > 0
              ? ` (${t("forAnHour", { tokens: format.integer(row.cacheWrite1HTokens) })})`
              : ""}
          </Line>
        ) : null}
        {row.reasoningTokens > 0 ? (
          <Line label={t("reasoningTokens")}>{format.integer(row.reasoningTokens)}</Line>
        ) : null}
        <Line label={t("cost")}>{format.costInFull(row.costMicros, 0, row.localCost)}</Line>
        {row.responseTimeMs === null ? null : (
          <Line label={t("duration")}>{format.milliseconds(row.responseTimeMs)}</Line>
        )}
        {row.firstByteMs === null ? null : (
          <Line label={t("firstByte")}>{format.milliseconds(row.firstByteMs)}</Line>
        )}
        <Line label={t("endpoint")}>
          {row.method} {row.endpoint}
        </Line>
        {row.keyId ? <Line label={t("key")}>{row.keyId}</Line> : null}
        {row.conversationId ? <Line label={t("conversation")}>{row.conversationId}</Line> : null}
        {row.userAgent ? <Line label={t("client")}>{row.userAgent}</Line> : null}
        {row.ipAddress ? <Line label={t("address")}>{row.ipAddress}</Line> : null}
        <Line label={t("requestId")}>
          <span className="flex flex-wrap items-center justify-end gap-2">
            <code className="break-all text-xs">{row.requestId}</code>
            <CopyButton text={row.requestId} />
          </span>
        </Line>
      </dl>
    </Dialog>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline gap-6 py-2">
      <dt className="shrink-0 text-ink-soft">{label}</dt>
      <dd className="tabular min-w-0 flex-1 break-words text-right">{children}</dd>
    </div>
  );
}
