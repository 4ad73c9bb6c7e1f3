import { Plus, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange, useSignedIn } from "@/shared/hooks/session";
import { ListPage } from "@/shared/lists/ListPage";
import { Button } from "@/shared/ui/Button";
import { Empty } from "@/shared/ui/states";
import { CreateDialog } from "./CreateDialog";
import { adminColumns } from "./columns";
import { useAdmins } from "./data";
import { EditDialog } from "./EditDialog";
import { AdminKeys } from "./keys/AdminKeys";
import { RemoveDialog } from "./RemoveDialog";
import { ResetDialog } from "./ResetDialog";
import { useAdminsTexts } from "./texts";

type Target = { action: "edit" | "reset" | "remove"; admin: Model<"AdminOut"> };

/** Who signs in to this site. */
export function AdminsPage() {
  const t = useAdminsTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const own = useSignedIn()?.email;
  const admins = useAdmins();
  const [isCreating, setCreating] = useState(false);
  const [target, setTarget] = useState<Target | null>(null);
  const columns = useMemo(
    () =>
      adminColumns(
        t,
        format,
        own,
        canChange
          ? {
              onEdit: (admin) => setTarget({ action: "edit", admin }),
              onReset: (admin) => setTarget({ action: "reset", admin }),
              onRemove: (admin) => setTarget({ action: "remove", admin }),
            }
          : null,
      ),
    [t, format, own, canChange],
  );
  const of = (action: Target["action"]) => (target?.action === action ? target.admin : null);
  const close = () => setTarget(null);
  return (
    <>
      <ListPage<Model<"AdminOut">>
        title={t("title")}
        description={t("subtitle")}
        actions={
          canChange ? (
            <Button
              variant="primary"
              icon={<Plus className="size-4" aria-hidden />}
              onClick={() => setCreating(true)}
            >
              {t("create")}
            </Button>
          ) : null
        }
        query={admins}
        table={{ columns, rowKey: (admin) => admin.email, placeholderRows: 4 }}
        empty={<Empty icon={<ShieldCheck />} title={t("emptyTitle")} />}
      />
      {canChange ? (
        <>
          {/* Below the people, whose number is not known before. */}
          {admins.isPending ? null : <AdminKeys />}
          <CreateDialog open={isCreating} onClose={() => setCreating(false)} />
          <EditDialog admin={of("edit")} own={own} onClose={close} />
          <ResetDialog admin={of("reset")} onClose={close} />
          <RemoveDialog admin={of("remove")} own={own} onClose={close} />
        </>
      ) : null}
    </>
  );
}
