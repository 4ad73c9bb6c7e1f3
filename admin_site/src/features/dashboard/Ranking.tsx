import { Link } from "@tanstack/react-router";
import type { Model } from "@/shared/api/types";
import { Breakdown } from "@/shared/charts/Breakdown";
import { modelColours, seriesColour } from "@/shared/charts/TimeChart";
import { useFormat } from "@/shared/format";
import { Card, CardHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { wholeLink } from "@/shared/ui/links";
import { Empty, Skeleton } from "@/shared/ui/states";
import { UsageBar } from "@/shared/ui/UsageBar";
import { useDashboardTexts } from "./texts";

const SHOWN_MODELS = 8;
/** In place of a group's id: none. */
const NONE = "-";
const SEE_ALL = "rounded font-medium text-[0.8125rem] text-brand-ink hover:underline";

/** The ten who have used most, each with their quota. */
export function TopUsersCard({ users }: { users: Model<"TopUser">[] | undefined }) {
  const t = useDashboardTexts();
  const format = useFormat();
  return (
    <Card className="min-w-0">
      <CardHeader
        title={t("top")}
        description={t("topText")}
        actions={
          <Link to="/reports" className={SEE_ALL}>
            {t("usersAll")}
          </Link>
        }
      />
      <div className="px-5 pb-5">
        {users === undefined ? (
          <Bars />
        ) : users.length === 0 ? (
          <Empty title={t("topEmpty")} />
        ) : (
          <ol className="flex flex-col gap-3">
            {users.map((user) => (
              <li key={user.userId} className="relative">
                <div className="mb-1.5 flex items-baseline gap-3">
                  <Link
                    to="/users/$userId"
                    params={{ userId: user.userId }}
                    className={cn("min-w-0 flex-1 truncate font-medium", wholeLink)}
                    title={user.email}
                  >
                    {user.name || user.email}
                  </Link>
                  <span className="tabular text-ink">{format.compact(user.usage)}</span>
                  <span className="tabular w-14 text-right text-ink-soft text-xs">
                    {format.percent(user.grantedPercentage)}
                  </span>
                </div>
                <UsageBar
                  percent={user.grantedPercentage}
                  level={user.usageLevel}
                  label={t("ofQuota", { percent: format.percent(user.grantedPercentage) })}
                />
              </li>
            ))}
          </ol>
        )}
      </div>
    </Card>
  );
}

/** The month by model. */
export function ModelsCard({ models }: { models: Model<"ModelShare">[] | undefined }) {
  const t = useDashboardTexts();
  const format = useFormat();
  const shown = (models ?? []).filter((one) => one.tokens > 0).slice(0, SHOWN_MODELS);
  const colourOf = modelColours(shown.map((one) => one.model));
  return (
    <Card className="min-w-0">
      <CardHeader
        title={t("models")}
        actions={
          <Link to="/reports" search={{ group: "model" }} className={SEE_ALL}>
            {t("usersAll")}
          </Link>
        }
      />
      <div className="px-5 pb-5">
        {models === undefined ? (
          <Bars />
        ) : (
          <Breakdown
            rows={shown.map((one) => ({
              key: one.model,
              label: one.model === "-" ? t("noModel") : one.model,
              value: one.tokens,
              colour: colourOf(one.model),
              note: format.costColumn(one.costMicros, one.unpricedRequests, one.localCost),
            }))}
            formatValue={format.compact}
            formatShare={(share) => format.percent(share)}
            wrap={(model, label) => (
              <Link to="/reports" search={{ models: [model] }} className={wholeLink}>
                {label}
              </Link>
            )}
          />
        )}
      </div>
    </Card>
  );
}

/** The month by group, where there are groups; none of it else. */
export function GroupsCard({ groups }: { groups: Model<"GroupShare">[] }) {
  const t = useDashboardTexts();
  const format = useFormat();
  return (
    <Card className="min-w-0">
      <CardHeader
        title={t("groups")}
        description={t("groupsText")}
        actions={
          <Link to="/reports" search={{ group: "group" }} className={SEE_ALL}>
            {t("usersAll")}
          </Link>
        }
      />
      <div className="px-5 pb-5">
        <Breakdown
          rows={groups.map((one) => ({
            key: one.groupId ?? NONE,
            label: one.groupId ? (one.name ?? one.groupId) : t("noGroup"),
            value: one.tokens,
            colour: seriesColour(0),
            note: format.costColumn(one.costMicros, one.unpricedRequests, one.localCost),
          }))}
          formatValue={format.compact}
          formatShare={(share) => format.percent(share)}
          wrap={(group, label) => (
            <Link to="/reports" search={{ groups: [group] }} className={wholeLink}>
              {label}
            </Link>
          )}
        />
      </div>
    </Card>
  );
}

function Bars() {
  return (
    <div className="flex flex-col gap-4">
      {["a", "b", "c", "d", "e", "f"].map((key) => (
        <div key={key}>
          <Skeleton className="mb-2 h-4 w-2/3" />
          <Skeleton className="h-1.5 w-full" />
        </div>
      ))}
    </div>
  );
}
