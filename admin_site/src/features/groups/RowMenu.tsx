import { useNavigate } from "@tanstack/react-router";
import { Ellipsis, FileClock, Pencil, Trash2, Users } from "lucide-react";
import type { Group } from "@/shared/groups/data";
import { IconButton } from "@/shared/ui/Button";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import type { GroupActions } from "./columns";
import { useGroupsTexts } from "./texts";

/** What can be done with one group. */
export function RowMenu({ group, actions }: { group: Group; actions: GroupActions }) {
  const t = useGroupsTexts();
  const navigate = useNavigate();
  return (
    <Menu
      trigger={
        <IconButton label={t("actionsFor", { name: group.name })}>
          <Ellipsis className="size-4" aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Pencil />} onSelect={() => actions.onEdit(group)}>
        {t("edit")}
      </MenuItem>
      <MenuItem
        icon={<Users />}
        onSelect={() => void navigate({ to: "/users", search: { group: [group.id] } })}
      >
        {t("seeMembers")}
      </MenuItem>
      <MenuItem
        icon={<FileClock />}
        onSelect={() =>
          void navigate({ to: "/audit", search: { targetType: "group", targetId: group.id } })
        }
      >
        {t("history")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<Trash2 />} danger onSelect={() => actions.onRemove(group)}>
        {t("remove")}
      </MenuItem>
    </Menu>
  );
}
