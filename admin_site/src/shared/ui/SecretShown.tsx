import { ShieldAlert } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useId, useState } from "react";
import { Button } from "./Button";
import { CodeBlock } from "./CodeBlock";
import { DialogActions } from "./Dialog";
import { useUiTexts } from "./texts";

const CLOSING_MILLISECONDS = 300;

/** A secret that a dialog shows this once: it leaves the memory when the dialog has faded. */
export function useSecret<T>(open: boolean, onClose: () => void) {
  const [secret, show] = useState<T | null>(null);
  const [isKept, setKept] = useState(false);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    const forget = () => {
      show(null);
      setKept(false);
      setAsking(false);
    };
    if (open) return forget();
    const timer = setTimeout(forget, CLOSING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [open]);
  return {
    secret,
    show,
    /** Closes the dialog; asks first when the secret was not copied. */
    close: () => (secret !== null && !isKept ? setAsking(true) : onClose()),
    once: {
      isAsking,
      onCopied: () => {
        setKept(true);
        setAsking(false);
      },
      onStay: () => setAsking(false),
      onDone: onClose,
    },
  };
}

/**
 * A secret, to be copied, with what it is good for.
 *
 * It takes the focus: a screen reader says what it is and, with `once`, that it is not shown again.
 */
export function SecretShown({
  label,
  value,
  once,
  children,
}: {
  label: string;
  value: string;
  /** For what nobody can see again: a warning, and the question before it is lost. */
  once?: ReturnType<typeof useSecret>["once"] & {
    hint: string;
    done: string;
    notCopied: string;
  };
  /** What follows from it. */
  children?: ReactNode;
}) {
  const t = useUiTexts();
  const warning = useId();
  const focused = useCallback((element: HTMLElement | null) => element?.focus(), []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div
      role="group"
      tabIndex={-1}
      ref={focused}
      aria-label={label}
      aria-describedby={once ? warning : undefined}
      className="flex flex-col gap-5 outline-none"
    >
      {once ? (
        <div
          id={warning}
          className="flex gap-3 rounded-xl bg-warning-soft px-4 py-3 text-warning ring-1 ring-warning/25"
        >
          <ShieldAlert className="mt-0.5 size-4.5 shrink-0" aria-hidden />
          <div>
            <p className="font-semibold">{t("keepSecret")}</p>
            <p className="mt-0.5 text-[0.8125rem]">{once.hint}</p>
          </div>
        </div>
      ) : null}
      <CodeBlock
        label={label}
        text={value}
        wrap
        strong
        {...(once ? { onCopied: once.onCopied } : {})}
      />
      {children}
      {once ? <Leave {...once} /> : null}
    </div>
  );
}

function Leave({
  isAsking,
  notCopied,
  done,
  onStay,
  onDone,
}: NonNullable<Parameters<typeof SecretShown>[0]["once"]>) {
  const t = useUiTexts();
  if (!isAsking) {
    return (
      <DialogActions>
        <Button variant="primary" onClick={onDone}>
          {done}
        </Button>
      </DialogActions>
    );
  }
  return (
    <div role="alert" ref={(element) => element?.scrollIntoView({ block: "nearest" })}>
      <p className="font-medium text-danger">{notCopied}</p>
      <DialogActions>
        <Button variant="danger" onClick={onDone}>
          {t("leaveSecret")}
        </Button>
        <Button variant="primary" onClick={onStay}>
          {t("back")}
        </Button>
      </DialogActions>
    </div>
  );
}
