import { Plus, RadioTower } from "lucide-react";
import { useMemo, useState } from "react";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { ListCard } from "@/shared/lists/ListCard";
import { Button } from "@/shared/ui/Button";
import { PageHeader } from "@/shared/ui/Card";
import { Empty } from "@/shared/ui/states";
import { CreateDialog } from "./CreateDialog";
import { channelColumns } from "./columns";
import { useChannels, useResuming } from "./data";
import { EditDialog } from "./EditDialog";
import type { Channel } from "./form";
import { HistoryDialog } from "./HistoryDialog";
import { RemoveDialog } from "./RemoveDialog";
import { RotateDialog } from "./RotateDialog";
import { TestDialog } from "./TestDialog";
import { useChannelsTexts } from "./texts";

type Asked = "test" | "history" | "edit" | "rotate" | "remove";

/** Where alerts go besides the mails. */
export function ChannelsPage() {
  const t = useChannelsTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const channels = useChannels();
  const resume = useResuming();
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<{ what: Asked; channel: Channel } | null>(null);
  const columns = useMemo(() => {
    const ask = (what: Asked) => (channel: Channel) => setAsked({ what, channel });
    const change = {
      onTest: ask("test"),
      onResume: resume,
      onEdit: ask("edit"),
      onRotate: ask("rotate"),
      onRemove: ask("remove"),
    };
    return channelColumns(t, format, {
      onHistory: ask("history"),
      change: canChange ? change : null,
    });
  }, [t, format, canChange, resume]);
  const shown = (what: Asked) => ({
    channel: asked?.what === what ? asked.channel : null,
    onClose: () => setAsked(null),
  });
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
      <PageHeader
        title={t("title")}
        description={t("subtitle")}
        actions={channels.data?.items.length ? create : null}
      />
      <ListCard<Channel>
        label={t("title")}
        query={channels}
        table={{ columns, rowKey: (channel) => channel.id, placeholderRows: 3 }}
        empty={
          <Empty icon={<RadioTower />} title={t("emptyTitle")} action={create}>
            {t("emptyText")}
          </Empty>
        }
      />
      <HistoryDialog {...shown("history")} onResume={canChange ? resume : null} />
      {canChange ? (
        <>
          <CreateDialog open={isCreating} onClose={() => setCreating(false)} />
          <TestDialog {...shown("test")} />
          <EditDialog {...shown("edit")} />
          <RotateDialog {...shown("rotate")} />
          <RemoveDialog {...shown("remove")} />
        </>
      ) : null}
    </>
  );
}
