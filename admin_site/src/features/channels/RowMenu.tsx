import { Ellipsis, History, KeyRound, Pencil, Play, Send, Trash2 } from "lucide-react";
import { IconButton } from "@/shared/ui/Button";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";

export interface ChannelActions {
  onHistory: (channel: Channel) => void;
  /** null: a viewer's. */
  change: {
    onTest: (channel: Channel) => void;
    onEdit: (channel: Channel) => void;
    onResume: (channel: Channel) => void;
    onRotate: (channel: Channel) => void;
    onRemove: (channel: Channel) => void;
  } | null;
}

/** What can be done with one channel. */
export function RowMenu({ channel, onHistory, change }: { channel: Channel } & ChannelActions) {
  const t = useChannelsTexts();
  return (
    <Menu
      trigger={
        <IconButton label={t("actionsFor", { name: channel.name })}>
          <Ellipsis className="size-4" aria-hidden />
        </IconButton>
      }
    >
      {change && channel.pausedAt !== null ? (
        <MenuItem icon={<Play />} onSelect={() => change.onResume(channel)}>
          {t("resume")}
        </MenuItem>
      ) : null}
      {change ? (
        <MenuItem icon={<Send />} onSelect={() => change.onTest(channel)}>
          {t("test")}
        </MenuItem>
      ) : null}
      <MenuItem icon={<History />} onSelect={() => onHistory(channel)}>
        {t("history")}
      </MenuItem>
      {change ? (
        <>
          <MenuItem icon={<Pencil />} onSelect={() => change.onEdit(channel)}>
            {t("edit")}
          </MenuItem>
          {channel.kind === "webhook" ? (
            <MenuItem icon={<KeyRound />} onSelect={() => change.onRotate(channel)}>
              {t("rotate")}
            </MenuItem>
          ) : null}
          <MenuItem icon={<Trash2 />} danger onSelect={() => change.onRemove(channel)}>
            {t("remove")}
          </MenuItem>
        </>
      ) : null}
    </Menu>
  );
}
