import { Button } from "@/shared/ui/Button";
import { useUiTexts } from "@/shared/ui/texts";

/** The foot of a list that goes on. */
export function More({
  query,
}: {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}) {
  const t = useUiTexts();
  if (!query.hasNextPage) return null;
  return (
    <div className="border-line border-t px-5 py-3 text-center">
      <Button
        size="small"
        busy={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        {t("loadMore")}
      </Button>
    </div>
  );
}
