import { Download, FolderClock, Trash2, X } from "lucide-react";
import { useState } from "react";
import { useFormat } from "@/shared/format";
import { useIsManager, useSignedIn } from "@/shared/hooks/session";
import { useNow } from "@/shared/hooks/time";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Button, IconButton } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Empty, Failure, Skeleton } from "@/shared/ui/states";
import { toast, toastError } from "@/shared/ui/toast";
import { type ExportJob, isOpenJob, useDownload, useExportJobs, useRemoveJob } from "./data";
import { useExportTexts } from "./texts";

const TONE: Record<ExportJob["state"], Tone> = {
  queued: "neutral",
  running: "info",
  done: "ok",
  failed: "danger",
};

const ERRORS = [
  "too_many_rows",
  "out_of_time",
  "store_unavailable",
  "interrupted",
  "internal_error",
] as const;

/** Files that were made in the background, and those at work. */
export function ExportsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useExportTexts();
  const isManager = useIsManager();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width="medium"
      title={t("recent")}
      description={t(isManager ? "recentOwnText" : "recentText")}
    >
      {open ? <Jobs /> : null}
    </Dialog>
  );
}

function Jobs() {
  const t = useExportTexts();
  const jobs = useExportJobs(true);
  if (jobs.error && !jobs.data) {
    return <Failure error={jobs.error} onRetry={() => void jobs.refetch()} />;
  }
  if (!jobs.data) {
    return (
      <div className="flex flex-col gap-4 py-3">
        {["a", "b", "c"].map((key) => (
          <Skeleton key={key} className="h-12 w-full" />
        ))}
      </div>
    );
  }
  if (jobs.data.items.length === 0) {
    return (
      <Empty icon={<FolderClock />} title={t("emptyTitle")}>
        {t("emptyText")}
      </Empty>
    );
  }
  return (
    <ul className="-mx-6 divide-y divide-line border-line border-t">
      {jobs.data.items.map((job) => (
        <Job key={job.id} job={job} />
      ))}
    </ul>
  );
}

function Job({ job }: { job: ExportJob }) {
  const t = useExportTexts();
  const format = useFormat();
  const now = useNow(10_000);
  const name = job.fileName ?? job.id;
  const error = ERRORS.find((one) => one === job.error) ?? "internal_error";
  const rows =
    job.rowsExpected !== null && isOpenJob(job)
      ? t("rowsOf", {
          count: job.rowsExpected,
          done: format.integer(job.rowsDone),
          expected: format.integer(job.rowsExpected),
        })
      : t("rows", { count: job.rowsDone, done: format.integer(job.rowsDone) });
  return (
    <li className="flex items-start gap-3 px-6 py-3.5">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium text-ink">{t(`type_${job.type}`)}</span>
          <span className="font-medium text-ink-faint text-xs uppercase">{job.format}</span>
          <Badge tone={TONE[job.state]} dot>
            {t(`state_${job.state}`)}
          </Badge>
        </p>
        <p className="mt-0.5 truncate text-ink-soft text-xs" title={name}>
          {name}
        </p>
        {isOpenJob(job) ? <Progress job={job} name={name} /> : null}
        <p className="tabular mt-1 text-ink-faint text-xs">
          {job.state === "failed"
            ? t(`error_${error}`)
            : [
                job.state === "queued" ? null : rows,
                job.fileBytes === null ? null : format.bytes(job.fileBytes),
                t("by", { who: job.requestedBy, ago: format.ago(job.createdAt, now) }),
              ]
                .filter(Boolean)
                .join(" · ")}
        </p>
      </div>
      <JobActions job={job} name={name} />
    </li>
  );
}

function Progress({ job, name }: { job: ExportJob; name: string }) {
  const t = useExportTexts();
  const percent = Math.round(100 * job.progress);
  const isKnown = job.rowsExpected !== null && job.state === "running";
  return (
    <div
      role="progressbar"
      aria-label={t("progress", { name })}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(isKnown ? { "aria-valuenow": percent } : {})}
      className="mt-2 h-1.5 overflow-hidden rounded-full bg-sunken ring-1 ring-line"
    >
      <div
        className={
          isKnown
            ? "h-full rounded-full bg-brand transition-[width] duration-700"
            : "h-full w-full animate-pulse bg-brand/35"
        }
        style={isKnown ? { width: `${Math.max(2, percent)}%` } : undefined}
      />
    </div>
  );
}

function JobActions({ job, name }: { job: ExportJob; name: string }) {
  const t = useExportTexts();
  const user = useSignedIn();
  const download = useDownload();
  const remove = useRemoveJob();
  const [isAsked, setAsked] = useState(false);
  const mayRemove = user?.role === "admin" || user?.email === job.requestedBy;
  const isOpen = isOpenJob(job);
  const removeIt = () =>
    remove.mutate(job.id, {
      onSuccess: () => toast(t(isOpen ? "cancelled" : "removed")),
      onError: (error) => toastError(t("removeFailed"), error.message),
    });
  if (isAsked) {
    return (
      <div className="flex shrink-0 gap-2">
        <Button size="small" variant="ghost" onClick={() => setAsked(false)}>
          {t("keep")}
        </Button>
        <Button size="small" variant="danger" busy={remove.isPending} onClick={removeIt}>
          {t("remove")}
        </Button>
      </div>
    );
  }
  return (
    <div className="flex shrink-0 items-center gap-1">
      {job.state === "done" ? (
        <Button
          size="small"
          aria-label={t("downloadOne", { name })}
          busy={download.isPending}
          icon={<Download className="size-3.5" aria-hidden />}
          onClick={() =>
            download.mutate(job.id, {
              onError: (error) => toastError(t("downloadFailed"), error.message),
            })
          }
        >
          {t("download")}
        </Button>
      ) : null}
      {!mayRemove ? null : isOpen ? (
        <Button
          size="small"
          aria-label={t("cancelOne", { name })}
          busy={remove.isPending}
          icon={<X className="size-3.5" aria-hidden />}
          onClick={removeIt}
        >
          {t("cancel")}
        </Button>
      ) : (
        <IconButton
          className="size-8"
          label={t("removeOne", { name })}
          onClick={() => setAsked(true)}
        >
          <Trash2 className="size-4" aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
