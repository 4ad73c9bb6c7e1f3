import {
  CircleCheck,
  CirclePause,
  Coins,
  Ellipsis,
  Link2,
  Pencil,
  RotateCcw,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { Button, IconButton } from "@/shared/ui/Button";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { toastError } from "@/shared/ui/toast";
import { useActionTexts } from "../actionTexts";
import { DeleteDialog } from "../dialogs/DeleteDialog";
import { EditDialog } from "../dialogs/EditDialog";
import { LinkDialog } from "../dialogs/LinkDialog";
import { ReasonDialog } from "../dialogs/ReasonDialog";
import { TokensDialog } from "../dialogs/TokensDialog";
import { useChange } from "../useChange";
import { PersonalDataItem } from "./PersonalData";

type Opened = "link" | "tokens" | "suspend" | "reset" | "edit" | "delete";

/** What an admin can do to the user shown, and what a manager of their group can. */
export function UserActions({
  user,
  isManager = false,
}: {
  user: Model<"UserOut">;
  isManager?: boolean;
}) {
  const t = useActionTexts();
  const [opened, setOpened] = useState<Opened | null>(null);
  const change = useChange(user);
  const close = () => setOpened(null);
  return (
    <>
      {user.status === "active" ? (
        <Button
          icon={<CirclePause className="size-4" aria-hidden />}
          onClick={() => setOpened("suspend")}
        >
          {t("suspend")}
        </Button>
      ) : (
        <Button
          icon={<CircleCheck className="size-4" aria-hidden />}
          busy={change.isPending}
          onClick={() =>
            change.mutate(
              { kind: "activate", reason: "" },
              { onError: (error) => toastError(t("failed"), error.message) },
            )
          }
        >
          {t("activate")}
        </Button>
      )}
      <Button
        variant="primary"
        icon={<Coins className="size-4" aria-hidden />}
        onClick={() => setOpened("tokens")}
      >
        {t("addTokens")}
      </Button>
      {isManager ? null : (
        <Menu
          trigger={
            <IconButton label={t("more")} variant="secondary">
              <Ellipsis className="size-4" aria-hidden />
            </IconButton>
          }
        >
          <MenuItem icon={<Pencil />} onSelect={() => setOpened("edit")}>
            {t("edit")}
          </MenuItem>
          <MenuItem icon={<Link2 />} onSelect={() => setOpened("link")}>
            {t("personalLink")}
          </MenuItem>
          <MenuItem
            icon={<RotateCcw />}
            onSelect={() => setOpened("reset")}
            disabled={user.currentUsage === 0}
          >
            {t("resetUsage")}
          </MenuItem>
          <MenuSeparator />
          <PersonalDataItem user={user} />
          <MenuItem icon={<Trash2 />} danger onSelect={() => setOpened("delete")}>
            {t("delete")}
          </MenuItem>
        </Menu>
      )}
      <LinkDialog open={opened === "link"} user={user} onClose={close} />
      <TokensDialog open={opened === "tokens"} user={user} isManager={isManager} onClose={close} />
      <ReasonDialog open={opened === "suspend"} kind="suspend" user={user} onClose={close} />
      <ReasonDialog open={opened === "reset"} kind="reset" user={user} onClose={close} />
      <EditDialog open={opened === "edit"} user={user} onClose={close} />
      <DeleteDialog open={opened === "delete"} user={user} onClose={close} />
    </>
  );
}
