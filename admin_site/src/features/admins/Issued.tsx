import { ShieldAlert } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { CodeBlock } from "@/shared/ui/CodeBlock";
import { DialogActions } from "@/shared/ui/Dialog";
import { useAdminsTexts } from "./texts";

/** A generated password, this once. */
export function Issued({
  issued,
  isAsking,
  onCopied,
  onStay,
  onDone,
}: {
  issued: Model<"AdminIssued">;
  isAsking: boolean;
  onCopied: () => void;
  onStay: () => void;
  onDone: () => void;
}) {
  const t = useAdminsTexts();
  return (
    <div className="flex flex-col gap-5">
      <div className="flex gap-3 rounded-xl bg-warning-soft px-4 py-3 text-warning ring-1 ring-warning/25">
        <ShieldAlert className="mt-0.5 size-4.5 shrink-0" aria-hidden />
        <div>
          <p className="font-semibold">{t("issuedText")}</p>
          <p className="mt-0.5 text-[0.8125rem]">{t("issuedHint")}</p>
        </div>
      </div>
      <CodeBlock
        label={t("password")}
        text={issued.password ?? ""}
        wrap
        strong
        onCopied={onCopied}
      />
      {isAsking ? (
        <div role="alert" ref={(element) => element?.scrollIntoView({ block: "nearest" })}>
          <p className="font-medium text-danger">{t("notCopied")}</p>
          <DialogActions>
            <Button variant="danger" onClick={onDone}>
              {t("leave")}
            </Button>
            <Button variant="primary" onClick={onStay}>
              {t("stay")}
            </Button>
          </DialogActions>
        </div>
      ) : (
        <DialogActions>
          <Button variant="primary" onClick={onDone}>
            {t("done")}
          </Button>
        </DialogActions>
      )}
    </div>
  );
}
