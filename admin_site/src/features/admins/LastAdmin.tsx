import { TriangleAlert } from "lucide-react";
import { useAdminsTexts } from "./texts";

/** Why the server refused: nobody would be left to administer. */
export function LastAdmin() {
  const t = useAdminsTexts();
  return (
    <div
      role="alert"
      className="flex gap-3 rounded-xl bg-danger-soft px-4 py-3 text-danger ring-1 ring-danger/20"
    >
      <TriangleAlert className="mt-0.5 size-4.5 shrink-0" aria-hidden />
      <div>
        <p className="font-semibold">{t("lastAdminTitle")}</p>
        <p className="mt-0.5 text-[0.8125rem]">{t("lastAdminText")}</p>
      </div>
    </div>
  );
}
