import { Link, useNavigate } from "@tanstack/react-router";
import { Check, Coins, Gauge, Mail, MoreHorizontal, Undo2, UserRound } from "lucide-react";
import { AlertText, causeOf, isEnding, Resolution, useAlertTitle } from "@/shared/alerts";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { useNow } from "@/shared/hooks/time";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Button, IconButton } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { toast, toastError } from "@/shared/ui/toast";
import { UsageBar, type UsageLevel } from "@/shared/ui/UsageBar";
import type { Opened } from "./AlertsPage";
import { type Alert, useReopen, useResolve } from "./data";
import { reasonOf, shownMails, toneOf } from "./mails";
import type { AlertQuery } from "./search";
import { useAlertsTexts } from "./texts";

const TONE: Record<Alert["type"], Tone> = { critical: "danger", warning: "warning", info: "info" };
const THRESHOLD_TONE = { warning: "warning", critical: "critical", block: "danger" } as const;
const LEVEL = {
  warning: "warning",
  critical: "critical",
  block: "blocked",
} as const satisfies Record<string, UsageLevel>;

/** One alert: who and what, how far, what was mailed, and what to do. */
export function AlertRow({
  alert,
  query,
  onOpen,
}: {
  alert: Alert;
  query: AlertQuery;
  onOpen: (opened: Opened) => void;
}) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-3 px-5 py-4 md:grid-cols-[minmax(0,1fr)_minmax(0,17rem)_auto]">
      <What alert={alert} />
      <HowFar alert={alert} />
      <Actions alert={alert} query={query} onOpen={onOpen} />
    </li>
  );
}

function useWho(alert: Alert): string {
  const t = useAlertsTexts();
  if (alert.userId === null) return t("system");
  return alert.userName || alert.userEmail || t("deleted");
}

function What({ alert }: { alert: Alert }) {
  const t = useAlertsTexts();
  const format = useFormat();
  const now = useNow(30_000);
  const title = useAlertTitle();
  const who = useWho(alert);
  const isKnown = alert.userId !== null && alert.userEmail !== null;
  // of what is about nobody the heading below says what it is
  const isTold =
    alert.threshold !== null || isEnding(alert) || (isKnown && causeOf(alert) !== null);
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <Badge tone={alert.threshold ? THRESHOLD_TONE[alert.threshold] : TONE[alert.type]} dot>
          {isTold ? title(alert) : t(`type_${alert.type}`)}
        </Badge>
        <time
          dateTime={alert.createdAt}
          title={format.dateTime(alert.createdAt)}
          className="text-ink-faint text-xs"
        >
          {format.ago(alert.createdAt, now)}
        </time>
      </p>
      <p className="mt-1.5 truncate font-medium">
        {alert.userId !== null && isKnown ? (
          <Link
            to="/users/$userId"
            params={{ userId: alert.userId }}
            title={alert.userEmail ?? undefined}
            className="rounded hover:underline"
          >
            {who}
          </Link>
        ) : alert.threshold === null ? (
          title(alert)
        ) : (
          who
        )}
        {alert.userName && alert.userEmail ? (
          <span className="ml-2 font-normal text-[0.8125rem] text-ink-soft max-sm:hidden">
            {alert.userEmail}
          </span>
        ) : null}
      </p>
      {alert.threshold === null ? (
        <AlertText alert={alert} className="mt-0.5 text-[0.8125rem]" />
      ) : null}
      <Mails alert={alert} />
      <Resolution alert={alert} className="mt-1 text-ink-soft text-xs" />
    </div>
  );
}

const MAIL_COLOUR: Partial<Record<Tone, string>> = {
  ok: "text-ok",
  warning: "text-warning",
  danger: "text-danger",
  info: "text-info",
};

/** Of what is about a group, or everybody. */
const WHOM = { user: "mail_people", admins: "mail_admins" } as const;

