import { Ban, Ellipsis, Pencil } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/Button";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { useKeysTexts } from "./texts";

/** What can be done with one key. */
export function RowMenu({
  item,
  onEdit,
  onRevoke,
}: {
  item: Model<"KeyOut">;
  onEdit: (key: Model<"KeyOut">) => void;
  onRevoke: (key: Model<"KeyOut">) => void;
}) {
  const t = useKeysTexts();
  return (
    <Menu
      trigger={
        <IconButton label={t("actionsFor", { name: item.name })}>
          <Ellipsis className="size-4" aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Pencil />} onSelect={() => onEdit(item)}>
        {t("edit")}
      </MenuItem>
      <MenuItem icon={<Ban />} danger onSelect={() => onRevoke(item)}>
        {t("revoke")}
      </MenuItem>
    </Menu>
  );
}
