import { Boxes } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Badge } from "@/shared/ui/Badge";
import { Card, CardHeader } from "@/shared/ui/Card";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Empty } from "@/shared/ui/states";
import { useWeightTexts } from "@/shared/weights/texts";
import { weightText } from "@/shared/weights/words";
import type { Words } from "./entries";
import { EVERY_OTHER } from "./form";
import { useModelsTexts } from "./texts";

type Used = Model<"UsedModelOut">;

/** The models of this month and the last; `onChoose` null: a viewer, who sets no weight. */
export function UsedCard({
  models,
  onChoose,
}: {
  models: readonly Used[] | undefined;
  onChoose: ((model: string) => void) | null;
}) {
  const t = useModelsTexts();
  const words: Words = { t, weights: useWeightTexts(), format: useFormat() };
  const hint = onChoose && models?.length ? ` ${t("usedClick")}` : "";
  return (
    <Card className="mt-5 overflow-hidden">
      <CardHeader title={t("used")} description={`${t("usedText")}${hint}`} />
      <DataTable
        label={t("used")}
        columns={columns(words, onChoose)}
        rows={models}
        rowKey={(one) => one.model}
        placeholderRows={4}
        empty={
          <Empty icon={<Boxes />} title={t("usedEmptyTitle")}>
            {t("usedEmptyText")}
          </Empty>
        }
      />
    </Card>
  );
}

function columns(words: Words, onChoose: ((model: string) => void) | null): Column<Used>[] {
  const { t, format } = words;
  return [
    {
      key: "model",
      header: t("name"),
      className: "max-w-32 sm:max-w-64",
      cell: (one) => (
        <>
          {onChoose ? (
            <button
              type="button"
              className="block max-w-full truncate rounded text-left font-mono text-[0.8125rem] text-brand-ink underline-offset-2 hover:underline"
              title={one.model}
              aria-label={t("setWeight", { model: one.model })}
              onClick={() => onChoose(one.model)}
            >
              {one.model}
            </button>
          ) : (
            <span className="block truncate font-mono text-[0.8125rem] text-ink" title={one.model}>
              {one.model}
            </span>
          )}
          {/* A phone has no column for it. */}
          <span className="mt-0.5 block text-ink-soft text-xs sm:hidden">
            <InForce one={one} words={words} />
          </span>
        </>
      ),
    },
    {
      key: "counts",
      header: t("counts"),
      from: "sm",
      cell: (one) => <InForce one={one} words={words} />,
    },
    {
      key: "entry",
      header: t("entry"),
      from: "lg",
      cell: (one) =>
        one.entry === null ? (
          <span className="text-ink-faint">{t("noEntry")}</span>
        ) : (
          <span className="font-mono text-[0.8125rem]">{one.entry}</span>
        ),
    },
    {
      key: "requests",
      header: t("requests"),
      align: "right",
      from: "md",
      cell: (one) => format.integer(one.requests),
    },
    {
      key: "tokens",
      header: t("tokens"),
      align: "right",
      cell: (one) => <span className="text-ink-soft">{format.integer(one.tokens)}</span>,
    },
    {
      key: "charged",
      header: t("charged"),
      align: "right",
      cell: (one) => <span className="font-medium">{format.integer(one.chargedTokens)}</span>,
    },
  ];
}

function InForce({ one, words }: { one: Used; words: Words }) {
  return (
    <>
      <span className="block">{weightText(one.weight, words.weights, words.format)}</span>
      {one.hasPrice === false ? (
        <Badge tone="warning" className="mt-0.5">
          {words.t(one.entry === EVERY_OTHER ? "unpricedOnce" : "unpriced")}
        </Badge>
      ) : null}
    </>
  );
}
