import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, isUnreachable } from "./client";

const MAX_RETRIES = 2;

/** Worth asking again: nobody answered, or the server says that it is its own fault. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/** One cache; `onAway` is told whether the last answer was missing (the API is away). */
export function createQueryClient(onAway: (away: boolean) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError) onAway(isUnreachable(error.status));
      },
      onSuccess: () => onAway(false),
    }),
    mutationCache: new MutationCache({ onSuccess: () => onAway(false) }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => isTransient(error) && failures < MAX_RETRIES,
        refetchOnWindowFocus: true,
        // A hidden page asks nothing.
        refetchIntervalInBackground: false,
      },
      mutations: { retry: false },
    },
  });
}
