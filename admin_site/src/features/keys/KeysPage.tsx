import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { ListPage } from "@/shared/lists/ListPage";
import { useListSearch } from "@/shared/lists/useListSearch";
import { Button } from "@/shared/ui/Button";
import { Empty } from "@/shared/ui/states";
import { CreateDialog } from "./CreateDialog";
import { keyColumns } from "./columns";
import { useKeys } from "./data";
import { EditDialog } from "./EditDialog";
import { Filters } from "./Filters";
import { RevokeDialog } from "./RevokeDialog";
import { changed, isFiltered, keysSearch } from "./search";
import { useKeysTexts } from "./texts";

const CLEARED = { search: "", kind: [], state: undefined };

/** Every gateway key, as the server filters and pages them; the state is in the address. */
export function KeysPage() {
  const t = useKeysTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const { search, update } = useListSearch("/keys", keysSearch, changed, "pages");
  const [isCreating, setCreating] = useState(false);
  const [edited, setEdited] = useState<Model<"KeyOut"> | null>(null);
  const [revoked, setRevoked] = useState<Model<"KeyOut"> | null>(null);
  const keys = useKeys(search);
  const columns = useMemo(
    () => keyColumns(t, format, canChange ? { onEdit: setEdited, onRevoke: setRevoked } : null),
    [t, format, canChange],
  );
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
      <ListPage<Model<"KeyOut">>
        title={t("title")}
        description={t("subtitle")}
        actions={create}
        search={{ label: t("searchLabel"), value: search.search, onChange: update }}
        filters={<Filters search={search} onChange={update} />}
        query={keys}
        table={{ columns, rowKey: (key) => key.id, placeholderRows: 6 }}
        pages={{ cursors: search.pages, onTurn: (pages) => update({ pages }) }}
        empty={
          <Empty icon={<KeyRound />} title={t("emptyTitle")} action={create}>
            {t("emptyText")}
          </Empty>
        }
        none={{ title: t("noneTitle"), text: t("noneText") }}
        onClear={isFiltered(search) ? () => update(CLEARED) : undefined}
      />
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
