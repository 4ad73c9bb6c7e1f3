import { ShieldAlert } from "lucide-react";
import { useState } from "react";
import { siteConfig } from "@/shared/api/config";
import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { CodeBlock } from "@/shared/ui/CodeBlock";
import { DialogActions } from "@/shared/ui/Dialog";
import { Segments } from "@/shared/ui/Tabs";
import { chatCommand, environmentLine, gatewayUrl, modelsCommand } from "./snippets";
import { useKeysTexts } from "./texts";

/** The key itself, this once, and how to use it. */
export function CreatedKey({
  created,
  isAsking,
  onCopied,
  onStay,
  onDone,
}: {
  created: Model<"CreatedKey">;
  /** Somebody wants to close it without having copied the key. */
  isAsking: boolean;
  onCopied: () => void;
  onStay: () => void;
  onDone: () => void;
}) {
  const t = useKeysTexts();
  return (
    <div className="flex flex-col gap-5">
      <div className="flex gap-3 rounded-xl bg-warning-soft px-4 py-3 text-warning ring-1 ring-warning/25">
        <ShieldAlert className="mt-0.5 size-4.5 shrink-0" aria-hidden />
        <div>
          <p className="font-semibold">{t("keepTitle")}</p>
          <p className="mt-0.5 text-[0.8125rem]">{t("keepText")}</p>
        </div>
      </div>
      <CodeBlock label={t("theKey")} text={created.key} wrap strong onCopied={onCopied} />
      <HowToUse created={created} onCopied={onCopied} />
      {isAsking ? (
        <div
          role="alert"
          className="mt-1"
          ref={(element) => element?.scrollIntoView({ block: "nearest" })}
        >
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

function HowToUse({ created, onCopied }: { created: Model<"CreatedKey">; onCopied: () => void }) {
  const t = useKeysTexts();
  const [tab, setTab] = useState<"librechat" | "test">(
    created.librechatYaml ? "librechat" : "test",
  );
  const gateway = gatewayUrl(siteConfig().apiBaseUrl, location.href);
  return (
    <section className="flex flex-col gap-3">
      <header className="flex items-center justify-between gap-3">
        <h3 className="font-semibold text-ink">{t("connect")}</h3>
        {created.librechatYaml ? (
          <Segments
            label={t("connect")}
            value={tab}
            onChange={setTab}
            options={[
              { value: "librechat", label: t("tabLibrechat") },
              { value: "test", label: t("tabTest") },
            ]}
          />
        ) : null}
      </header>
      {tab === "librechat" && created.librechatYaml ? (
        <>
          {/* This line holds the key too: who copied it has kept it. */}
          <CodeBlock
            label={t("environment")}
            text={environmentLine(created)}
            wrap
            onCopied={onCopied}
          />
          <CodeBlock label={t("yaml")} text={created.librechatYaml.trimEnd()} />
        </>
      ) : (
        <>
          {created.kind === "personal" ? (
            <CodeBlock label={t("personalUse")} text={gateway} />
          ) : null}
          <CodeBlock label={t("listModels")} text={modelsCommand(created, gateway)} wrap />
          <CodeBlock label={t("tryChat")} text={chatCommand(created, gateway, t("hello"))} />
          <p className="text-[0.8125rem] text-ink-soft">
            {t(created.kind === "personal" ? "tryNotePersonal" : "tryNote")}
          </p>
        </>
      )}
    </section>
  );
}
