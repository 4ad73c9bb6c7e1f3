import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./Button";
import { useUiTexts } from "./texts";

const SHOWN_MILLISECONDS = 2_000;

/** Copies a text, and says so where it was pressed. */
export function CopyButton({
  text,
  label,
  onCopied,
}: {
  text: string;
  label?: string;
  onCopied?: () => void;
}) {
  const t = useUiTexts();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      size="small"
      icon={copied ? <Check className="size-3.5 text-ok" /> : <Copy className="size-3.5" />}
      onClick={(event) => {
        const beside = event.currentTarget.parentElement ?? document.body;
        void copyText(text, beside).then((done) => {
          setCopied(done);
          if (done) onCopied?.();
        });
      }}
    >
      <span aria-live="polite">{copied ? t("copied") : (label ?? t("copy"))}</span>
    </Button>
  );
}

/** A site served by plain HTTP in a local network has no clipboard API; the old way works there. */
async function copyText(text: string, beside: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "fixed size-px opacity-0";
    // Beside the button: a dialog lets the focus go nowhere else.
    beside.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}
