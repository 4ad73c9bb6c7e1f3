import { periodDay, useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { Skeleton } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { usePreview } from "./data";
import type { Wire } from "./form";
import { changedModels, type Preview, previewLines } from "./preview";
import { useModelsTexts } from "./texts";

/** What the last month would have charged by a table; null: it is not a table yet. */
export function PreviewBox({ weights }: { weights: Wire | null }) {
  const t = useModelsTexts();
  const ui = useUiTexts();
  const { data, error, isBehind, refetch } = usePreview(weights);
  return (
    <section className="rounded-xl bg-sunken px-3.5 py-3" aria-busy={weights !== null && isBehind}>
      <h3 className="font-medium text-[0.8125rem] text-ink">{t("preview")}</h3>
      <div
        aria-live="polite"
        className={cn("mt-1 transition-opacity", weights !== null && isBehind && "opacity-60")}
      >
        {weights === null ? (
          <p className="text-ink-soft">{t("previewWaits")}</p>
        ) : error ? (
          <p className="flex flex-wrap items-center gap-2 text-ink-soft">
            {t("previewFailed")}
            <Button size="small" onClick={() => void refetch()}>
              {ui("retry")}
            </Button>
          </p>
        ) : data ? (
          <Found preview={data} />
        ) : (
          <Skeleton className="my-1 h-9 w-full" />
        )}
      </div>
    </section>
  );
}

function Found({ preview }: { preview: Preview }) {
  const t = useModelsTexts();
  const format = useFormat();
  const models = changedModels(preview);
  return (
    <>
      {previewLines(preview, t, format, periodDay()).map((line) => (
        <p key={line} className="tabular text-ink">
          {line}
        </p>
      ))}
      {models.length > 0 ? (
        <table className="tabular mt-2 w-full text-left text-[0.8125rem]">
          <thead className="text-ink-soft text-xs">
            <tr className="border-line border-b">
              <th scope="col" className="py-1 pr-3 font-medium">
                {t("name")}
              </th>
              <th scope="col" className="py-1 pr-3 text-right font-medium">
                {t("before")}
              </th>
              <th scope="col" className="whitespace-nowrap py-1 text-right font-medium">
                {t("after")}
              </th>
            </tr>
          </thead>
          <tbody>
            {models.map((one) => (
              <tr key={one.model} className="border-line border-b last:border-b-0">
                <th
                  scope="row"
                  className="w-full max-w-0 truncate py-1 pr-3 font-mono font-normal text-xs"
                  title={one.model}
                >
                  {one.model}
                </th>
                <td className="py-1 pr-3 text-right text-ink-soft">
                  {format.integer(one.chargedTokens)}
                </td>
                <td className="py-1 text-right font-medium">{format.integer(one.wouldCharge)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </>
  );
}
