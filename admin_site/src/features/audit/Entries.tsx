import { FileClock, SearchX } from "lucide-react";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import type { useAudit } from "./data";
import { EntryRow } from "./EntryRow";
import { type AuditSearch, CLEARED, isFiltered } from "./search";
import { useAuditTexts } from "./texts";

type Audit = ReturnType<typeof useAudit>;

const PLACEHOLDER_ROWS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/** The table of entries; each opens in place. */
export function Entries({
  search,
  audit,
  entries,
  onChange,
}: {
  search: AuditSearch;
  audit: Audit;
  entries: readonly Model<"AuditOut">[] | undefined;
  onChange: (change: Partial<AuditSearch>) => void;
}) {
  const t = useAuditTexts();
  const [open, setOpen] = useState<string | null>(null);
  if (audit.error && !entries) {
    return (
      <Card>
        <Failure error={audit.error} onRetry={() => void audit.refetch()} />
      </Card>
    );
  }
  const isWaiting = entries === undefined || (entries.length === 0 && audit.isSearching);
  if (!isWaiting && entries.length === 0) {
    return (
      <Card>
        <Nothing search={search} audit={audit} onClear={() => onChange(CLEARED)} />
      </Card>
    );
  }
  return (
    <Card className="overflow-hidden">
      <table
        className="w-full table-fixed border-collapse text-left"
        aria-label={t("title")}
        aria-busy={isWaiting}
      >
        <Head />
        <tbody className={cn("transition-opacity", audit.isPlaceholderData && "opacity-50")}>
          {isWaiting
            ? PLACEHOLDER_ROWS.map((key) => <Waiting key={key} />)
            : entries.map((entry) => (
                <EntryRow
                  key={entry.id}
                  entry={entry}
                  isOpen={open === entry.id}
                  onToggle={() => setOpen(open === entry.id ? null : entry.id)}
                  onFilter={onChange}
                />
              ))}
        </tbody>
      </table>
      {!isWaiting && audit.hasNextPage ? (
        <div className="flex justify-center border-line border-t px-5 py-3">
          <Button
            size="small"
            busy={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            {t("more")}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

function Head() {
  const t = useAuditTexts();
  const head = "px-3 py-2.5 font-medium text-ink-soft text-xs first:pl-5";
  return (
    <thead>
      <tr className="border-line border-b">
        <th scope="col" className={cn(head, "w-24 sm:w-44")}>
          {t("when")}
        </th>
        <th scope="col" className={cn(head, "hidden w-52 lg:table-cell")}>
          {t("actor")}
        </th>
        <th scope="col" className={head}>
          {t("what")}
        </th>
        <th scope="col" className={cn(head, "hidden md:table-cell")}>
          {t("change")}
        </th>
        <th scope="col" className="w-14 pr-5">
          <span className="sr-only">{t("details")}</span>
        </th>
      </tr>
    </thead>
  );
}

function Waiting() {
  const cell = "px-3 py-3 first:pl-5";
  return (
    <tr className="border-line border-b last:border-b-0">
      <td className={cell}>
        <Skeleton className="h-9 w-20" />
      </td>
      <td className={cn(cell, "hidden lg:table-cell")}>
        <Skeleton className="h-4 w-36" />
      </td>
      <td className={cell}>
        <Skeleton className="h-9 w-44 max-w-full" />
      </td>
      <td className={cn(cell, "hidden md:table-cell")}>
        <Skeleton className="h-4 w-52" />
      </td>
      <td />
    </tr>
  );
}

function Nothing({
  search,
  audit,
  onClear,
}: {
  search: AuditSearch;
  audit: Audit;
  onClear: () => void;
}) {
  const t = useAuditTexts();
  if (!isFiltered(search)) {
    return (
      <Empty icon={<FileClock />} title={t("emptyTitle")}>
        {t("emptyText")}
      </Empty>
    );
  }
  return (
    <Empty
      icon={<SearchX />}
      title={t("noneTitle")}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {audit.hasNextPage ? (
            <Button
              variant="primary"
              busy={audit.isFetchingNextPage}
              onClick={() => void audit.fetchNextPage()}
            >
              {t("keepLooking")}
            </Button>
          ) : null}
          <Button onClick={onClear}>{t("clearFilters")}</Button>
        </div>
      }
    >
      {audit.hasNextPage ? t("noneYet") : t("noneText")}
    </Empty>
  );
}
