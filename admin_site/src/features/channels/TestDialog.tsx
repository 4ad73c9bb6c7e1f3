import { useEffect, useRef } from "react";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Skeleton } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { useTestChannel } from "./data";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";
import { outcomeText, outcomeTone } from "./words";

/** Sends a test as it opens, and says how it went; `channel` null: closed. */
export function TestDialog({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const t = useChannelsTexts();
  const shown = useLastShown(channel);
  return (
    <Dialog
      open={channel !== null}
      onClose={onClose}
      title={t("testTitle", { name: shown?.name ?? "" })}
      description={t("testText")}
    >
      {channel ? <Result key={channel.id} channel={channel} onClose={onClose} /> : null}
    </Dialog>
  );
}

function Result({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useChannelsTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const { mutate: send, data, error, isPending } = useTestChannel();
  const isSent = useRef(false);
  useEffect(() => {
    // once, however often React looks at an effect
    if (!isSent.current) send(channel.id);
    isSent.current = true;
  }, [send, channel.id]);
  return (
    <>
      <div aria-live="polite" className="flex min-h-10 items-center gap-3">
        {data && !isPending ? (
          <>
            <Badge tone={outcomeTone(data)} dot>
              {outcomeText(data, t)}
            </Badge>
            <span className="text-[0.8125rem] text-ink-soft">
              {format.milliseconds(data.milliseconds)}
            </span>
          </>
        ) : error && !isPending ? (
          <p className="text-danger">{t("testBroken", { why: error.message })}</p>
        ) : (
          <>
            <span className="sr-only">{t("testing")}</span>
            <Skeleton className="h-5 w-40" />
          </>
        )}
      </div>
      <DialogActions>
        <Button onClick={() => send(channel.id)} busy={isPending}>
          {t("testAgain")}
        </Button>
        <Button variant="primary" onClick={onClose}>
          {ui("close")}
        </Button>
      </DialogActions>
    </>
  );
}
