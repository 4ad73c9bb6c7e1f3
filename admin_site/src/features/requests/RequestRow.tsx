import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { useFormat } from "@/shared/format";
import { useNow } from "@/shared/hooks/time";
import type { TokenRequest } from "@/shared/token-requests/data";
import { Outcome, StateBadge } from "@/shared/token-requests/Outcome";
import { useRequestWords } from "@/shared/token-requests/texts";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Reason, Standing, whoOf } from "./parts";
import { useRequestsTexts } from "./texts";
import { useMayDecide } from "./useMayDecide";

const MINUTE = 60_000;

/** One request: who asks how much and why, how they stand, and what to do or what was done. */
export function RequestRow({
  request,
  onDecide,
}: {
  request: TokenRequest;
  onDecide: (decision: "approve" | "deny") => void;
}) {
  return (
    <li className="grid gap-x-6 gap-y-3 px-5 py-4 md:grid-cols-[minmax(0,1fr)_minmax(0,15rem)] lg:grid-cols-[minmax(0,1fr)_minmax(0,15rem)_auto] lg:items-center">
      <What request={request} />
      <Standing request={request} />
      <Decisions request={request} onDecide={onDecide} />
    </li>
  );
}

function What({ request }: { request: TokenRequest }) {
  const t = useRequestsTexts();
  const format = useFormat();
  const now = useNow(MINUTE);
  const isOpen = request.state === "pending";
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5">
        <Link
          to="/users/$userId"
          params={{ userId: request.userId }}
          className="wrap-anywhere rounded font-medium hover:underline"
        >
          {whoOf(request)}
        </Link>
        <span className="tabular">
          {t(isOpen ? "asks" : "asked", { tokens: format.integer(request.tokens) })}
        </span>
        <time
          dateTime={request.createdAt}
          title={format.dateTime(request.createdAt)}
          className="text-ink-faint text-xs"
        >
          {format.ago(request.createdAt, now)}
        </time>
      </p>
      <p className="mt-1 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-[0.8125rem] text-ink-soft">
        {isOpen ? null : <StateBadge state={request.state} />}
        {request.name ? <span className="wrap-anywhere">{request.email}</span> : null}
        <Badge>{request.groupName ?? t("noGroup")}</Badge>
      </p>
      <Reason text={request.reason} />
      {isOpen ? null : (
        <div className="mt-2">
          <Outcome request={request} />
        </div>
      )}
    </div>
  );
}

function Decisions({
  request,
  onDecide,
}: {
  request: TokenRequest;
  onDecide: (decision: "approve" | "deny") => void;
}) {
  const words = useRequestWords();
  const may = useMayDecide(request);
  // Without buttons the column is as wide as with them: the figures stand below one another.
  if (may !== "yes" || request.state !== "pending") return <div className="hidden lg:block" />;
  const who = whoOf(request);
  return (
    <div className="flex gap-2 md:col-span-2 lg:col-span-1 lg:justify-end">
      <Button
        size="small"
        icon={<Check className="size-3.5" aria-hidden />}
        aria-label={words("approveOf", { who })}
        onClick={() => onDecide("approve")}
      >
        {words("approve")}
      </Button>
      <Button
        size="small"
        icon={<X className="size-3.5" aria-hidden />}
        aria-label={words("denyOf", { who })}
        onClick={() => onDecide("deny")}
      >
        {words("deny")}
      </Button>
    </div>
  );
}
