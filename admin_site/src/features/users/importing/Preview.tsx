import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { DialogActions } from "@/shared/ui/Dialog";
import { Segments } from "@/shared/ui/Tabs";
import { ACTIONS, Lines } from "./Lines";
import { useImportTexts } from "./texts";

type Shown = "all" | (typeof ACTIONS)[number];

/** What an import would do, line by line. */
export function Preview({
  preview,
  name,
  onBack,
  onRun,
}: {
  preview: Model<"ImportResults">;
  /** The file's; empty for a pasted text. */
  name: string;
  onBack: () => void;
  onRun: () => void;
}) {
  const t = useImportTexts();
  const format = useFormat();
  const [shown, setShown] = useState<Shown>("all");
  const counts = {
    create: preview.created,
    update: preview.updated,
    unchanged: preview.unchanged,
    error: preview.failed,
  };
  const total = preview.created + preview.updated;
  const lines =
    shown === "all" ? preview.results : preview.results.filter((one) => one.action === shown);
  return (
    <div>
      <p className="mb-3 text-ink-soft">
        <span className="font-medium text-ink">{t("file", { name: name || t("pasted") })}</span>{" "}
        {t("previewText")}
      </p>
      {preview.newGroups.length > 0 ? (
        <p className="mb-3 text-ink-soft">
          {t("newGroups", { count: preview.newGroups.length, names: preview.newGroups.join(", ") })}
        </p>
      ) : null}
      <div className="-mx-1 mb-3 overflow-x-auto p-1">
        <Segments
          label={t("filter")}
          value={shown}
          onChange={setShown}
          className="whitespace-nowrap"
          options={[
            { value: "all", label: t("all", { count: format.integer(preview.results.length) }) },
            ...ACTIONS.filter((action) => counts[action] > 0).map((action) => ({
              value: action,
              label: `${t(action)} (${format.integer(counts[action])})`,
            })),
          ]}
        />
      </div>
      <Lines lines={lines} />
      <p className="mt-3 min-h-5 text-ink-soft">
        {total === 0
          ? t("nothing")
          : preview.failed > 0
            ? t("skipErrors", { count: preview.failed, shown: format.integer(preview.failed) })
            : ""}
      </p>
      <DialogActions>
        <Button onClick={onBack}>{t("back")}</Button>
        <Button variant="primary" disabled={total === 0} onClick={onRun}>
          {t("run", { count: total, shown: format.integer(total) })}
        </Button>
      </DialogActions>
    </div>
  );
}
