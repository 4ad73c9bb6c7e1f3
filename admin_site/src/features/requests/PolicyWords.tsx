import { useFormat } from "@/shared/format";
import type { Policy } from "./data";
import { useRequestsTexts } from "./texts";

/** A policy in sentences. */
export function PolicyWords({
  policy: { isOn, automaticTokens },
}: {
  policy: Pick<Policy, "isOn" | "automaticTokens">;
}) {
  const t = useRequestsTexts();
  const format = useFormat();
  if (!isOn) return <p>{t("policyOff")}</p>;
  return (
    <>
      <p>{t("policyOn")}</p>
      <p className="mt-1.5">
        {automaticTokens > 0
          ? t("policyAutomatic", { tokens: format.integer(automaticTokens) })
          : t("policyNone")}
      </p>
    </>
  );
}
