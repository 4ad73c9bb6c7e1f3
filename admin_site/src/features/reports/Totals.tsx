import { CircleDollarSign, Coins, MessagesSquare, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Skeleton } from "@/shared/ui/states";
import { useReportsTexts } from "./texts";

const MILLION = 1_000_000;

/** The whole report in four figures; `totals` is undefined while they are on their way. */
export function Totals({
  totals,
  isFailed,
  isStale,
}: {
  totals: Model<"FiguresOut"> | undefined;
  isFailed: boolean;
  isStale: boolean;
}) {
  const t = useReportsTexts();
  const format = useFormat();
  const some = totals && totals.requests > 0 ? totals : null;
  const note = (text: (figures: Model<"FiguresOut">) => string) =>
    totals && (some ? text(some) : t("none"));
  const figures = [
    {
      key: "tokens",
      icon: <Coins />,
      value: totals && format.compact(totals.tokens),
      exact: totals && format.integer(totals.tokens),
      note: note((one) =>
        t("inAndOut", {
          prompt: format.compact(one.promptTokens),
          completion: format.compact(one.completionTokens),
        }),
      ),
    },
    {
      key: "requests",
      icon: <MessagesSquare />,
      value: totals && format.integer(totals.requests),
      note: note((one) => t("perRequest", { tokens: format.integer(one.tokens / one.requests) })),
    },
    {
      key: "errors",
      icon: <TriangleAlert />,
      value: totals && format.integer(totals.errors),
      note: note((one) =>
        t("errorShare", { percent: format.percent((100 * one.errors) / one.requests) }),
      ),
    },
    {
      key: "cost",
      icon: <CircleDollarSign />,
      value: totals && format.cost(totals.costMicros, totals.unpricedRequests, totals.localCost),
      exact:
        totals && format.costTitle(totals.costMicros, totals.unpricedRequests, totals.localCost),
      note: note((one) => costNote(one, t, format)),
    },
  ] as const;
  return (
    <div
      className={cn(
        "grid grid-cols-2 gap-3 transition-opacity sm:gap-4 lg:grid-cols-4",
        isStale && "opacity-50",
      )}
    >
      {figures.map((one) => (
        <Figure
          {...one}
          key={one.key}
          label={t(one.key)}
          value={isFailed ? "—" : one.value}
          note={isFailed ? "\u00a0" : one.note}
        />
      ))}
    </div>
  );
}

/**
 * What a cost was made of, and what a million tokens cost; where prices are missing that would
 * mislead: how many are.
 */
export function costNote(
  one: Pick<Model<"FiguresOut">, "tokens" | "costMicros" | "localCost" | "unpricedRequests">,
  t: ReturnType<typeof useReportsTexts>,
  format: Format,
): string {
  const made = format.madeOf(one.costMicros, one.localCost);
  const notes = [made, format.unpriced(one.unpricedRequests)].filter(Boolean);
  if (!one.unpricedRequests && one.tokens > 0 && one.costMicros !== null) {
    const { micros, currency } = one.localCost ?? { micros: one.costMicros, currency: "USD" };
    const each = Math.round((micros * MILLION) / one.tokens);
    notes.push(t("perMillion", { cost: format.money(each, currency) }));
  }
  return notes.join(" · ") || "\u00a0";
}

function Figure({
  icon,
  label,
  value,
  exact,
  note,
}: {
  icon: ReactNode;
  label: string;
  value: string | undefined;
  exact?: string | undefined;
  note: string | undefined;
}) {
  return (
    <Card className="min-w-0 p-4 sm:p-5">
      <p className="flex items-center gap-2 text-ink-soft text-[0.8125rem]">
        <span className="text-ink-faint [&>svg]:size-4">{icon}</span>
        {label}
      </p>
      {value === undefined ? (
        <Skeleton className="mt-2 mb-1 h-7 w-24" />
      ) : (
        <p
          className="tabular mt-1.5 break-words font-semibold text-lg leading-8 tracking-tight sm:text-2xl"
          title={exact}
        >
          {value}
        </p>
      )}
      {note === undefined ? (
        <Skeleton className="mt-2 h-3.5 w-32" />
      ) : (
        <p className="mt-1 text-ink-soft text-xs">{note}</p>
      )}
    </Card>
  );
}
