import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { useSettled } from "@/shared/hooks/time";
import type { Table, Wire } from "./form";

const KEY = ["weights"];
const LIVE_MILLISECONDS = 60_000;
/** A preview reads the counters of a month: not with every letter typed. */
const TYPING_MILLISECONDS = 500;
const PREVIEW_GOOD_MILLISECONDS = 60_000;
const CONFLICT = 409;

/** Whether somebody else has changed the table meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === CONFLICT;
}

const weightsQuery = {
  queryKey: KEY,
  queryFn: ({ signal }: { signal: AbortSignal }) => unwrap(api().GET("/admin/weights", { signal })),
};

/** The table in force, and the models that were used. */
export function useWeights() {
  return useQuery({ ...weightsQuery, refetchInterval: LIVE_MILLISECONDS });
}

/** What a month would have charged by a table, once nobody types any more; null: not yet one. */
export function usePreview(weights: Wire | null) {
  const asked = useSettled(JSON.stringify(weights), TYPING_MILLISECONDS);
  const preview = useQuery({
    queryKey: ["weights-preview", asked],
    enabled: asked !== "null",
    queryFn: ({ signal }) =>
      unwrap(
        api().POST("/admin/weights/preview", { body: { weights: JSON.parse(asked) }, signal }),
      ),
    placeholderData: keepPreviousData,
    staleTime: PREVIEW_GOOD_MILLISECONDS,
  });
  return { ...preview, isBehind: asked !== JSON.stringify(weights) || preview.isPlaceholderData };
}

export function useChangeWeights() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Model<"WeightsChange">) => unwrap(api().PUT("/admin/weights", { body })),
    onSuccess: (table) => queries.setQueryData(KEY, table),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: KEY });
      void queries.invalidateQueries({ queryKey: ["audit"] });
    },
  });
}

/**
 * The table as it was when a dialog opened, and how to put another in its place.
 *
 * Where somebody else has changed it meanwhile, nothing is saved: `base` is then theirs,
 * `conflicts` counts it, and whoever asked looks at it and asks again.
 */
export function useSaving(table: Table) {
  const queries = useQueryClient();
  const change = useChangeWeights();
  const [base, setBase] = useState(table);
  const [conflicts, setConflicts] = useState(0);
  /** The table saved; null after a conflict. Raises what else the API refuses. */
  const save = async (weights: Wire, reason: string): Promise<Table | null> => {
    try {
      return await change.mutateAsync({ weights, version: base.version, reason });
    } catch (error) {
      if (!isConflict(error)) throw error;
      setBase(await queries.fetchQuery({ ...weightsQuery, staleTime: 0 }));
      setConflicts((count) => count + 1);
      return null;
    }
  };
  return { base, conflicts, save, isSaving: change.isPending };
}
