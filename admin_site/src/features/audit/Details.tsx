import { Link } from "@tanstack/react-router";
import { Building2, Crosshair, UserRound, UserRoundSearch } from "lucide-react";
import type { ReactNode } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useMaySee } from "@/shared/hooks/session";
import { Button, buttonClass } from "@/shared/ui/Button";
import { CopyButton } from "@/shared/ui/CopyButton";
import { changesOf } from "./changes";
import type { AuditSearch } from "./search";
import { useAuditTexts } from "./texts";
import {
  actorText,
  fieldText,
  type GroupNames,
  targetText,
  targetTypeText,
  valueText,
} from "./words";

/** All that is known of an entry. */
export function Details({
  entry,
  groups,
  onFilter,
}: {
  entry: Model<"AuditOut">;
  groups: GroupNames;
  onFilter: (change: Partial<AuditSearch>) => void;
}) {
  const t = useAuditTexts();
  const format = useFormat();
  const seesGroups = useMaySee("/groups");
  return (
    <div className="grid gap-5 rounded-xl border border-line bg-surface p-4 lg:grid-cols-2">
      <dl className="grid content-start gap-x-6 gap-y-3 sm:grid-cols-2">
        <Fact label={t("when")}>{format.dateTime(entry.createdAt)}</Fact>
        <Fact label={t("actor")}>{actorText(entry.actor, t)}</Fact>
        <Fact label={targetTypeText(entry.targetType, t)}>{targetText(entry) || "—"}</Fact>
        <Fact label={t("ip")}>{entry.ipAddress ?? "—"}</Fact>
        {entry.reason ? (
          <Fact label={t("reason")} isWide>
            {entry.reason}
          </Fact>
        ) : null}
        <Fact label={t("rawAction")}>
          <code className="text-[0.8125rem]">{entry.action}</code>
        </Fact>
        {entry.transactionId ? (
          <Fact label={t("transaction")}>
            <code className="block truncate text-[0.8125rem]" title={entry.transactionId}>
              {entry.transactionId}
            </code>
          </Fact>
        ) : null}
        {entry.requestId ? (
          <Fact label={t("requestId")} isWide>
            <span className="flex min-w-0 items-center gap-3">
              <code className="truncate text-[0.8125rem]">{entry.requestId}</code>
              <CopyButton text={entry.requestId} label={t("copyRequest")} />
            </span>
          </Fact>
        ) : null}
      </dl>
      <div className="min-w-0">
        <ChangeTable entry={entry} groups={groups} />
        <div className="mt-4 flex flex-wrap gap-2">
          {entry.targetType === "user" && entry.targetId ? (
            <Link
              to="/users/$userId"
              params={{ userId: entry.targetId }}
              className={buttonClass("secondary", "small")}
            >
              <UserRound className="size-3.5" aria-hidden />
              {t("seeUser")}
            </Link>
          ) : null}
          {seesGroups && entry.targetType === "group" ? (
            <Link
              to="/groups"
              search={entry.targetLabel ? { search: entry.targetLabel } : {}}
              className={buttonClass("secondary", "small")}
            >
              <Building2 className="size-3.5" aria-hidden />
              {t("seeGroup")}
            </Link>
          ) : null}
          {entry.targetId ? (
            <Button
              size="small"
              icon={<Crosshair className="size-3.5" aria-hidden />}
              onClick={() =>
                onFilter({ targetType: entry.targetType, targetId: entry.targetId ?? undefined })
              }
            >
              {t("onlyTarget")}
            </Button>
          ) : null}
          <Button
            size="small"
            icon={<UserRoundSearch className="size-3.5" aria-hidden />}
            onClick={() => onFilter({ actor: entry.actor })}
          >
            {t("onlyActor")}
          </Button>
        </div>
      </div>
    </div>
  );
}

function Fact({
  label,
  isWide = false,
  children,
}: {
  label: string;
  isWide?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={isWide ? "min-w-0 sm:col-span-2" : "min-w-0"}>
      <dt className="text-ink-soft text-xs">{label}</dt>
      <dd className="mt-0.5 break-words text-ink">{children}</dd>
    </div>
  );
}

function ChangeTable({ entry, groups }: { entry: Model<"AuditOut">; groups: GroupNames }) {
  const t = useAuditTexts();
  const format = useFormat();
  const changes = changesOf(entry);
  if (changes.length === 0) return null;
  const hasBefore = entry.before !== null;
  const hasAfter = entry.after !== null;
  const head = "py-1.5 pr-4 font-medium text-ink-soft text-xs";
  return (
    <table className="tabular w-full text-left text-[0.8125rem]" aria-label={t("change")}>
      <thead>
        <tr className="border-line border-b">
          <th scope="col" className={head}>
            {t("field")}
          </th>
          {hasBefore ? (
            <th scope="col" className={head}>
              {t("before")}
            </th>
          ) : null}
          {hasAfter ? (
            <th scope="col" className={head}>
              {t(hasBefore ? "after" : "value")}
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.field} className="border-line border-b last:border-b-0">
            <th scope="row" className="py-2 pr-4 font-normal text-ink-soft">
              {fieldText(change.field, t)}
            </th>
            {hasBefore ? (
              <td className="break-words py-2 pr-4 text-ink-soft">
                {valueText(change.field, change.before, t, format, groups)}
              </td>
            ) : null}
            {hasAfter ? (
              <td className="break-words py-2 font-medium text-ink">
                {valueText(change.field, change.after, t, format, groups)}
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
