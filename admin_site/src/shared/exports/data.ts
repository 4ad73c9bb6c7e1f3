import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { fileNameOf, saveBlob, saveLink } from "./download";

export type ExportJob = Model<"ExportOut">;
export type ExportFormat = Model<"ExportFormat">;
type Spread<T> = T extends unknown ? Omit<T, "format" | "locale" | "background"> : never;
/** What to export; the format is chosen in the menu, the language is the one shown. */
export type ExportOrder = Spread<Model<"ExportRequest">>;

const JOBS = ["reports", "exports"];
const SHOWN_JOBS = 20;
const POLL_MILLISECONDS = 1_500;
const ACCEPTED = 202;

export function isOpenJob(job: ExportJob): boolean {
  return job.state === "queued" || job.state === "running";
}

/** The jobs of the last seven days; looked at often while one of them is at work. */
export function useExportJobs(isShown: boolean) {
  return useQuery({
    queryKey: JOBS,
    enabled: isShown,
    queryFn: ({ signal }) =>
      unwrap(
        api().GET("/admin/reports/exports", { params: { query: { limit: SHOWN_JOBS } }, signal }),
      ),
    refetchInterval: (query) =>
      query.state.data?.items.some(isOpenJob) ? POLL_MILLISECONDS : false,
  });
}

/** Asks for a file: it is saved at once (null is returned), or a job makes it. */
export function useExport() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Model<"ExportRequest">): Promise<ExportJob | null> => {
      let response: Response | undefined;
      await unwrap(
        api()
          .POST("/admin/reports/export", { body, parseAs: "stream" })
          .then((answer) => {
            response = answer.response;
            return answer;
          }),
      );
      if (response === undefined) return null;
      if (response.status === ACCEPTED) return (await response.json()) as ExportJob;
      const name = fileNameOf(response.headers.get("content-disposition"));
      saveBlob(await response.blob(), name ?? `ia-solaris-${body.type}.${body.format}`);
      return null;
    },
    onSuccess: (job) => {
      if (job) {
        queries.setQueryData<Model<"Page_ExportOut_">>(JOBS, (page) =>
          page ? { ...page, items: [job, ...page.items] } : page,
        );
      }
      void queries.invalidateQueries({ queryKey: JOBS });
      void queries.invalidateQueries({ queryKey: ["audit"] });
    },
  });
}

/** Saves a job's file by a fresh link: one that has been shown for a while may be over. */
export function useDownload() {
  return useMutation({
    mutationFn: async (id: string) => {
      const job = await unwrap(
        api().GET("/admin/reports/exports/{export_id}", { params: { path: { export_id: id } } }),
      );
      if (job.downloadUrl) saveLink(job.downloadUrl, job.fileName ?? job.id);
      return job;
    },
  });
}

/** Cancels a job, or removes its file. */
export function useRemoveJob() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        api().DELETE("/admin/reports/exports/{export_id}", { params: { path: { export_id: id } } }),
      ),
    onSuccess: (_nothing, id) => {
      queries.setQueryData<Model<"Page_ExportOut_">>(JOBS, (page) =>
        page ? { ...page, items: page.items.filter((one) => one.id !== id) } : page,
      );
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: JOBS });
      void queries.invalidateQueries({ queryKey: ["audit"] });
    },
  });
}
