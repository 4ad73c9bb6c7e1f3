import { useEffect, useRef, useState } from "react";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { AskForm } from "./AskForm";
import { AskNews } from "./AskNews";
import {
  type Draft,
  EMPTY,
  isLow,
  known,
  newsOf,
  type OwnRequest,
  type Sent,
  sendRequest,
} from "./asking";
import { useAskTexts } from "./askTexts";
import type { MyUsage } from "./data";

/** What became of a request that was not taken. */
type Refused = Exclude<Sent, { kind: "taken" }>;

/**
 * Asking for more tokens, and what became of the last request; nothing where there is neither.
 *
 * While little is left the form is open, else one asks for it. What is typed is kept for as long as
 * the page is, whatever becomes of the form.
 */
export function AskCard({
  usage,
  token,
  onAnswer,
}: {
  usage: MyUsage;
  token: string;
  /** The figures may have changed. */
  onAnswer: () => void;
}) {
  const t = useAskTexts();
  const [sent, setSent] = useState<OwnRequest | null>(null);
  const [opened, setOpened] = useState<boolean | null>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { box, turnTo } = useTurning(sent);
  const asking = known(usage.asking, sent);
  const news = newsOf(asking, usage.period);
  if (!asking.allowed && news === null && refused === null) return null;
  const low = isLow(usage);
  const isOpen = asking.allowed && (opened ?? low);
  const send = async () => {
    setBusy(true);
    setRefused(null);
    const answer = await sendRequest(token, draft);
    setBusy(false);
    if (answer.kind === "taken") {
      turnTo();
      setSent(answer.request);
      setDraft(EMPTY);
      setOpened(false);
    } else setRefused(answer);
    onAnswer();
  };
  return (
    <Card className={cn("p-5", isOpen && low && "border-brand/50 ring-1 ring-brand/30")}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="font-semibold text-[0.9375rem]">{t("title")}</h2>
          {asking.allowed ? (
            <p className="mt-0.5 text-ink-soft">{t(low ? "low" : "quiet")}</p>
          ) : null}
        </div>
        {asking.allowed && !isOpen ? (
          <Button variant={low ? "primary" : "secondary"} onClick={() => setOpened(true)}>
            {t("open")}
          </Button>
        ) : null}
      </div>
      <div
        ref={box}
        role="status"
        tabIndex={-1}
        className="rounded-xl outline-none focus-visible:outline-2 focus-visible:outline-brand"
      >
        {news ? <AskNews news={news} asking={asking} period={usage.period} /> : null}
      </div>
      <Problem refused={refused} />
      {isOpen ? (
        <AskForm
          draft={draft}
          suggestions={asking.suggestions}
          takesFocus={opened === true}
          isBusy={isBusy}
          onDraft={setDraft}
          onSend={() => void send()}
          {...(low ? {} : { onClose: () => setOpened(false) })}
        />
      ) : null}
    </Card>
  );
}

/** Where the eyes and the focus go once a request is taken: the form, which had them, is gone. */
function useTurning(sent: OwnRequest | null) {
  const box = useRef<HTMLDivElement>(null);
  const isTurning = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once what was sent is shown
  useEffect(() => {
    if (!isTurning.current) return;
    isTurning.current = false;
    box.current?.focus();
  }, [sent]);
  return {
    box,
    turnTo: () => {
      isTurning.current = true;
    },
  };
}

function Problem({ refused }: { refused: Refused | null }) {
  const t = useAskTexts();
  const text =
    refused === null
      ? null
      : refused.kind === "problem"
        ? refused.message || t("notSent")
        : t(refused.kind === "refused" ? "linkEnded" : "away");
  return (
    <div role="alert">
      {text === null ? null : (
        <p className="mt-4 rounded-xl bg-danger-soft px-3.5 py-2.5 text-danger ring-1 ring-danger/20">
          {text}
        </p>
      )}
    </div>
  );
}
