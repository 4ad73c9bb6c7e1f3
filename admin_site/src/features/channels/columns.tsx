import type { Format } from "@/shared/format";
import { Badge } from "@/shared/ui/Badge";
import type { Column } from "@/shared/ui/DataTable";
import { uiText } from "@/shared/ui/texts";
import type { Channel } from "./form";
import { type ChannelActions, RowMenu } from "./RowMenu";
import type { ChannelsTexts } from "./texts";
import { outcomeText, STATE_TONE, stateOf } from "./words";

/** The columns of the list; a viewer may look at a history alone. */
export function channelColumns(
  t: ChannelsTexts,
  format: Format,
  actions: ChannelActions,
): Column<Channel>[] {
  return [
    { key: "name", header: t("name"), className: "max-w-44 sm:max-w-64", cell: nameCell },
    {
      key: "kind",
      header: t("kind"),
      from: "sm",
      cell: (channel) => <span className="whitespace-nowrap">{t(`kind_${channel.kind}`)}</span>,
    },
    {
      key: "events",
      header: t("events"),
      from: "lg",
      cell: (channel) => <Filter channel={channel} t={t} />,
    },
    {
      key: "last",
      header: t("last"),
      from: "md",
      cell: (channel) => <Last channel={channel} t={t} format={format} />,
    },
    {
      key: "state",
      header: t("state"),
      cell: (channel) => <State channel={channel} t={t} />,
    },
    {
      key: "actions",
      header: <span className="sr-only">{uiText("actions")}</span>,
      align: "right",
      className: "w-12 py-1.5",
      cell: (channel) => <RowMenu channel={channel} {...actions} />,
    },
  ];
}

function nameCell(channel: Channel) {
  return (
    <>
      <span className="block truncate font-medium text-ink" title={channel.name}>
        {channel.name}
      </span>
      <span className="block truncate font-mono text-ink-soft text-xs" title={channel.address}>
        {channel.address.replace(/^https:\/\//, "")}
      </span>
    </>
  );
}

function Filter({ channel, t }: { channel: Channel; t: ChannelsTexts }) {
  const { filter, noNames } = channel;
  const groups = filter.groups?.length ?? 0;
  const about = [
    ...(groups > 0 ? [t("groupsCount", { count: groups })] : []),
    ...(noNames ? [t("noNamesShort")] : []),
  ];
  return (
    <>
      <span className="block whitespace-nowrap">
        {filter.events == null ? t("allEvents") : t("eventsCount", { count: filter.events.length })}
      </span>
      {about.length > 0 ? (
        <span className="block text-[0.8125rem] text-ink-soft">{about.join(" · ")}</span>
      ) : null}
    </>
  );
}

function Last({ channel, t, format }: { channel: Channel; t: ChannelsTexts; format: Format }) {
  const last = channel.lastTry;
  if (last === null) return <span className="text-ink-faint">{t("never")}</span>;
  return (
    <>
      <span className="block whitespace-nowrap">{outcomeText(last, t)}</span>
      <span
        className="block whitespace-nowrap text-[0.8125rem] text-ink-soft"
        title={format.dateTime(last.at)}
      >
        {format.ago(last.at)}
      </span>
    </>
  );
}

function State({ channel, t }: { channel: Channel; t: ChannelsTexts }) {
  const state = stateOf(channel);
  const title =
    state === "paused" ? t("pausedText") : state === "unreadable" ? t("unreadableText") : undefined;
  return (
    <span title={title}>
      <Badge tone={STATE_TONE[state]} dot>
        {state === "failing" ? t("failing", { count: channel.failures }) : t(state)}
      </Badge>
    </span>
  );
}
