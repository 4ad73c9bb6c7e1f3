import { Link } from "@tanstack/react-router";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { Badge } from "@/shared/ui/Badge";
import { Card, CardHeader } from "@/shared/ui/Card";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Failure, Skeleton } from "@/shared/ui/states";
import { useReconciliation } from "./data";
import { keyOf, placeOf, STANDING_TONE, standingOf } from "./reconciliation";
import { type ReconciliationTexts, useReconciliationTexts } from "./reconciliationTexts";

type Run = Model<"ReconciliationOut">;
type Difference = Model<"BookDifferenceOut">;

/** Whether the books agree with the usage records, as the last reconciliation found it. */
export function ReconciliationCard() {
  const t = useReconciliationTexts();
  const format = useFormat();
  const { data, error, refetch } = useReconciliation();
  const run = data?.latest ?? null;
  const standing = standingOf(run);
  return (
    <Card className="mt-5 overflow-hidden" aria-busy={!(data || error)}>
      <CardHeader
        title={t("title")}
        description={t("description")}
        actions={
          data ? (
            <Badge tone={STANDING_TONE[standing]} dot>
              {standing === "differ"
                ? t("differ", {
                    count: run?.differences ?? 0,
                    shown: format.integer(run?.differences ?? 0),
                  })
                : t(standing)}
            </Badge>
          ) : null
        }
      />
      {error && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className="border-line border-t px-5 py-3.5">
          <Skeleton className="h-10 w-full max-w-96" />
        </div>
      ) : run ? (
        <Found run={run} />
      ) : (
        <p className="border-line border-t px-5 py-3.5 text-ink-soft">{t("neverText")}</p>
      )}
    </Card>
  );
}

function Found({ run }: { run: Run }) {
  const t = useReconciliationTexts();
  const format = useFormat();
  const missing = run.differences - run.findings.length;
  return (
    <>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 border-line border-t px-5 py-3.5">
        <Fact label={t(run.finishedAt ? "finished" : "started")}>
          <time dateTime={run.finishedAt ?? run.startedAt}>
            {format.dateTime(run.finishedAt ?? run.startedAt)}
          </time>
        </Fact>
        <Fact label={t("users")}>{format.integer(run.users)}</Fact>
        <Fact label={t("records")}>{format.integer(run.records)}</Fact>
        {run.inMotion > 0 ? (
          <Fact label={t("inMotion")}>{format.integer(run.inMotion)}</Fact>
        ) : null}
      </dl>
      {run.findings.length > 0 ? (
        <>
          <div className="border-line border-t">
            <DataTable
              label={t("differences")}
              columns={columns(t, format)}
              rows={run.findings}
              rowKey={keyOf}
            />
          </div>
          <p className="border-line border-t px-5 py-3 text-[0.8125rem] text-ink-soft">
            {missing > 0 ? `${t("more", { shown: format.integer(missing) })} ` : null}
            {t("advice")}{" "}
            <code className="whitespace-nowrap font-mono text-ink">solaris reconcile</code>
            {t("adviceRepair")}{" "}
            <code className="whitespace-nowrap font-mono text-ink">solaris reconcile --repair</code>
            .
          </p>
        </>
      ) : null}
    </>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-[0.8125rem] text-ink-soft">{label}</dt>
      <dd className="tabular font-medium text-ink">{children}</dd>
    </div>
  );
}

function columns(t: ReconciliationTexts, format: Format): Column<Difference>[] {
  return [
    {
      key: "what",
      header: t("what"),
      cell: (row) => (
        <>
          <span className="block font-medium text-ink">{t(`fault_${row.fault}`)}</span>
          <span className="block text-[0.8125rem] text-ink-soft">{figureName(row, t)}</span>
          <span className="wrap-anywhere block text-[0.8125rem] text-ink-soft md:hidden">
            {whose(row, t)} · {where(row, format)}
          </span>
        </>
      ),
    },
    { key: "user", header: t("user"), from: "md", cell: (row) => <Person row={row} /> },
    {
      key: "where",
      header: t("where"),
      from: "md",
      cell: (row) => <span className="wrap-anywhere">{where(row, format)}</span>,
    },
    {
      key: "expected",
      header: t("expected"),
      align: "right",
      cell: (row) => <span className="tabular">{format.integer(row.expected)}</span>,
    },
    {
      key: "found",
      header: t("found"),
      align: "right",
      cell: (row) => (
        <span className="tabular font-medium text-danger">{format.integer(row.found)}</span>
      ),
    },
  ];
}

function Person({ row }: { row: Difference }) {
  const t = useReconciliationTexts();
  if (row.userId === null) return <>{t("system")}</>;
  return (
    <Link
      to="/users/$userId"
      params={{ userId: row.userId }}
      className="wrap-anywhere text-brand-ink underline-offset-2 hover:underline"
    >
      {whose(row, t)}
    </Link>
  );
}

function whose({ userId, userEmail }: Difference, t: ReconciliationTexts): string {
  return userId === null ? t("system") : (userEmail ?? userId);
}

function where(row: Difference, format: Format): string {
  const place = placeOf(row.place);
  if (place.kind === "month") return format.month(place.period);
  return place.kind === "counter" ? `${format.date(place.day)} · ${place.model}` : place.id;
}

/** A figure in words; one that a later version adds stands as it is. */
function figureName({ figure }: Difference, t: ReconciliationTexts): string {
  switch (figure) {
    case "current_usage":
    case "available_tokens":
    case "reserved_tokens":
    case "requests":
    case "errors":
    case "prompt_tokens":
    case "completion_tokens":
    case "cached_tokens":
    case "charged_tokens":
    case "cost_micros":
    case "cost_nanos":
    case "unpriced_requests":
      return t(`figure_${figure}`);
    default:
      return figure;
  }
}
