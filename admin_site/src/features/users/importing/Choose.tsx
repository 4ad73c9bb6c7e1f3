import { ClipboardPaste, FileUp } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { ApiError } from "@/shared/api/client";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { CopyButton } from "@/shared/ui/CopyButton";
import { cn } from "@/shared/ui/cn";
import { DialogActions } from "@/shared/ui/Dialog";
import { Field, Textarea } from "@/shared/ui/Field";
import { FormProblem } from "../dialogs/forms";
import { decode, MAX_BYTES, MAX_LINES } from "./csv";
import type { Source } from "./ImportDialog";
import { useImportTexts } from "./texts";

const SAMPLE = `email;nome;plano;limite_mensal
ana.lima@exemplo.com.br;Ana Lima;pro;2.000.000
joao.souza@exemplo.com.br;João Souza;basic;
`;

/** A file, dropped or chosen, or a text. */
export function Choose({
  busy,
  error,
  initial,
  onChosen,
}: {
  busy: boolean;
  error: Error | null;
  initial: string;
  onChosen: (source: Source) => void;
}) {
  const t = useImportTexts();
  const format = useFormat();
  const [problem, setProblem] = useState<string | null>(null);
  const [text, setText] = useState(initial);
  const [isPasting, setPasting] = useState(initial !== "");
  const read = async (file: File | undefined) => {
    if (!file) return;
    setProblem(null);
    if (file.size > MAX_BYTES) {
      setProblem(t("tooBig", { size: format.bytes(file.size), max: format.bytes(MAX_BYTES) }));
      return;
    }
    try {
      onChosen({ name: file.name, csv: decode(await file.arrayBuffer()) });
    } catch {
      setProblem(t("unreadable"));
    }
  };
  const refused =
    error instanceof ApiError ? (error.fields[0]?.message ?? error.message) : error?.message;
  return (
    <div className="flex flex-col gap-4">
      <FormProblem message={problem ?? refused} />
      {isPasting ? (
        <Field label={t("pasteLabel")}>
          <Textarea
            rows={8}
            className="font-mono text-xs"
            value={text}
            placeholder={SAMPLE}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </Field>
      ) : (
        <Drop busy={busy} onFile={(file) => void read(file)} onPaste={() => setPasting(true)} />
      )}
      <p className="text-[0.8125rem] text-ink-soft">
        {t("limits", { lines: format.integer(MAX_LINES), size: format.bytes(MAX_BYTES) })}
      </p>
      <Sample />
      <p className="text-[0.8125rem] text-ink-soft">{t("grants")}</p>
      <p className="text-[0.8125rem] text-ink-soft">{t("groups")}</p>
      {isPasting ? (
        <DialogActions>
          <Button onClick={() => setPasting(false)} disabled={busy}>
            {t("choose")}
          </Button>
          <Button
            variant="primary"
            busy={busy}
            disabled={text.trim() === ""}
            onClick={() => onChosen({ name: "", csv: text })}
          >
            {t("check")}
          </Button>
        </DialogActions>
      ) : null}
    </div>
  );
}

function Drop({
  busy,
  onFile,
  onPaste,
}: {
  busy: boolean;
  onFile: (file: File | undefined) => void;
  onPaste: () => void;
}) {
  const t = useImportTexts();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const over = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the buttons do the same
    <div
      className={cn(
        "flex flex-col items-center rounded-2xl border-2 border-line border-dashed bg-sunken px-6 py-9 text-center transition-colors",
        isOver && "border-brand bg-brand-soft",
      )}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer.files[0]);
      }}
    >
      <FileUp className="size-7 text-ink-faint" aria-hidden />
      <p className="mt-3 font-medium">{t(busy ? "checking" : "drop")}</p>
      <p className="mt-0.5 mb-3 text-ink-soft">{t("or")}</p>
      <div className="flex flex-wrap justify-center gap-2">
        <label htmlFor={id} className="sr-only">
          {t("choose")}
        </label>
        <input
          ref={input}
          id={id}
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            onFile(event.currentTarget.files?.[0]);
            // The same file again, once it was mended, is a change too.
            event.currentTarget.value = "";
          }}
        />
        <Button
          variant="primary"
          busy={busy}
          icon={<FileUp className="size-4" aria-hidden />}
          onClick={() => input.current?.click()}
        >
          {t("choose")}
        </Button>
        <Button
          disabled={busy}
          icon={<ClipboardPaste className="size-4" aria-hidden />}
          onClick={onPaste}
        >
          {t("paste")}
        </Button>
      </div>
    </div>
  );
}

function Sample() {
  const t = useImportTexts();
  return (
    <div className="overflow-hidden rounded-xl border border-line">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-4 py-2">
        <p className="flex-1 text-[0.8125rem]">
          <span className="font-medium">{t("sample")}</span>{" "}
          <span className="text-ink-soft">{t("sampleText")}</span>
        </p>
        <CopyButton text={SAMPLE} label={t("sampleCopy")} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a phone */}
      <pre className="overflow-x-auto bg-sunken px-4 py-3 font-mono text-xs" tabIndex={0}>
        {SAMPLE.trim()}
      </pre>
    </div>
  );
}
