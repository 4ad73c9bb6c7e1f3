import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useRefusalWords } from "@/shared/refusals/words";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";
import { useRefusals } from "../userData";
import { useUserTexts } from "../userTexts";

type Refusals = Model<"RefusedOut">;

const SHOWN_FIRST = 5;

/** What the gateway refused to a person and why; nothing for whoever was refused nothing. */
export function RefusalsCard({ userId }: { userId: string }) {
  const { data } = useRefusals(userId);
  return data && data.days.length > 0 ? <Refused refusals={data} /> : null;
}

function Refused({ refusals }: { refusals: Refusals }) {
  const t = useUserTexts();
  const format = useFormat();
  const wordOf = useRefusalWords();
  const [showsAll, setShowsAll] = useState(false);
  const counts = countsOf(refusals.days);
  const count = counts.reduce((sum, [, one]) => sum + one, 0);
  const last = showsAll ? refusals.last : refusals.last.slice(0, SHOWN_FIRST);
  return (
    <Card className="mb-5">
      <CardHeader
        title={t("refusals")}
        description={t("refusalsText", { count, shown: format.integer(count) })}
      />
      <ul className="flex flex-wrap gap-x-6 gap-y-2 px-5 pb-4">
        {counts.map(([code, one]) => (
          <li key={code}>
            {wordOf(code)} <span className="tabular font-medium">{format.integer(one)}</span>
          </li>
        ))}
      </ul>
      <ul aria-label={t("refusalsLast")} className="divide-y divide-line border-line border-t">
        {last.map((row, n) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be of one millisecond
            key={`${row.at} ${n}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-5 py-2.5"
          >
            <time
              dateTime={row.at}
              title={format.ago(row.at)}
              className="tabular whitespace-nowrap text-ink-soft"
            >
              {format.shortDate(row.at)}, {format.time(row.at)}
            </time>
            <Badge tone="warning">{wordOf(row.code)}</Badge>
            <span className="min-w-0 truncate" title={row.model}>
              {row.model || t("noModel")}
            </span>
          </li>
        ))}
      </ul>
      {last.length < refusals.last.length ? (
        <div className="border-line border-t px-5 py-3">
          <Button onClick={() => setShowsAll(true)}>
            {t("refusalsAll", { shown: format.integer(refusals.last.length) })}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

/** All days together by code, the most frequent first. */
export function countsOf(days: Refusals["days"]): [code: string, count: number][] {
  const sums = new Map<string, number>();
  for (const { counts } of days) {
    for (const [code, count] of Object.entries(counts)) {
      sums.set(code, (sums.get(code) ?? 0) + count);
    }
  }
  return [...sums].sort((one, other) => other[1] - one[1]);
}
