import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { toastError } from "@/shared/ui/toast";
import { refreshUsers } from "../useChange";
import { Choose } from "./Choose";
import { portionsOf, renumbered, summed } from "./csv";
import { Preview } from "./Preview";
import { Progress, Result } from "./Result";
import { importText, useImportTexts } from "./texts";

export interface Source {
  name: string;
  csv: string;
}

function importCsv(csv: string, dryRun: boolean): Promise<Model<"ImportResults">> {
  return unwrap(api().POST("/admin/users/import", { body: { csv, dryRun, reason: "" } }));
}

/** From a file through what it would do to what it did. */
export function ImportDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useImportTexts();
  const [isRunning, setRunning] = useState(false);
  return (
    <Dialog
      open={open}
      // A run that has begun is watched to its end.
      onClose={() => (isRunning ? undefined : onClose())}
      title={t("title")}
      description={t("text")}
      width="large"
    >
      <Steps onClose={onClose} onRunning={setRunning} />
    </Dialog>
  );
}

function Steps({
  onClose,
  onRunning,
}: {
  onClose: () => void;
  onRunning: (isRunning: boolean) => void;
}) {
  const [source, setSource] = useState<Source | null>(null);
  const check = useMutation({ mutationFn: (chosen: Source) => importCsv(chosen.csv, true) });
  const { run, done } = useRun(onRunning);
  const preview = check.data;
  if (run.data) return <Result results={run.data} onClose={onClose} />;
  if (run.isPending && preview) {
    return <Progress done={done} total={preview.created + preview.updated} />;
  }
  if (preview && source) {
    return (
      <Preview
        preview={preview}
        name={source.name}
        onBack={() => {
          check.reset();
          run.reset();
        }}
        onRun={() => run.mutate({ csv: source.csv, preview })}
      />
    );
  }
  return (
    <Choose
      busy={check.isPending}
      error={check.error}
      initial={source?.name === "" ? source.csv : ""}
      onChosen={(chosen) => {
        setSource(chosen);
        check.mutate(chosen);
      }}
    />
  );
}

/** Writes what the preview showed, portion by portion. */
function useRun(onRunning: (isRunning: boolean) => void) {
  const queries = useQueryClient();
  const [done, setDone] = useState(0);
  const run = useMutation({
    mutationFn: async ({ csv, preview }: { csv: string; preview: Model<"ImportResults"> }) => {
      const lines: Model<"ImportLineOut">[] = [];
      const total = preview.created + preview.updated;
      onRunning(true);
      setDone(0);
      for (const portion of portionsOf(csv, preview)) {
        try {
          lines.push(...renumbered(await importCsv(portion.csv, false), portion));
        } catch (error) {
          if (lines.length === 0) throw error;
          toastError(
            importText("stopped"),
            importText("stoppedText", { done: lines.length, total }),
          );
          break;
        }
        setDone(lines.length);
      }
      return summed(lines);
    },
    onError: (error) => toastError(importText("stopped"), error.message),
    onSettled: () => {
      onRunning(false);
      refreshUsers(queries);
    },
  });
  return { run, done };
}
