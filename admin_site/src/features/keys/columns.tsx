import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { cn } from "@/shared/ui/cn";
import type { Column } from "@/shared/ui/DataTable";
import { uiText } from "@/shared/ui/texts";
import { RowMenu } from "./RowMenu";
import type { KeysTexts } from "./texts";

type Key = Model<"KeyOut">;

const STATE_TONE: Record<Key["state"], Tone> = {
  active: "ok",
  expired: "warning",
  revoked: "neutral",
};
const SHOWN_MODELS = 2;
const SOON_MILLISECONDS = 14 * 86_400_000;

export interface KeyActions {
  onEdit: (key: Key) => void;
  onRevoke: (key: Key) => void;
}

/** The columns of the list; a viewer has no `actions`. */
export function keyColumns(
  t: KeysTexts,
  format: Format,
  actions: KeyActions | null,
): Column<Key>[] {
  const columns: Column<Key>[] = [
    { key: "name", header: t("name"), className: "max-w-40 sm:max-w-64", cell: nameCell },
    {
      key: "user",
      header: t("user"),
      from: "sm",
      className: "max-w-52",
      cell: (key) => (
        <>
          <span className="block truncate">{key.userEmail ?? t("anyUser")}</span>
          <span className="block text-[0.8125rem] text-ink-soft">{t(`kind_${key.kind}`)}</span>
        </>
      ),
    },
    {
      key: "models",
      header: t("models"),
      from: "lg",
      cell: (key) => <Models models={key.allowedModels} t={t} />,
    },
    {
      key: "rate",
      header: t("rate"),
      from: "xl",
      align: "right",
      cell: (key) => <Rate item={key} t={t} format={format} />,
    },
    {
      key: "lastUsed",
      header: t("lastUsed"),
      from: "md",
      align: "right",
      cell: (key) => (
        <span
          className={cn("whitespace-nowrap", key.lastUsedAt ? "text-ink-soft" : "text-ink-faint")}
          title={key.lastUsedAt ? format.dateTime(key.lastUsedAt) : undefined}
        >
          {key.lastUsedAt ? format.ago(key.lastUsedAt) : t("neverUsed")}
        </span>
      ),
    },
    {
      key: "expires",
      header: t("expires"),
      from: "lg",
      align: "right",
      cell: (key) => <ExpiresAt item={key} t={t} format={format} />,
    },
    {
      key: "state",
      header: t("state"),
      cell: (key) => (
        <Badge tone={STATE_TONE[key.state]} dot>
          {t(`state_${key.state}`)}
        </Badge>
      ),
    },
  ];
  if (actions === null) return columns;
  return [
    ...columns,
    {
      key: "actions",
      header: <span className="sr-only">{uiText("actions")}</span>,
      align: "right",
      className: "w-12 py-1.5",
      // A revoked key is not changed any more: it stays on record alone.
      cell: (key) => (key.state === "revoked" ? null : <RowMenu item={key} {...actions} />),
    },
  ];
}

function nameCell(key: Key) {
  return (
    <>
      <span
        className={cn(
          "block truncate font-medium",
          key.state === "revoked" ? "text-ink-soft" : "text-ink",
        )}
        title={key.name}
      >
        {key.name}
      </span>
      <span className="block truncate font-mono text-ink-soft text-xs">{key.prefix}…</span>
    </>
  );
}

function Models({ models, t }: { models: Key["allowedModels"]; t: KeysTexts }) {
  if (!models) return <span className="text-ink-faint">{t("allModels")}</span>;
  const more = models.length - SHOWN_MODELS;
  return (
    <span className="flex flex-wrap gap-1" title={models.join(", ")}>
      {models.slice(0, SHOWN_MODELS).map((model) => (
        <span
          key={model}
          className="max-w-36 truncate rounded-md bg-sunken px-1.5 py-0.5 font-mono text-ink-soft text-xs ring-1 ring-line ring-inset"
        >
          {model}
        </span>
      ))}
      {more > 0 ? (
        <span className="py-0.5 text-ink-soft text-xs">{t("moreModels", { count: more })}</span>
      ) : null}
    </span>
  );
}

function Rate({ item, t, format }: { item: Key; t: KeysTexts; format: Format }) {
  if (item.rateLimitPerSecond === null) {
    return <span className="whitespace-nowrap text-ink-faint">{t("noLimit")}</span>;
  }
  const rate = item.rateLimitPerSecond.toLocaleString(format.locale);
  const burst = format.integer(item.rateLimitBurst ?? 0);
  return (
    <span className="whitespace-nowrap" title={t("rateTitle", { rate, burst })}>
      {t("ratePerSecond", { rate })}
    </span>
  );
}

function ExpiresAt({ item, t, format }: { item: Key; t: KeysTexts; format: Format }) {
  if (item.expiresAt === null) {
    return <span className="whitespace-nowrap text-ink-faint">{t("noExpiry")}</span>;
  }
  const left = new Date(item.expiresAt).getTime() - Date.now();
  const isSoon = item.state === "active" && left < SOON_MILLISECONDS;
  return (
    <span
      className={cn("whitespace-nowrap", isSoon ? "font-medium text-warning" : "text-ink-soft")}
      title={format.dateTime(item.expiresAt)}
    >
      {isSoon ? format.ago(item.expiresAt) : format.date(item.expiresAt)}
    </span>
  );
}
