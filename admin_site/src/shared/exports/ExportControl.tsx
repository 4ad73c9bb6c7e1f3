import { Braces, ChevronDown, Download, FileSpreadsheet, FileText, History } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useIsManager } from "@/shared/hooks/session";
import { currentLocale } from "@/shared/i18n";
import { Button } from "@/shared/ui/Button";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { toast, toastError } from "@/shared/ui/toast";
import { type ExportFormat, type ExportOrder, isOpenJob, useExport, useExportJobs } from "./data";
import { ExportsDialog } from "./ExportsDialog";
import { useExportTexts } from "./texts";

const FORMATS = [
  { format: "xlsx", icon: <FileSpreadsheet />, text: "xlsxText" },
  { format: "csv", icon: <FileText />, text: "csvText" },
  { format: "json", icon: <Braces />, text: "jsonText" },
] as const;

/** What managers of groups may export: what was used in their groups. */
const OF_GROUPS: ReadonlySet<ExportOrder["type"]> = new Set([
  "usage",
  "summary_by_user",
  "summary_by_group",
  "summary_by_model",
  "summary_by_day",
]);

/** The export menu of a page: what is shown as a file, and the files made of late. */
export function ExportControl({
  order,
  formats = ["xlsx", "csv", "json"],
  disabled = false,
}: {
  order: ExportOrder;
  formats?: readonly ExportFormat[];
  disabled?: boolean;
}) {
  const t = useExportTexts();
  const [isOpen, setOpen] = useState(false);
  const [awaited, setAwaited] = useState<ReadonlySet<string>>(new Set());
  const exporting = useExport();
  useAnnounce(awaited, setAwaited, isOpen);
  const isManager = useIsManager();
  const start = (format: ExportFormat) =>
    exporting.mutate(
      { ...order, format, locale: currentLocale() },
      {
        onSuccess: (job) => {
          if (job === null) return toast(t("saved"));
          setAwaited((before) => new Set([...before, job.id]));
          setOpen(true);
        },
        onError: (error) => toastError(t("failed"), error.message),
      },
    );
  const isBusy = exporting.isPending || awaited.size > 0;
  if (isManager && !OF_GROUPS.has(order.type)) return null;
  return (
    <>
      <Menu
        trigger={
          <Button
            variant="secondary"
            disabled={disabled || exporting.isPending}
            aria-busy={isBusy || undefined}
            icon={
              <Download
                className={isBusy ? "size-4 animate-pulse text-brand" : "size-4"}
                aria-hidden
              />
            }
          >
            {t("export")}
            <ChevronDown className="size-4 text-ink-faint" aria-hidden />
          </Button>
        }
      >
        {FORMATS.filter((one) => formats.includes(one.format)).map((one) => (
          <MenuItem key={one.format} icon={one.icon} onSelect={() => start(one.format)}>
            <span className="flex-1">
              {t(one.format)}
              <span className="block text-ink-soft text-xs">{t(one.text)}</span>
            </span>
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem icon={<History />} onSelect={() => setOpen(true)}>
          {t("recent")}
        </MenuItem>
      </Menu>
      <ExportsDialog open={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

/** Says when a job of this page is done, wherever the person has turned to. */
function useAnnounce(
  awaited: ReadonlySet<string>,
  onAwaited: (next: ReadonlySet<string>) => void,
  isDialogOpen: boolean,
): void {
  const t = useExportTexts();
  const jobs = useExportJobs(isDialogOpen || awaited.size > 0).data?.items;
  const texts = useRef(t);
  texts.current = t;
  useEffect(() => {
    if (!jobs || awaited.size === 0) return;
    const left = new Set(awaited);
    for (const job of jobs) {
      if (!left.has(job.id) || isOpenJob(job)) continue;
      left.delete(job.id);
      // The dialog shows it by itself.
      if (isDialogOpen) continue;
      const name = job.fileName ?? job.id;
      if (job.state === "done") toast(texts.current("ready", { name }));
      else toastError(texts.current("failedJob", { name }));
    }
    for (const id of awaited) {
      // Cancelled meanwhile.
      if (!jobs.some((job) => job.id === id)) left.delete(id);
    }
    if (left.size < awaited.size) onAwaited(left);
  }, [jobs, awaited, onAwaited, isDialogOpen]);
}
