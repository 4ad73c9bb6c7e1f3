import { useNavigate } from "@tanstack/react-router";
import { Ellipsis, KeyRound, Pencil, UserRoundX } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/Button";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { called } from "./form";
import { useAdminsTexts } from "./texts";

export interface AdminActions {
  onEdit: (admin: Model<"AdminOut">) => void;
  onReset: (admin: Model<"AdminOut">) => void;
  onRemove: (admin: Model<"AdminOut">) => void;
}

/** What can be done with one person. */
export function RowMenu({
  admin,
  isOwn,
  actions,
}: {
  admin: Model<"AdminOut">;
  isOwn: boolean;
  actions: AdminActions;
}) {
  const t = useAdminsTexts();
  const navigate = useNavigate();
  return (
    <Menu
      trigger={
        <IconButton label={t("actionsFor", { name: called(admin) })}>
          <Ellipsis className="size-4" aria-hidden />
        </IconButton>
      }
    >
      <MenuItem icon={<Pencil />} onSelect={() => actions.onEdit(admin)}>
        {t("edit")}
      </MenuItem>
      <MenuItem
        icon={<KeyRound />}
        // One's own password is changed by knowing it: a generated one would sign oneself out.
        onSelect={() => (isOwn ? void navigate({ to: "/account" }) : actions.onReset(admin))}
      >
        {t(isOwn ? "changeOwn" : "reset")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<UserRoundX />} danger onSelect={() => actions.onRemove(admin)}>
        {t("remove")}
      </MenuItem>
    </Menu>
  );
}