function Mails({ alert }: { alert: Alert }) {
  const t = useAlertsTexts();
  const mails = shownMails(alert.mails);
  if (mails.length === 0) return null;
  return (
    <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-ink-soft text-xs">
      {mails.map((mail) => {
        const reason = reasonOf(mail.error);
        const why = t(reason.key, { code: reason.code });
        return (
          <li
            key={mail.audience}
            title={mail.error ?? undefined}
            className="flex items-baseline gap-1.5"
          >
            <Mail className="size-3.5 shrink-0 self-center text-ink-faint" aria-hidden />
            <span>
              {t(alert.userId === null ? WHOM[mail.audience] : `mail_${mail.audience}`)}:{" "}
              <span className={cn("font-medium", MAIL_COLOUR[toneOf(mail)])}>
                {t(`mail_${mail.state}`, { why })}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function HowFar({ alert }: { alert: Alert }) {
  const t = useAlertsTexts();
  const format = useFormat();
  const { usagePercentage: percentage, currentUsage: used, monthlyLimit: limit } = alert;
  if (percentage === null || used === null || limit === null || alert.threshold === null) {
    return <div className="hidden md:block" />;
  }
  const percent = format.percent(percentage);
  const granted = limit + (alert.additionalTokens ?? 0);
  return (
    <div className="order-last col-span-2 min-w-0 md:order-none md:col-span-1">
      <p className="mb-1.5 flex items-baseline justify-between gap-3 text-[0.8125rem]">
        <span className="tabular truncate">
          {t("used", { used: format.integer(used), granted: format.integer(granted) })}
        </span>
        <span className="tabular font-medium">{percent}</span>
      </p>
      <UsageBar
        percent={percentage}
        level={LEVEL[alert.threshold]}
        label={t("percentOf", { percent })}
      />
    </div>
  );
}

function Actions({
  alert,
  query,
  onOpen,
}: {
  alert: Alert;
  query: AlertQuery;
  onOpen: (opened: Opened) => void;
}) {
  const t = useAlertsTexts();
  const canChange = useCanChange();
  const navigate = useNavigate();
  const who = useWho(alert);
  const title = useAlertTitle();
  // of what is about nobody, what it is
  const told = alert.userId === null ? title(alert) : who;
  const reopen = useReopen({
    onDone: () => toast(t("reopened", { who: told })),
    onRefused: (error) => toastError(t("reopenFailed"), error.message),
  });
  const resolve = useResolve(query, {
    onDone: (id) => toast(t("resolved", { who: told }), { undo: () => reopen.mutate(id) }),
    onRefused: (error) => toastError(t("resolveFailed"), error.message),
  });
  const { userId } = alert;
  const toUser = () => {
    if (userId !== null) void navigate({ to: "/users/$userId", params: { userId } });
  };
  const may = (action: string) => canChange && alert.actions.includes(action);
  // A viewer would find nothing in it but the link that the name is.
  const hasMenu = canChange && userId !== null && alert.userEmail !== null;
  return (
    <div className="flex items-center justify-end gap-1 self-start md:min-w-36 md:self-center">
      {may("resolve") ? (
        <Button
          size="small"
          aria-label={t("resolveOne", { who })}
          busy={resolve.isPending}
          icon={<Check className="size-3.5" aria-hidden />}
          onClick={() => resolve.mutate(alert.id)}
        >
          <span className="max-sm:sr-only">{t("resolve")}</span>
        </Button>
      ) : null}
      {may("reopen") ? (
        <Button
          size="small"
          variant="ghost"
          aria-label={t("reopenOne", { who })}
          busy={reopen.isPending}
          icon={<Undo2 className="size-3.5" aria-hidden />}
          onClick={() => reopen.mutate(alert.id)}
        >
          <span className="max-sm:sr-only">{t("reopen")}</span>
        </Button>
      ) : null}
      {hasMenu ? (
        <Menu
          trigger={
            <IconButton label={t("actions", { who })} className="size-8">
              <MoreHorizontal className="size-4" aria-hidden />
            </IconButton>
          }
        >
          {may("add_tokens") ? (
            <MenuItem icon={<Coins />} onSelect={() => onOpen({ userId, what: "tokens" })}>
              {t("addTokens")}
            </MenuItem>
          ) : null}
          {may("raise_limit") ? (
            <MenuItem icon={<Gauge />} onSelect={() => onOpen({ userId, what: "limit" })}>
              {t("raiseLimit")}
            </MenuItem>
          ) : null}
          <MenuItem icon={<UserRound />} onSelect={toUser}>
            {t("openUser")}
          </MenuItem>
        </Menu>
      ) : null}
    </div>
  );
}
