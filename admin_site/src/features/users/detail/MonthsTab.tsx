import { CalendarDays } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { ListCard } from "@/shared/lists/ListCard";
import { CardHeader } from "@/shared/ui/Card";
import type { Column } from "@/shared/ui/DataTable";
import { Empty } from "@/shared/ui/states";
import { UsageBar } from "@/shared/ui/UsageBar";
import { useMonths } from "../userData";
import { type UserTexts, useUserTexts } from "../userTexts";

const SHOWN_MODELS = 3;

/** The months before this one. */
export function MonthsTab({ userId }: { userId: string }) {
  const t = useUserTexts();
  const format = useFormat();
  const months = useMonths(userId);
  return (
    <ListCard<Model<"PeriodOut">>
      label={t("months")}
      head={<CardHeader title={t("months")} />}
      query={months}
      table={{ columns: monthColumns(t, format), rowKey: (row) => row.period, placeholderRows: 3 }}
      empty={
        <Empty icon={<CalendarDays />} title={t("monthsEmpty")}>
          {t("monthsEmptyText")}
        </Empty>
      }
    />
  );
}

function monthColumns(t: UserTexts, format: Format): Column<Model<"PeriodOut">>[] {
  return [
    {
      key: "month",
      header: t("month"),
      className: "first-letter:uppercase",
      cell: (row) => <span className="font-medium">{format.month(row.period)}</span>,
    },
    {
      key: "used",
      header: t("used"),
      className: "w-44 md:w-64",
      cell: (row) => {
        const percent = row.grantedPercentage;
        return (
          <div>
            <p className="mb-1.5 flex items-baseline justify-between gap-3 text-[0.8125rem]">
              <span className="tabular">{format.integer(row.currentUsage)}</span>
              <span className="tabular text-ink-soft">{format.percent(percent)}</span>
            </p>
            <UsageBar
              percent={percent}
              label={t("percentOf", { percent: format.percent(percent) })}
            />
          </div>
        );
      },
    },
    {
      key: "limit",
      header: t("limit"),
      align: "right",
      from: "sm",
      cell: (row) => format.integer(row.monthlyLimit + row.additionalTokens),
    },
    {
      key: "cost",
      header: t("cost"),
      align: "right",
      cell: (row) => (
        <span title={format.costTitle(row.costMicros, row.unpricedRequests, row.localCost)}>
          {format.costColumn(row.costMicros, row.unpricedRequests, row.localCost)}
        </span>
      ),
    },
    {
      key: "models",
      header: t("models"),
      from: "lg",
      cell: (row) => (
        <span className="text-ink-soft">
          {Object.entries(row.usageByModel)
            .sort(([, a], [, b]) => b - a)
            .slice(0, SHOWN_MODELS)
            .map(([model]) => (model === "-" ? t("noModel") : model))
            .join(", ")}
        </span>
      ),
    },
  ];
}
