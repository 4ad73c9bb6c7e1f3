import { useState } from "react";
import { siteConfig } from "@/shared/api/config";
import type { Model } from "@/shared/api/types";
import { CodeBlock } from "@/shared/ui/CodeBlock";
import { Segments } from "@/shared/ui/Tabs";
import { chatCommand, environmentLine, gatewayUrl, modelsCommand } from "./snippets";
import { useKeysTexts } from "./texts";

/** What to paste where, for a key that was just made; some of it holds the key too. */
export function HowToUse({
  created,
  onCopied,
}: {
  created: Model<"CreatedKey">;
  onCopied: () => void;
}) {
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
