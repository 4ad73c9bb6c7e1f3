import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import { Badge } from "@/shared/ui/Badge";
import type { Column } from "@/shared/ui/DataTable";
import { uiText } from "@/shared/ui/texts";
import { called, isSame } from "./form";
import { type AdminActions, RowMenu } from "./RowMenu";
import type { AdminsTexts } from "./texts";

type Admin = Model<"AdminOut">;

/** The columns of the list; `own` is the address of who looks, a viewer has no `actions`. */
export function adminColumns(
  t: AdminsTexts,
  format: Format,
  own: string | undefined,
  actions: AdminActions | null,
): Column<Admin>[] {
  const columns: Column<Admin>[] = [
    {
      key: "name",
      header: t("name"),
      className: "max-w-36 sm:max-w-72",
      cell: (admin) => <Person admin={admin} t={t} isOwn={isSame(own, admin.email)} />,
    },
    {
      key: "role",
      header: t("role"),
      cell: (admin) => (
        <Badge tone={admin.role === "admin" ? "brand" : "neutral"}>{t(`role_${admin.role}`)}</Badge>
      ),
    },
    {
      key: "signIn",
      header: t("signIn"),
      from: "lg",
      cell: (admin) => (
        <span className="text-ink-soft">{t(admin.hasPassword ? "byPassword" : "byOidc")}</span>
      ),
    },
    {
      key: "lastLogin",
      header: t("lastLogin"),
      from: "sm",
      align: "right",
      cell: (admin) => (
        <span
          className={`whitespace-nowrap ${admin.lastLogin ? "text-ink-soft" : "text-ink-faint"}`}
          title={admin.lastLogin ? format.dateTime(admin.lastLogin) : undefined}
        >
          {admin.lastLogin ? format.ago(admin.lastLogin) : t("never")}
        </span>
      ),
    },
    {
      key: "since",
      header: t("since"),
      from: "lg",
      align: "right",
      cell: (admin) => (
        <span className="whitespace-nowrap text-ink-soft" title={format.dateTime(admin.createdAt)}>
          {format.date(admin.createdAt)}
        </span>
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
      cell: (admin) => <RowMenu admin={admin} isOwn={isSame(own, admin.email)} actions={actions} />,
    },
  ];
}

function Person({ admin, t, isOwn }: { admin: Admin; t: AdminsTexts; isOwn: boolean }) {
  const name = called(admin);
  return (
    <div className="flex items-center gap-3">
      <span
        aria-hidden
        className="hidden size-8 shrink-0 place-items-center rounded-full bg-brand-soft font-semibold text-brand-ink uppercase sm:grid"
      >
        {name.slice(0, 1)}
      </span>
      <div className="min-w-0">
        <p className="flex items-center gap-2">
          <span className="truncate font-medium text-ink">{name}</span>
          {isOwn ? <Badge>{t("you")}</Badge> : null}
        </p>
        <p className="truncate text-[0.8125rem] text-ink-soft">{admin.email}</p>
      </div>
    </div>
  );
}
