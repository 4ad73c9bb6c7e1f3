import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import type { Column } from "@/shared/ui/DataTable";
import { uiText } from "@/shared/ui/texts";
import { keyName } from "./form";
import type { AdminKeysTexts } from "./texts";

type Key = Model<"AdminKeyOut">;

const STATE_TONE: Record<Key["state"], Tone> = {
  active: "ok",
  expired: "warning",
  revoked: "neutral",
};
const SOON_MILLISECONDS = 14 * 86_400_000;

export function adminKeyColumns(
  t: AdminKeysTexts,
  format: Format,
  onRevoke: (key: Key) => void,
): Column<Key>[] {
  return [
    {
      key: "name",
      header: t("name"),
      className: "max-w-40 sm:max-w-64",
      cell: (key) => (
        <>
          <span className="block truncate font-medium text-ink" title={key.note || undefined}>
            {keyName(key)}
          </span>
          <span className="block truncate font-mono text-ink-soft text-xs">{key.id}</span>
        </>
      ),
    },
    {
      key: "scopes",
      header: t("scopes"),
      from: "md",
      cell: (key) => (
        <span className="flex max-w-72 flex-wrap gap-1">
          {key.scopes.map((scope) => (
            <span
              key={scope}
              title={t(`scope_${scope}`)}
              className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-ink-soft text-xs ring-1 ring-line ring-inset"
            >
              {scope}
            </span>
          ))}
        </span>
      ),
    },
    {
      key: "createdBy",
      header: t("createdBy"),
      from: "xl",
      className: "max-w-52",
      cell: (key) => (
        <span className="block truncate text-ink-soft" title={format.dateTime(key.createdAt)}>
          {key.createdBy}
        </span>
      ),
    },
    {
      key: "lastUsed",
      header: t("lastUsed"),
      from: "sm",
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
      cell: (key) => <ExpiresAt item={key} format={format} />,
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
    {
      key: "actions",
      header: <span className="sr-only">{uiText("actions")}</span>,
      align: "right",
      className: "py-1.5",
      cell: (key) =>
        key.state === "revoked" ? null : (
          <Button
            size="small"
            aria-label={t("revokeOne", { name: keyName(key) })}
            onClick={() => onRevoke(key)}
          >
            {t("revoke")}
          </Button>
        ),
    },
  ];
}

function ExpiresAt({ item, format }: { item: Key; format: Format }) {
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
