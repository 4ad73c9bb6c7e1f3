import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Failure, Skeleton } from "@/shared/ui/states";
import { useHistory } from "./data";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";
import { outcomeText, outcomeTone, stateOf } from "./words";

/** The last tries of a channel, newest first; `channel` null: closed. */
export function HistoryDialog({
  channel,
  onClose,
  onResume,
}: {
  channel: Channel | null;
  onClose: () => void;
  /** null: a viewer's. */
  onResume: ((channel: Channel) => void) | null;
}) {
  const t = useChannelsTexts();
  const shown = useLastShown(channel);
  return (
    <Dialog
      open={channel !== null}
      onClose={onClose}
      width="medium"
      title={t("historyTitle", { name: shown?.name ?? "" })}
      description={t("historyText")}
    >
      {shown && stateOf(shown) !== "active" && stateOf(shown) !== "failing" ? (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-danger-soft px-4 py-3 text-danger ring-1 ring-danger/25">
          <p className="min-w-0 flex-1 basis-52">
            {t(stateOf(shown) === "paused" ? "pausedText" : "unreadableText")}
          </p>
          {onResume && shown.pausedAt !== null ? (
            <Button
              onClick={() => {
                onResume(shown);
                onClose();
              }}
            >
              {t("resume")}
            </Button>
          ) : null}
        </div>
      ) : null}
      <Tries id={channel?.id ?? null} />
    </Dialog>
  );
}

function Tries({ id }: { id: string | null }) {
  const t = useChannelsTexts();
  const format = useFormat();
  const { data, error, refetch } = useHistory(id);
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-40 w-full" />;
  if (data.items.length === 0) return <p className="py-6 text-ink-soft">{t("historyEmpty")}</p>;
  return (
    <ul className="flex flex-col divide-y divide-line">
      {data.items.map((one) => (
        <li
          key={`${one.at}${one.event}${one.number}`}
          className="flex items-start justify-between gap-4 py-2.5"
        >
          <div className="min-w-0">
            <p className="text-ink">{t(`event_${one.event}`)}</p>
            <p className="text-[0.8125rem] text-ink-soft">
              {[
                format.dateTime(one.at),
                format.milliseconds(one.milliseconds),
                ...(one.number > 0 ? [t("try", { number: one.number })] : []),
              ].join(" · ")}
            </p>
          </div>
          <div className="flex shrink-0 flex-col items-end gap-1">
            <Badge tone={outcomeTone(one)} dot>
              {outcomeText(one, t)}
            </Badge>
            {one.isLast ? <span className="text-danger text-xs">{t("gaveUp")}</span> : null}
          </div>
        </li>
      ))}
    </ul>
  );
}
