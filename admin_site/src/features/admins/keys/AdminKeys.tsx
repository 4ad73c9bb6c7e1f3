import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { ListCard } from "@/shared/lists/ListCard";
import { Button } from "@/shared/ui/Button";
import { CardHeader } from "@/shared/ui/Card";
import { Empty } from "@/shared/ui/states";
import { CreateDialog } from "./CreateDialog";
import { adminKeyColumns } from "./columns";
import { useAdminKeys } from "./data";
import { RevokeDialog } from "./RevokeDialog";
import { useAdminKeysTexts } from "./texts";

/** What programs call the admin API with; for admins alone. */
export function AdminKeys() {
  const t = useAdminKeysTexts();
  const format = useFormat();
  const keys = useAdminKeys();
  const [isCreating, setCreating] = useState(false);
  const [revoked, setRevoked] = useState<Model<"AdminKeyOut"> | null>(null);
  const columns = useMemo(() => adminKeyColumns(t, format, setRevoked), [t, format]);
  return (
    <>
      <ListCard<Model<"AdminKeyOut">>
        className="mt-8"
        label={t("title")}
        head={
          <CardHeader
            title={t("title")}
            description={t("subtitle")}
            actions={
              <Button
                icon={<Plus className="size-4" aria-hidden />}
                onClick={() => setCreating(true)}
              >
                {t("create")}
              </Button>
            }
          />
        }
        query={keys}
        table={{ columns, rowKey: (key) => key.id, placeholderRows: 2 }}
        empty={
          <Empty icon={<KeyRound />} title={t("emptyTitle")}>
            {t("emptyText")}
          </Empty>
        }
      />
      <CreateDialog open={isCreating} onClose={() => setCreating(false)} />
      <RevokeDialog item={revoked} onClose={() => setRevoked(null)} />
    </>
  );
}
