import { Link } from "@tanstack/react-router";
import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import { Badge, type Tone } from "@/shared/ui/Badge";
import type { Column } from "@/shared/ui/DataTable";
import { UsageBar } from "@/shared/ui/UsageBar";
import type { useUsersTexts } from "./texts";

type User = Model<"UserOut">;

export const STATUS_TONE: Record<User["status"], Tone> = {
  active: "ok",
  suspended: "warning",
  blocked: "danger",
  pending: "info",
  deleted: "neutral",
};

type Texts = ReturnType<typeof useUsersTexts>;

/** A status in the language shown; a deleted user is listed nowhere but keeps a name for it. */
export function statusText(t: Texts, status: User["status"]): string {
  return status === "deleted" ? status : t(`status_${status}`);
}

/** Columns that are shown only to who has asked for them. */
export const USUALLY_HIDDEN = ["costCenter"];

/** The columns of the list; the most telling stay on a phone. */
export function userColumns(t: Texts, format: Format): Column<User>[] {
  return [
    {
      key: "name",
      header: t("name"),
      sort: "name",
      className: "max-w-36 sm:max-w-72",
      cell: (user) => (
        <Link
          to="/users/$userId"
          params={{ userId: user.id }}
          className="group block min-w-0 rounded"
        >
          <span className="block truncate font-medium text-ink group-hover:underline">
            {user.name || user.email}
          </span>
          <span className="block truncate text-[0.8125rem] text-ink-soft">{user.email}</span>
          {user.aliases.length > 0 ? (
            <span
              className="block truncate text-[0.8125rem] text-ink-soft"
              title={user.aliases.join(", ")}
            >
              {t("alsoKnownAs", { emails: user.aliases.join(", ") })}
            </span>
          ) : null}
          {user.status === "active" ? null : (
            <Badge tone={STATUS_TONE[user.status]} dot className="mt-1 sm:hidden">
              {statusText(t, user.status)}
            </Badge>
          )}
        </Link>
      ),
    },
    {
      key: "status",
      header: t("status"),
      from: "sm",
      cell: (user) => (
        <Badge tone={STATUS_TONE[user.status]} dot>
          {statusText(t, user.status)}
        </Badge>
      ),
    },
    {
      key: "group",
      header: t("group"),
      from: "xl",
      // at 1280 all columns must fit beside a long name
      className: "max-w-32 2xl:max-w-44",
      cell: (user) =>
        user.groupId === null ? (
          <span className="text-ink-faint">—</span>
        ) : (
          <Link
            to="/users"
            search={{ group: [user.groupId] }}
            title={user.groupName ?? user.groupId}
            className="block truncate rounded text-ink-soft hover:text-ink hover:underline"
          >
            {user.groupName ?? user.groupId}
          </Link>
        ),
    },
    {
      key: "costCenter",
      header: t("costCenter"),
      from: "xl",
      className: "max-w-36",
      cell: (user) =>
        user.costCenter ? (
          <span className="block truncate text-ink-soft" title={user.costCenter}>
            {user.costCenter}
          </span>
        ) : (
          <span className="text-ink-faint">—</span>
        ),
    },
    {
      key: "plan",
      header: t("plan"),
      from: "lg",
      cell: (user) => <span className="text-ink-soft">{t(`plan_${user.plan}`)}</span>,
    },
    {
      key: "usage",
      header: t("usage"),
      sort: "percentage",
      className: "w-28 sm:w-44 md:w-56",
      cell: (user) => <Usage user={user} t={t} format={format} />,
    },
    {
      key: "used",
      header: t("remaining"),
      align: "right",
      from: "xl",
      cell: (user) => (
        <span title={format.integer(user.remainingTokens)}>
          {format.compact(user.remainingTokens)}
        </span>
      ),
    },
    {
      key: "lastSeen",
      header: t("lastSeen"),
      sort: "lastSeen",
      from: "md",
      align: "right",
      cell: (user) => (
        <span
          className="whitespace-nowrap text-ink-soft"
          title={user.lastLogin ? format.dateTime(user.lastLogin) : undefined}
        >
          {user.lastLogin ? format.ago(user.lastLogin) : t("never")}
        </span>
      ),
    },
  ];
}

function Usage({ user, t, format }: { user: User; t: Texts; format: Format }) {
  const percent = format.percent(user.grantedPercentage);
  return (
    <div>
      <p className="mb-1.5 flex items-baseline justify-between gap-3 text-[0.8125rem]">
        <span
          className="tabular hidden truncate sm:inline"
          title={format.integer(user.currentUsage)}
        >
          {t("ofLimit", {
            used: format.compact(user.currentUsage),
            limit: [user.monthlyLimit, user.additionalTokens]
              .filter((tokens, index) => index === 0 || tokens !== 0)
              .map(format.compact)
              .join(" + "),
          })}
        </span>
        <span className="tabular text-ink-soft">{percent}</span>
      </p>
      <UsageBar
        percent={user.grantedPercentage}
        level={user.usageLevel}
        label={t("percent", { percent })}
      />
    </div>
  );
}
