import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { cn } from "@/shared/ui/cn";
import { Skeleton } from "@/shared/ui/states";
import { EntryRow } from "./EntryRow";
import type { AuditSearch } from "./search";
import { useAuditTexts } from "./texts";

const PLACEHOLDER_ROWS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/** The table of entries; each opens in place. */
export function Entries({
  rows,
  isStale,
  onFilter,
}: {
  /** undefined: not loaded yet. */
  rows: readonly Model<"AuditOut">[] | undefined;
  isStale: boolean;
  onFilter: (change: Partial<AuditSearch>) => void;
}) {
  const t = useAuditTexts();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <table
      className="w-full table-fixed border-collapse text-left"
      aria-label={t("title")}
      aria-busy={!rows}
    >
      <Head />
      <tbody className={cn("transition-opacity", isStale && "opacity-50")}>
        {rows
          ? rows.map((entry) => (
              <EntryRow
                key={entry.id}
                entry={entry}
                isOpen={open === entry.id}
                onToggle={() => setOpen(open === entry.id ? null : entry.id)}
                onFilter={onFilter}
              />
            ))
          : PLACEHOLDER_ROWS.map((key) => <Waiting key={key} />)}
      </tbody>
    </table>
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
