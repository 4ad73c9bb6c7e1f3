import { CircleAlert, CloudOff, Lock, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, isUnreachable } from "@/shared/api/client";
import { Button } from "./Button";
import { cn } from "./cn";
import { useUiTexts } from "./texts";

/** A grey bar in the place of what is being loaded; give it the size of the real thing. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden className={cn("block animate-pulse rounded-md bg-line/70", className)} />
  );
}

/** What a list says when there is nothing in it, and what to do about it. */
export function Empty({
  icon,
  title,
  children,
  action,
  isPage = false,
}: {
  icon?: ReactNode;
  title: ReactNode;
  /** There is nothing else on the page: its title is the page's. */
  isPage?: boolean;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      {icon ? (
        <div className="mb-4 rounded-2xl bg-sunken p-3 text-ink-faint [&>svg]:size-6">{icon}</div>
      ) : null}
      {isPage ? (
        <h1 className="font-medium text-ink">{title}</h1>
      ) : (
        <p className="font-medium text-ink">{title}</p>
      )}
      {children ? <div className="mt-1 max-w-sm text-ink-soft">{children}</div> : null}
      {action ? <div className="mt-5">{action}</div> : null}
    </div>
  );
}

/** Why a part of the page is missing, and a way to try again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useUiTexts();
  const known = error instanceof ApiError ? error : null;
  const isAway = known === null || isUnreachable(known.status);
  const isMissing = known?.status === 404;
  const isForbidden = known?.status === 403;
  const text = isForbidden
    ? t("errorForbidden")
    : isMissing
      ? t("errorNotFound")
      : isAway
        ? t("errorAway")
        : known.status >= 500
          ? t("errorServer")
          : known.message;
  const icon = isMissing ? (
    <SearchX />
  ) : isForbidden ? (
    <Lock />
  ) : isAway ? (
    <CloudOff />
  ) : (
    <CircleAlert />
  );
  return (
    <div role="alert">
      <Empty
        icon={icon}
        title={t(isMissing ? "errorMissingTitle" : "errorTitle")}
        action={
          onRetry && !isForbidden && !isMissing ? (
            <Button onClick={onRetry}>{t("retry")}</Button>
          ) : null
        }
      >
        <p>{text}</p>
        {known?.requestId ? (
          <p className="mt-2 font-mono text-ink-faint text-xs">
            {t("requestId", { id: known.requestId })}
          </p>
        ) : null}
      </Empty>
    </div>
  );
}
