import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { ExportControl } from "@/shared/exports/ExportControl";
import { localDay } from "@/shared/range/days";
import { PageHeader } from "@/shared/ui/Card";
import { useAudit } from "./data";
import { Entries } from "./Entries";
import { Filters } from "./Filters";
import { type AuditSearch, changed, orderOf, toQuery } from "./search";
import { useAuditTexts } from "./texts";

/** Who did what, when, to whom. */
export function AuditPage() {
  const t = useAuditTexts();
  const search = useSearch({ from: "/inside/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const update = useCallback(
    (change: Partial<AuditSearch>) =>
      void navigate({
        search: (before: AuditSearch) => changed(before, change),
        resetScroll: false,
      }),
    [navigate],
  );
  const today = localDay();
  const query = useMemo(() => toQuery(search, today), [search, today]);
  const order = useMemo(() => orderOf(query), [query]);
  const audit = useAudit(query);
  const entries = audit.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("subtitle")}
        actions={<ExportControl order={order} />}
      />
      <Filters search={search} seen={entries ?? []} onChange={update} />
      <Entries search={search} audit={audit} entries={entries} onChange={update} />
    </>
  );
}
