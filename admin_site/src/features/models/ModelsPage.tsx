import { Plus } from "lucide-react";
import { useState } from "react";
import { useCanChange } from "@/shared/hooks/session";
import { Button } from "@/shared/ui/Button";
import { Card, PageHeader } from "@/shared/ui/Card";
import { Failure } from "@/shared/ui/states";
import { useWeights } from "./data";
import type { Entry } from "./form";
import { nameOf } from "./form";
import { RemoveDialog } from "./RemoveDialog";
import { useModelsTexts } from "./texts";
import { UsedCard } from "./UsedCard";
import { type Edited, WeightDialog } from "./WeightDialog";
import { WeightsCard } from "./WeightsCard";

/** How much a token of which model counts, and which models were used. */
export function ModelsPage() {
  const t = useModelsTexts();
  const canChange = useCanChange();
  const { data: table, error, refetch } = useWeights();
  const [edited, setEdited] = useState<Edited | null>(null);
  const [removed, setRemoved] = useState<Entry | null>(null);
  const actions = {
    onEdit: (entry: Entry) => setEdited({ entry, name: entry.name }),
    onRemove: setRemoved,
  };
  const choose = (model: string) => {
    const entry = table?.entries.find((one) => one.name === nameOf(model)) ?? null;
    setEdited({ entry, name: entry?.name ?? model });
  };
  const add =
    canChange && table ? (
      <Button
        variant="primary"
        icon={<Plus className="size-4" aria-hidden />}
        onClick={() => setEdited({ entry: null, name: "" })}
      >
        {t("add")}
      </Button>
    ) : null;
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("subtitle")}
        actions={table?.entries.length ? add : null}
      />
      {error && !table ? (
        <Card>
          <Failure error={error} onRetry={() => void refetch()} />
        </Card>
      ) : (
        <>
          <WeightsCard table={table} actions={canChange ? actions : null} add={add} />
          {/* not before the table above has its height */}
          {table ? <UsedCard models={table.models} onChoose={canChange ? choose : null} /> : null}
        </>
      )}
      {canChange && table ? (
        <>
          <WeightDialog table={table} edited={edited} onClose={() => setEdited(null)} />
          <RemoveDialog table={table} entry={removed} onClose={() => setRemoved(null)} />
        </>
      ) : null}
    </>
  );
}
