import { CloudOff, KeyRound, Link2Off } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useFormat } from "@/shared/format";
import { useNow } from "@/shared/hooks/time";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { Skeleton } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { AskCard } from "./AskCard";
import { type MyUsage, type Own, useOwnUsage } from "./data";
import { Frame } from "./Frame";
import { firstName } from "./figures";
import { LimitCard } from "./LimitCard";
import { QuotaCard } from "./QuotaCard";
import { useMeTexts } from "./texts";
import { takeToken } from "./token";

const UsageCards = lazy(() =>
  import("./UsageCards").then((module) => ({ default: module.UsageCards })),
);

/** The user's own page, opened by a personal link. */
export function SelfServicePage({ initialToken }: { initialToken: string | null }) {
  const [token, setToken] = useState(initialToken);
  useEffect(() => {
    // Another link opened in the same tab.
    const take = () => setToken(takeToken());
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  const t = useMeTexts();
  return (
    <Frame>
      {token === null ? (
        <Message icon={<KeyRound />} title={t("missingTitle")} text={t("missingText")} />
      ) : (
        <OwnPage token={token} />
      )}
    </Frame>
  );
}

function OwnPage({ token }: { token: string }) {
  const t = useMeTexts();
  const ui = useUiTexts();
  const own = useOwnUsage(token);
  if (own.isRefused) {
    return <Message icon={<Link2Off />} title={t("expiredTitle")} text={t("expiredText")} />;
  }
  if (own.data !== null && own.updatedAt !== null) {
    return <Figures usage={own.data} updatedAt={own.updatedAt} token={token} own={own} />;
  }
  if (own.isAway) {
    return (
      <Message
        icon={<CloudOff />}
        title={ui("errorTitle")}
        text={ui("errorAway")}
        action={<Button onClick={own.ask}>{ui("retry")}</Button>}
      />
    );
  }
  return <Loading label={ui("loading")} />;
}

function Figures({
  usage,
  updatedAt,
  token,
  own,
}: {
  usage: MyUsage;
  updatedAt: Date;
  token: string;
  own: Own;
}) {
  const t = useMeTexts();
  const format = useFormat();
  const name = firstName(usage.name);
  return (
    <>
      <div className="mb-5 flex flex-wrap items-end gap-x-4 gap-y-2 sm:mb-6">
        <div className="min-w-0 flex-1 basis-60">
          <h1 className="font-semibold text-2xl tracking-tight">
            {name ? t("hello", { name }) : t("helloUnnamed")}
          </h1>
          <p className="mt-1 text-ink-soft">
            {t("subtitle", { month: format.month(usage.period) })}
          </p>
        </div>
        <p className="flex items-center gap-2 text-ink-soft">
          {usage.email}
          <Badge>{t(`plan_${usage.plan}`)}</Badge>
        </p>
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <div className="min-w-0 sm:col-span-2">
          <QuotaCard usage={usage} />
        </div>
        <div className="min-w-0 empty:hidden sm:col-span-2">
          <AskCard key={token} usage={usage} token={token} onAnswer={own.ask} />
        </div>
        <Suspense
          fallback={
            <>
              <Card className="h-[17.75rem] sm:col-span-2" />
              <Card className="min-h-80" />
            </>
          }
        >
          <UsageCards usage={usage} />
        </Suspense>
        <LimitCard usage={usage} />
      </div>
      <footer className="mt-6 flex flex-wrap justify-between gap-x-6 gap-y-1 text-ink-faint text-xs">
        <p className="min-w-0 flex-1 basis-80">
          {t("link", { date: format.date(new Date(usage.linkExpiresAt)) })}
        </p>
        <Freshness updatedAt={updatedAt} isAway={own.isAway} />
      </footer>
    </>
  );
}

function Freshness({ updatedAt, isAway }: { updatedAt: Date; isAway: boolean }) {
  const t = useMeTexts();
  const ago = useFormat().ago(updatedAt, useNow());
  return (
    <p role={isAway ? "alert" : undefined} className={isAway ? "text-critical" : undefined}>
      {t(isAway ? "away" : "updated", { ago })}
    </p>
  );
}

function Message({
  icon,
  title,
  text,
  action,
}: {
  icon: ReactNode;
  title: string;
  text: string;
  action?: ReactNode;
}) {
  return (
    <Card className="m-auto w-full max-w-lg">
      <div className="flex flex-col items-center px-6 py-14 text-center">
        <div className="mb-4 rounded-2xl bg-sunken p-3 text-ink-faint [&>svg]:size-6" aria-hidden>
          {icon}
        </div>
        <h1 className="font-semibold text-base">{title}</h1>
        <p className="mt-1.5 max-w-sm text-ink-soft">{text}</p>
        {action ? <div className="mt-5">{action}</div> : null}
      </div>
    </Card>
  );
}

function Loading({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label}>
      <Skeleton className="mb-2 h-8 w-40" />
      <Skeleton className="mb-6 h-5 w-64" />
      <Card className="mb-4 h-[21rem] p-7">
        <Skeleton className="mx-auto size-48 rounded-full sm:mx-0" />
      </Card>
      <Card className="h-[17.5rem] p-5">
        <Skeleton className="mb-6 h-5 w-40" />
        <Skeleton className="h-48 w-full" />
      </Card>
    </div>
  );
}
