import { Breakdown } from "@/shared/charts/Breakdown";
import { modelColours, seriesColour, TimeChart } from "@/shared/charts/TimeChart";
import { useFormat } from "@/shared/format";
import { Card, CardHeader } from "@/shared/ui/Card";
import type { MyUsage } from "./data";
import { useMeTexts } from "./texts";

const CHART_HEIGHT = 200;

/** Usage by day and by model; a file of its own, because the chart comes after the figures. */
export function UsageCards({ usage }: { usage: MyUsage }) {
  return (
    <>
      <div className="min-w-0 sm:col-span-2">
        <DaysCard usage={usage} />
      </div>
      <ModelsCard usage={usage} />
    </>
  );
}

function DaysCard({ usage }: { usage: MyUsage }) {
  const t = useMeTexts();
  const format = useFormat();
  const tokens = usage.usageByDay.reduce((sum, day) => sum + day.tokens, 0);
  const requests = usage.usageByDay.reduce((sum, day) => sum + day.requests, 0);
  return (
    <Card className="min-w-0">
      <CardHeader
        title={t("days")}
        description={t("daysText", { tokens: format.tokens(tokens), count: requests })}
      />
      <div className="px-3 pb-4 sm:px-5">
        <TimeChart
          label={t("days")}
          height={CHART_HEIGHT}
          points={usage.usageByDay.map((day) => ({
            time: day.date,
            values: { tokens: day.tokens },
          }))}
          series={[{ key: "tokens", label: t("tokens"), colour: seriesColour(0) }]}
          formatValue={format.compact}
          formatTick={format.shortDate}
          formatTime={format.date}
        />
      </div>
    </Card>
  );
}

function ModelsCard({ usage }: { usage: MyUsage }) {
  const t = useMeTexts();
  const format = useFormat();
  const models = Object.entries(usage.usageByModel).sort(([, one], [, other]) => other - one);
  const colourOf = modelColours(models.map(([model]) => model));
  const rows = models.map(([model, value]) => ({
    key: model,
    label: model,
    value,
    colour: colourOf(model),
  }));
  return (
    <Card className="min-w-0">
      <CardHeader title={t("models")} />
      <div className="px-5 pt-1 pb-5">
        {rows.length === 0 ? (
          <p className="py-8 text-center text-ink-soft">{t("modelsEmpty")}</p>
        ) : (
          <Breakdown
            rows={rows}
            formatValue={format.compact}
            formatShare={(share) => format.percent(share, 0)}
          />
        )}
      </div>
    </Card>
  );
}
