import { Tabs } from "@base-ui/react/tabs";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange, useIsManager, useSignedIn } from "@/shared/hooks/session";
import { Badge } from "@/shared/ui/Badge";
import { PageHeader } from "@/shared/ui/Card";
import { Failure, Skeleton } from "@/shared/ui/states";
import { STATUS_TONE, statusText } from "./columns";
import { AlertsTab } from "./detail/AlertsTab";
import { Aliases } from "./detail/Aliases";
import { DayCard } from "./detail/DayCard";
import { GrantsCard } from "./detail/GrantsCard";
import { GroupCard } from "./detail/GroupCard";
import { MailNotice } from "./detail/MailNotice";
import { MonthsTab } from "./detail/MonthsTab";
import { QuotaCard } from "./detail/QuotaCard";
import { RefusalsCard } from "./detail/RefusalsCard";
import { RequestsTab } from "./detail/RequestsTab";
import { StatusNotice } from "./detail/StatusNotice";
import { TokenRequestsCard } from "./detail/TokenRequestsCard";
import { TransactionsTab } from "./detail/TransactionsTab";
import { UsageTab } from "./detail/UsageTab";
import { UserActions } from "./detail/UserActions";
import { TABS } from "./search";
import { useUsersTexts } from "./texts";
import { useUser, useUserAlerts } from "./userData";
import { useUserTexts } from "./userTexts";

/** One user, live: the quota, what it went on, who changed it. */
export function UserPage() {
  const t = useUserTexts();
  const { userId } = useParams({ from: "/inside/users/$userId" });
  const user = useUser(userId);
  if (user.error && !user.data) {
    return (
      <>
        <PageHeader before={<Back />} title={t("title")} />
        <Failure error={user.error} onRetry={() => void user.refetch()} />
      </>
    );
  }
  return (
    <>
      <Header user={user.data} />
      <StatusNotice user={user.data} />
      <MailNotice user={user.data} />
      <Aliases user={user.data} />
      <QuotaCard user={user.data} />
      <GroupCard user={user.data} />
      <DayCard user={user.data} />
      <GrantsCard user={user.data} />
      <TokenRequestsCard user={user.data} />
      <Sections key={userId} userId={userId} />
    </>
  );
}

function Back() {
  const t = useUserTexts();
  return (
    <Link
      to="/users"
      className="mb-2 inline-flex items-center gap-1 rounded text-[0.8125rem] text-ink-soft hover:text-ink"
    >
      <ChevronLeft className="size-4" aria-hidden />
      {t("back")}
    </Link>
  );
}

function Header({ user }: { user: Model<"UserOut"> | undefined }) {
  const t = useUserTexts();
  const names = useUsersTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const isManager = useIsManager();
  // What managers change of others, they do not change of themselves.
  const isOneself = useSignedIn()?.email === user?.email;
  if (!user) {
    return (
      <PageHeader
        before={<Back />}
        title={<Skeleton className="my-1 h-7 w-56" />}
        description={"\u00a0"}
      />
    );
  }
  const isDeleted = user.status === "deleted";
  return (
    <PageHeader
      before={<Back />}
      name={isDeleted ? t("deletedName") : user.name || user.email}
      title={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
          <span className="min-w-0 break-words">
            {isDeleted ? t("deletedName") : user.name || user.email}
          </span>
          <Badge tone={STATUS_TONE[user.status]} dot className="tracking-normal">
            {isDeleted ? t("status_deleted") : statusText(names, user.status)}
          </Badge>
          <Badge tone="brand" className="tracking-normal">
            {names(`plan_${user.plan}`)}
          </Badge>
        </span>
      }
      description={
        isDeleted
          ? t("deletedText")
          : [
              user.email,
              t("since", { date: format.date(user.createdAt) }),
              user.lastLogin ? t("lastSeen", { ago: format.ago(user.lastLogin) }) : t("neverSeen"),
            ].join(" · ")
      }
      actions={
        (canChange || (isManager && !isOneself)) && !isDeleted ? (
          <UserActions user={user} isManager={isManager} />
        ) : null
      }
    />
  );
}

const TAB =
  "relative flex h-10 items-center gap-2 whitespace-nowrap px-1 font-medium text-ink-soft outline-none hover:text-ink data-active:text-ink focus-visible:outline-2 focus-visible:outline-brand focus-visible:-outline-offset-2";

function Sections({ userId }: { userId: string }) {
  const t = useUserTexts();
  const search = useSearch({ from: "/inside/users/$userId" });
  const navigate = useNavigate({ from: "/users/$userId" });
  const open = useUserAlerts(userId).data?.items.filter((one) => !one.resolvedAt).length ?? 0;
  const tab = search.tab ?? "usage";
  return (
    <Tabs.Root
      value={tab}
      className="mt-6"
      onValueChange={(next: (typeof TABS)[number]) =>
        void navigate({ search: next === "usage" ? {} : { tab: next }, resetScroll: false })
      }
    >
      <div className="mb-5 overflow-x-auto border-line border-b">
        <Tabs.List aria-label={t("tabs")} className="relative flex w-max gap-5">
          {TABS.map((value) => (
            <Tabs.Tab key={value} value={value} className={TAB}>
              {t(`tab_${value}`)}
              {value === "alerts" && open > 0 ? <Badge tone="warning">{open}</Badge> : null}
            </Tabs.Tab>
          ))}
          <Tabs.Indicator className="absolute bottom-0 left-0 h-0.5 w-(--active-tab-width) translate-x-(--active-tab-left) rounded-full bg-brand transition-all duration-200" />
        </Tabs.List>
      </div>
      <Tabs.Panel value="usage">
        <UsageTab userId={userId} />
      </Tabs.Panel>
      <Tabs.Panel value="requests">
        <RefusalsCard userId={userId} />
        <RequestsTab
          userId={userId}
          onlyFailed={search.failed ?? false}
          onFilter={(failed) =>
            void navigate({
              search: failed ? { tab: "requests", failed } : { tab: "requests" },
              replace: true,
              resetScroll: false,
            })
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="transactions">
        <TransactionsTab userId={userId} />
      </Tabs.Panel>
      <Tabs.Panel value="months">
        <MonthsTab userId={userId} />
      </Tabs.Panel>
      <Tabs.Panel value="alerts">
        <AlertsTab userId={userId} />
      </Tabs.Panel>
    </Tabs.Root>
  );
}
