import { useNavigate, useSearch } from "@tanstack/react-router";
import { KeyRound, Plus, SearchX } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { Button } from "@/shared/ui/Button";
import { Card, PageHeader } from "@/shared/ui/Card";
import { DataTable } from "@/shared/ui/DataTable";
import { Pager } from "@/shared/ui/Pager";
import { Empty, Failure } from "@/shared/ui/states";
import { CreateDialog } from "./CreateDialog";
import { keyColumns } from "./columns";
import { useKeys } from "./data";
import { EditDialog } from "./EditDialog";
import { Filters } from "./Filters";
import { RevokeDialog } from "./RevokeDialog";
import { changed, isFiltered, type KeysSearch } from "./search";
import { useKeysTexts } from "./texts";

const CLEARED = { search: "", kind: [], state: undefined };

/** Every gateway key, as the server filters and pages them; the state is in the address. */
export function KeysPage() {
  const t = useKeysTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const search = useSearch({ from: "/inside/keys" });
  const navigate = useNavigate({ from: "/keys" });
  const [isCreating, setCreating] = useState(false);
  const [edited, setEdited] = useState<Model<"KeyOut"> | null>(null);
  const [revoked, setRevoked] = useState<Model<"KeyOut"> | null>(null);
  const keys = useKeys(search);
  const update = useCallback(
    (change: Partial<KeysSearch>) =>
      void navigate({ search: (now) => changed(now, change), replace: !("pages" in change) }),
    [navigate],
  );
  const columns = useMemo(
    () => keyColumns(t, format, canChange ? { onEdit: setEdited, onRevoke: setRevoked } : null),
    [t, format, canChange],
  );
  const data = keys.data;
  const pages = search.pages ?? [];
  const next = data?.nextCursor ?? null;
  const create = canChange ? (
    <Button
      variant="primary"
      icon={<Plus className="size-4" aria-hidden />}
      onClick={() => setCreating(true)}
    >
      {t("create")}
    </Button>
  ) : null;
  return (
    <>
      <PageHeader title={t("title")} description={t("subtitle")} actions={create} />
      <Filters search={search} onChange={update} onClear={() => update(CLEARED)} />
      <Card className="overflow-hidden">
        {keys.error && !data ? (
          <Failure error={keys.error} onRetry={() => void keys.refetch()} />
        ) : (
          <DataTable<Model<"KeyOut">>
            label={t("title")}
            columns={columns}
            rows={data?.items}
            rowKey={(key) => key.id}
            isStale={keys.isPlaceholderData}
            placeholderRows={6}
            empty={
              isFiltered(search) ? (
                <Empty
                  icon={<SearchX />}
                  title={t("noneTitle")}
                  action={<Button onClick={() => update(CLEARED)}>{t("clearFilters")}</Button>}
                >
                  {t("noneText")}
                </Empty>
              ) : (
                <Empty icon={<KeyRound />} title={t("emptyTitle")} action={create}>
                  {t("emptyText")}
                </Empty>
              )
            }
          />
        )}
        {data && (pages.length > 0 || next !== null) ? (
          <Pager
            onPrevious={pages.length > 0 ? () => update({ pages: pages.slice(0, -1) }) : undefined}
            onNext={next === null ? undefined : () => update({ pages: [...pages, next] })}
          >
            {t("page", { page: pages.length + 1 })}
          </Pager>
        ) : null}
      </Card>
      {canChange ? (
        <>
          <CreateDialog open={isCreating} onClose={() => setCreating(false)} />
          <EditDialog item={edited} onClose={() => setEdited(null)} />
          <RevokeDialog item={revoked} onClose={() => setRevoked(null)} />
        </>
      ) : null}
    </>
  );
}
