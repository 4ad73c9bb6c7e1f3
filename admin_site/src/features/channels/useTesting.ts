import { useCallback } from "react";
import { useFormat } from "@/shared/format";
import { toast, toastError } from "@/shared/ui/toast";
import { useResumeChannel, useTestChannel } from "./data";
import type { Channel } from "./form";
import { useChannelsTexts } from "./texts";
import { outcomeText } from "./words";

/** What a row does at once, and tells of. */
export function useTesting() {
  const t = useChannelsTexts();
  const format = useFormat();
  const { mutate: send } = useTestChannel();
  const { mutate: resumeIt } = useResumeChannel();
  const test = useCallback(
    ({ id, name }: Channel) => {
      toast(t("testing", { name }));
      send(id, {
        onSuccess: (one) =>
          one.outcome === "delivered"
            ? toast(t("tested", { name, time: format.milliseconds(one.milliseconds) }))
            : toastError(t("testFailed", { name, why: outcomeText(one, t) })),
        onError: (error) => toastError(t("testBroken"), error.message),
      });
    },
    [t, format, send],
  );
  const resume = useCallback(
    ({ id, name }: Channel) =>
      resumeIt(id, {
        onSuccess: () => toast(t("resumed", { name })),
        onError: (error) => toastError(t("resumeFailed"), error.message),
      }),
    [t, resumeIt],
  );
  return { test, resume };
}
