import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useCanChange, useIsManager, useSignedIn } from "@/shared/hooks/session";
import { type TokenRequest, useRequestsOf } from "@/shared/token-requests/data";
import { Outcome, StateBadge } from "@/shared/token-requests/Outcome";
import { useRequestWords } from "@/shared/token-requests/texts";
import { Button, buttonClass } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";

const SHOWN_FIRST = 3;

/** What a person has asked for, newest first; nothing for whoever never asked. */
export function TokenRequestsCard({ user }: { user: Model<"UserOut"> | undefined }) {
  return user && user.status !== "deleted" ? <Asked userId={user.id} /> : null;
}

function Asked({ userId }: { userId: string }) {
  const t = useRequestWords();
  const format = useFormat();
  const items = useRequestsOf(userId).data?.items ?? [];
  const [showsAll, setShowsAll] = useState(false);
  if (items.length === 0) return null;
  const shown = showsAll ? items : items.slice(0, SHOWN_FIRST);
  return (
    <Card className="mt-5">
      <CardHeader title={t("cardTitle")} description={t("cardText")} />
      <ul className="divide-y divide-line border-line border-t">
        {shown.map((request) => (
          <Row key={request.id} request={request} />
        ))}
      </ul>
      {shown.length < items.length ? (
        <div className="border-line border-t px-5 py-3">
          <Button onClick={() => setShowsAll(true)}>
            {t("all", { shown: format.integer(items.length) })}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

function Row({ request }: { request: TokenRequest }) {
  const t = useRequestWords();
  const format = useFormat();
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Link
            to="/requests"
            search={{ user: request.userId, request: request.id }}
            className="tabular rounded font-medium hover:underline"
          >
            {t("asked", { tokens: format.integer(request.tokens) })}
          </Link>
          <StateBadge state={request.state} />
          <time
            dateTime={request.createdAt}
            title={format.dateTime(request.createdAt)}
            className="text-ink-faint text-xs"
          >
            {format.ago(request.createdAt)}
          </time>
        </p>
        <p className="wrap-anywhere mt-0.5 line-clamp-2 text-[0.8125rem] text-ink-soft">
          “{request.reason}”
        </p>
        <Outcome request={request} />
      </div>
      <Decisions request={request} />
    </li>
  );
}

/** The ways to the two dialogs, for whoever may decide. */
function Decisions({ request }: { request: TokenRequest }) {
  const t = useRequestWords();
  const canChange = useCanChange();
  const isManager = useIsManager();
  const isOneself = useSignedIn()?.email === request.email;
  if (request.state !== "pending" || !(canChange || (isManager && !isOneself))) return null;
  const who = request.name || request.email;
  return (
    <div className="flex gap-2">
      {(["approve", "deny"] as const).map((decision) => (
        <Link
          key={decision}
          to="/requests"
          search={{ user: request.userId, request: request.id, decision }}
          aria-label={t(`${decision}Of`, { who })}
          className={buttonClass("secondary", "small")}
        >
          {t(decision)}
        </Link>
      ))}
    </div>
  );
}
