import { TriangleAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import { useFormat } from "@/shared/format";
import { useWeightTexts } from "@/shared/weights/texts";
import { countsText } from "./entries";
import { type Entry, isSame } from "./form";
import { useModelsTexts } from "./texts";

/** Somebody else has changed the table; `before` and `now` are the entry that is edited. */
export function Conflict({
  name,
  before,
  now,
}: {
  name: string;
  before: Entry | null;
  now: Entry | null;
}) {
  const t = useModelsTexts();
  const words = { t, weights: useWeightTexts(), format: useFormat() };
  const box = useRef<HTMLDivElement>(null);
  // Whoever has pressed "save" at the end of a long form sees why nothing was saved.
  useEffect(() => {
    // In newer browsers it returns a promise, which is no cleanup.
    void box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div
      ref={box}
      role="alert"
      className="flex gap-2.5 rounded-xl bg-warning-soft px-3.5 py-3 text-[0.8125rem] text-ink"
    >
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warning" aria-hidden />
      <div>
        <p>{t("conflict")}</p>
        {isSame(before, now) ? null : (
          <p className="mt-1 font-medium">
            {now
              ? t("conflictThis", { name, counts: countsText(now, words) })
              : t("conflictGone", { name })}
          </p>
        )}
      </div>
    </div>
  );
}
