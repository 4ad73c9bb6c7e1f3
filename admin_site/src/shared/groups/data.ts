import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { plain } from "@/shared/plain";
import { pollOf } from "@/shared/propagation/bringing";

export type Group = Model<"GroupOut">;

/** In filters: who has no group. */
export const NO_GROUP = "none";
/** The most groups that one filter takes. */
export const MOST_GROUPS = 50;

/** All groups, a thousand at most, and how far the last change has come. */
export function useGroups(isWanted = true) {
  return useQuery({
    queryKey: ["groups"],
    enabled: isWanted,
    queryFn: ({ signal }) => unwrap(api().GET("/admin/groups", { signal })),
    refetchInterval: ({ state }) => pollOf(state.data?.propagation),
  });
}

/** The groups by id; empty while they are on their way. */
export function useGroupsById(isWanted = true): ReadonlyMap<string, Group> {
  const items = useGroups(isWanted).data?.items;
  return useMemo(() => new Map(items?.map((one) => [one.id, one])), [items]);
}

/** Those in whose name or cost centre every word typed is, whatever its case and accents. */
export function groupsNamed<G extends Pick<Group, "name" | "costCenter">>(
  groups: readonly G[],
  typed: string,
): G[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return groups.filter((one) => {
    const text = plain(`${one.name} ${one.costCenter}`);
    return words.every((word) => text.includes(word));
  });
}
