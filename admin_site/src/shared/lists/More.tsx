import type { ReactNode } from "react";
import { Button } from "@/shared/ui/Button";
import { useUiTexts } from "@/shared/ui/texts";

/** A list that goes on, and the way to its next rows. */
export interface Endless {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The foot of a list that goes on; `children` beside it. */
export function More({ query, children }: { query: Endless; children?: ReactNode }) {
  const t = useUiTexts();
  if (!query.hasNextPage) return null;
  return (
    <div className="flex items-center justify-center gap-4 border-line border-t px-5 py-3">
      <Button
        size="small"
        busy={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        {t("loadMore")}
      </Button>
      {children}
    </div>
  );
}
