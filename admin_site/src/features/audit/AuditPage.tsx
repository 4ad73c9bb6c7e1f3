import { FileClock } from "lucide-react";
import { useMemo } from "react";
import type { Model } from "@/shared/api/types";
import { ExportControl } from "@/shared/exports/ExportControl";
import { ListPage } from "@/shared/lists/ListPage";
import { useListSearch } from "@/shared/lists/useListSearch";
import { localDay } from "@/shared/range/days";
import { Empty } from "@/shared/ui/states";
import { useAudit } from "./data";
import { Entries } from "./Entries";
import { Filters } from "./Filters";
import { auditSearch, CLEARED, changed, isFiltered, orderOf, toQuery } from "./search";
import { useAuditTexts } from "./texts";

/** Who did what, when, to whom. */
export function AuditPage() {
  const t = useAuditTexts();
  const { search, update } = useListSearch("/audit", auditSearch, changed, "all");
  const today = localDay();
  const query = useMemo(() => toQuery(search, today), [search, today]);
  const order = useMemo(() => orderOf(query), [query]);
  const audit = useAudit(query);
  const seen = audit.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <ListPage<Model<"AuditOut">>
      title={t("title")}
      description={t("subtitle")}
      actions={<ExportControl order={order} />}
      filters={<Filters search={search} seen={seen} onChange={update} />}
      query={audit}
      empty={
        <Empty icon={<FileClock />} title={t("emptyTitle")}>
          {t("emptyText")}
        </Empty>
      }
      none={{
        title: t("noneTitle"),
        text: t(audit.hasNextPage ? "noneYet" : "noneText"),
        keepLooking: t("keepLooking"),
      }}
      onClear={isFiltered(search) ? () => update(CLEARED) : undefined}
    >
      {(rows) => <Entries rows={rows} isStale={audit.isPlaceholderData} onFilter={update} />}
    </ListPage>
  );
}
