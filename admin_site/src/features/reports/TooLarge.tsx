import { Telescope } from "lucide-react";
import type { ExportOrder } from "@/shared/exports/data";
import { ExportControl } from "@/shared/exports/ExportControl";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { Empty } from "@/shared/ui/states";
import { useReportsTexts } from "./texts";

/** A range that the screen cannot take: a file can. */
export function TooLarge({ order, onNarrow }: { order: ExportOrder; onNarrow: () => void }) {
  const t = useReportsTexts();
  return (
    <Card role="status">
      <Empty
        icon={<Telescope />}
        title={t("tooLargeTitle")}
        action={
          <div className="flex flex-wrap justify-center gap-2">
            <Button variant="primary" onClick={onNarrow}>
              {t("last7")}
            </Button>
            <ExportControl order={order} />
          </div>
        }
      >
        {t("tooLargeText")}
      </Empty>
    </Card>
  );
}
