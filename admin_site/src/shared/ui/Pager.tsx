import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { useUiTexts } from "./texts";

/** The foot of a table: what is shown, and the pages before and after. */
export function Pager({
  children,
  onPrevious,
  onNext,
}: {
  children: ReactNode;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}) {
  const t = useUiTexts();
  return (
    <div className="flex items-center gap-3 border-line border-t px-5 py-3 text-[0.8125rem] text-ink-soft">
      <span className="flex-1">{children}</span>
      <Button
        size="small"
        disabled={!onPrevious}
        onClick={onPrevious}
        icon={<ChevronLeft className="size-4" aria-hidden />}
      >
        {t("previous")}
      </Button>
      <Button size="small" disabled={!onNext} onClick={onNext}>
        {t("next")}
        <ChevronRight className="size-4" aria-hidden />
      </Button>
    </div>
  );
}
