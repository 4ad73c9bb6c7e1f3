import { useCallback, useEffect, useRef, useState } from "react";
import { siteConfig } from "@/shared/api/config";
import type { Model } from "@/shared/api/types";
import { currentLocale } from "@/shared/i18n";
import { credential } from "./token";

export type MyUsage = Model<"MyUsage">;

export const REFRESH_MILLISECONDS = 15_000;
const ANSWER_MILLISECONDS = 15_000;
const UNAUTHENTICATED = 401;

/** What is known: the figures and since when, and whether the last answer was missing. */
export interface Own {
  data: MyUsage | null;
  updatedAt: Date | null;
  isAway: boolean;
  isRefused: boolean;
  ask: () => void;
}

const UNKNOWN = { data: null, updatedAt: null, isAway: false, isRefused: false };

/** The figures of whoever holds the token, asked for anew while the page is looked at. */
export function useOwnUsage(token: string): Own {
  const [state, setState] = useState<Omit<Own, "ask">>(UNKNOWN);
  const running = useRef<AbortController | null>(null);

  const ask = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    void fetchOwn(token, controller.signal).then((answer) => {
      if (controller.signal.aborted) return;
      if (answer === "refused") setState({ ...UNKNOWN, isRefused: true });
      else if (answer === "away") setState((last) => ({ ...last, isAway: true }));
      else setState({ ...UNKNOWN, data: answer, updatedAt: new Date() });
    });
  }, [token]);

  useEffect(() => {
    setState(UNKNOWN);
    ask();
    const whenSeen = () => {
      if (document.visibilityState === "visible") ask();
    };
    const timer = setInterval(whenSeen, REFRESH_MILLISECONDS);
    document.addEventListener("visibilitychange", whenSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", whenSeen);
      running.current?.abort();
    };
  }, [ask]);

  return { ...state, ask };
}

async function fetchOwn(token: string, stop: AbortSignal): Promise<MyUsage | "refused" | "away"> {
  try {
    const answer = await fetch(`${siteConfig().apiBaseUrl}/me`, {
      headers: { Authorization: `Bearer ${credential(token)}`, "Accept-Language": currentLocale() },
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
    });
    if (answer.status === UNAUTHENTICATED) return "refused";
    return answer.ok ? ((await answer.json()) as MyUsage) : "away";
  } catch {
    return "away";
  }
}
