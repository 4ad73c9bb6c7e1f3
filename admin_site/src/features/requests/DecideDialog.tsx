import { SearchX } from "lucide-react";
import { useState } from "react";
import { ApiError } from "@/shared/api/client";
import { useFormat } from "@/shared/format";
import { useLastShown } from "@/shared/hooks/shown";
import { type TokenRequest, useRequestsOf } from "@/shared/token-requests/data";
import { Outcome, StateBadge } from "@/shared/token-requests/Outcome";
import { useRequestWords } from "@/shared/token-requests/texts";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { ApproveForm } from "./ApproveForm";
import { DenyForm } from "./DenyForm";
import { Reason, Standing, whoOf } from "./parts";
import { useRequestsTexts } from "./texts";
import { useMayDecide } from "./useMayDecide";

const NOT_FOUND = 404;
type Decision = "approve" | "deny";

interface Chosen {
  userId: string;
  id: string;
}

interface Props {
  decision: Decision | undefined;
  /** Those that are listed: one of them is shown at once. */
  known: readonly TokenRequest[] | undefined;
  onDecide: (decision: Decision) => void;
  onClose: () => void;
}

/** One request, named by the address: to decide it, or to see what was decided. */
export function DecideDialog({ chosen, ...props }: Props & { chosen: Chosen | null }) {
  const shown = useLastShown(chosen);
  const decision = useLastShown(chosen ? (props.decision ?? "look") : null);
  return shown ? (
    <Found
      key={shown.id}
      {...props}
      chosen={shown}
      isOpen={chosen !== null}
      decision={decision === "look" || decision === null ? undefined : decision}
    />
  ) : null;
}

function Found({
  chosen,
  isOpen,
  known,
  decision,
  onDecide,
  onClose,
}: Props & { chosen: Chosen; isOpen: boolean }) {
  const t = useRequestsTexts();
  const found = useRequestsOf(chosen.userId, isOpen);
  const same = (one: TokenRequest) => one.id === chosen.id && one.userId === chosen.userId;
  const request = found.data?.items.find(same) ?? known?.find(same);
  const title = useTitle(request, decision);
  const isGone = found.error instanceof ApiError && found.error.status === NOT_FOUND;
  const isMissing = !request && (found.data !== undefined || isGone);
  return (
    <Dialog
      open={isOpen}
      onClose={onClose}
      title={isMissing ? t("notFound") : title}
      width="medium"
    >
      {request ? (
        <Body request={request} decision={decision} onDecide={onDecide} onClose={onClose} />
      ) : isMissing ? (
        <Empty icon={<SearchX />} title={t("notFound")}>
          {t("notFoundText")}
        </Empty>
      ) : found.error ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Skeleton className="h-48 w-full" />
      )}
    </Dialog>
  );
}

function useTitle(request: TokenRequest | undefined, decision: Decision | undefined): string {
  const t = useRequestsTexts();
  if (!request) return t("title");
  const isDecided = request.state !== "pending" || decision === undefined;
  const key = isDecided ? "requestTitle" : decision === "approve" ? "approveTitle" : "denyTitle";
  return t(key, { who: whoOf(request) });
}

/** What is asked for and how the person stands; then the form, or what was decided. */
function Body({
  request,
  decision,
  onDecide,
  onClose,
}: Omit<Props, "known"> & { request: TokenRequest }) {
  const t = useRequestsTexts();
  const format = useFormat();
  // Why a decision was not taken; it stays when what others decided takes the form's place.
  const [refusal, setRefusal] = useState<string | null>(null);
  const isOpen = request.state === "pending";
  return (
    <div className="flex flex-col gap-4">
      <div>
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="tabular font-medium">
            {t(isOpen ? "asks" : "asked", { tokens: format.integer(request.tokens) })}
          </span>
          <span className="text-[0.8125rem] text-ink-soft">
            {format.dateTime(request.createdAt)}
          </span>
          {isOpen ? null : <StateBadge state={request.state} />}
        </p>
        <p className="wrap-anywhere mt-0.5 text-[0.8125rem] text-ink-soft">
          {[request.email, request.groupName].filter(Boolean).join(" · ")}
        </p>
        <Reason text={request.reason} />
      </div>
      <Standing request={request} />
      <div role="alert" className="empty:hidden">
        {refusal === null ? null : (
          <p className="rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger ring-1 ring-danger/20">
            {refusal}
          </p>
        )}
      </div>
      {isOpen ? (
        <Deciding
          request={request}
          decision={decision}
          onDecide={onDecide}
          onClose={onClose}
          onRefused={setRefusal}
        />
      ) : (
        <Decided request={request} onClose={onClose} />
      )}
    </div>
  );
}

function Deciding({
  request,
  decision,
  onDecide,
  onClose,
  onRefused,
}: Omit<Props, "known"> & {
  request: TokenRequest;
  onRefused: (message: string | null) => void;
}) {
  const t = useRequestsTexts();
  const words = useRequestWords();
  const may = useMayDecide(request);
  if (may !== "yes") {
    return (
      <p className="rounded-xl bg-sunken px-3.5 py-2.5 text-ink-soft">
        {t(may === "oneself" ? "oneself" : "readOnly")}
      </p>
    );
  }
  const props = { request, onClose, onRefused };
  if (decision === "approve") return <ApproveForm {...props} />;
  if (decision === "deny") return <DenyForm {...props} />;
  return (
    <DialogActions>
      <Button onClick={() => onDecide("deny")}>{words("deny")}</Button>
      <Button variant="primary" onClick={() => onDecide("approve")}>
        {words("approve")}
      </Button>
    </DialogActions>
  );
}

function Decided({ request, onClose }: { request: TokenRequest; onClose: () => void }) {
  const ui = useUiTexts();
  return (
    <>
      <div className="rounded-xl bg-sunken px-3.5 py-2.5">
        <Outcome request={request} />
      </div>
      <DialogActions>
        <Button onClick={onClose}>{ui("close")}</Button>
      </DialogActions>
    </>
  );
}
