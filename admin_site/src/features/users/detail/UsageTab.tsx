import { Link, useNavigate } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import { useMemo } from "react";
import { Breakdown } from "@/shared/charts/Breakdown";
import { modelColours, seriesColour, TimeChart } from "@/shared/charts/TimeChart";
import { useFormat } from "@/shared/format";
import { Card, CardHeader } from "@/shared/ui/Card";
import { wholeLink } from "@/shared/ui/links";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { useUserStats } from "../userData";
import { useUserTexts } from "../userTexts";

const HEIGHT = 260;
const SHOWN_MODELS = 7;

/** Thirty days, by day and by model. */
export function UsageTab({ userId }: { userId: string }) {
  const t = useUserTexts();
  const format = useFormat();
  const navigate = useNavigate();
  const stats = useUserStats(userId);
  const data = stats.data;
  const series = [{ key: "tokens", label: t("tokens"), colour: seriesColour(0) }];
  const points = useMemo(
    () => data?.usageByDay.map((day) => ({ time: day.date, values: { tokens: day.tokens } })),
    [data],
  );
  if (stats.error && !data) {
    return (
      <Card>
        <Failure error={stats.error} onRetry={() => void stats.refetch()} />
      </Card>
    );
  }
  if (data?.usage30Days === 0) {
    return (
      <Card>
        <Empty icon={<ChartColumn />} title={t("noUsage")}>
          {t("noUsageText")}
        </Empty>
      </Card>
    );
  }
  return (
    <div className="grid gap-5 xl:grid-cols-3">
      <Card className="min-w-0 xl:col-span-2">
        <CardHeader
          title={t("byDay")}
          description={
            data
              ? t("byDayText", {
                  tokens: format.integer(data.usage30Days),
                  requests: t("requests30", {
                    count: data.requests30Days,
                    shown: format.integer(data.requests30Days),
                  }),
                  cost: format.costInFull(
                    data.cost30DaysMicros,
                    data.unpriced30Days,
                    data.localCost30Days,
                  ),
                })
              : "\u00a0"
          }
        />
        <div className="px-5 pb-5">
          {points ? (
            <TimeChart
              label={t("byDay")}
              height={HEIGHT}
              points={points}
              series={series}
              onPick={(day) =>
                void navigate({
                  to: "/reports",
                  search: { range: "own", from: day, to: day, users: [userId], group: "none" },
                })
              }
              formatValue={format.compact}
              formatTick={format.shortDate}
              formatTime={format.date}
            />
          ) : (
            <Skeleton className="h-[260px] w-full" />
          )}
        </div>
      </Card>
      <Models userId={userId} models={data?.usageByModel} />
    </div>
  );
}

function Models({
  userId,
  models,
}: {
  userId: string;
  models: Record<string, number> | undefined;
}) {
  const t = useUserTexts();
  const format = useFormat();
  const shown = Object.entries(models ?? {})
    .filter(([, tokens]) => tokens > 0)
    .slice(0, SHOWN_MODELS);
  const colourOf = modelColours(shown.map(([model]) => model));
  return (
    <Card className="min-w-0">
      <CardHeader title={t("byModel")} description={t("byModelText")} />
      <div className="px-5 pb-5">
        {models ? (
          <Breakdown
            rows={shown.map(([model, tokens]) => ({
              key: model,
              label: model === "-" ? t("noModel") : model,
              value: tokens,
              colour: colourOf(model),
            }))}
            wrap={(model, label) => (
              <Link
                to="/reports"
                search={{ range: "last30", users: [userId], models: [model], group: "none" }}
                className={wholeLink}
              >
                {label}
              </Link>
            )}
            formatValue={format.compact}
            formatShare={(share) => format.percent(share)}
          />
        ) : (
          <Skeleton className="h-[260px] w-full" />
        )}
      </div>
    </Card>
  );
}
