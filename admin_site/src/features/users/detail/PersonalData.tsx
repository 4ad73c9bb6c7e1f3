import { useMutation } from "@tanstack/react-query";
import { FileDown } from "lucide-react";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { saveBlob } from "@/shared/exports/download";
import { MenuItem } from "@/shared/ui/Menu";
import { toast, toastError } from "@/shared/ui/toast";
import { actionText, useActionTexts } from "../actionTexts";

/** Downloads all that is on record about a user, and says which lists were too long for it. */
export function usePersonalData(user: Model<"UserOut">) {
  return useMutation({
    mutationFn: () =>
      unwrap(
        api().GET("/admin/users/{user_id}/personal-data", {
          params: { path: { user_id: user.id } },
        }),
      ),
    onSuccess: (data: Model<"PersonalDataOut">) => {
      const text = JSON.stringify(data, null, 2);
      saveBlob(new Blob([text], { type: "application/json" }), `${user.id}.json`);
      const name = user.name || user.email;
      if (data.leftOut.length === 0) toast(actionText("personalDataSaved", { name }));
      else toast(actionText("personalDataCut", { lists: data.leftOut.join(", ") }));
    },
    onError: (error) => toastError(actionText("failed"), error.message),
  });
}

/** The entry of the menu on the user's page, beside the one that deletes. */
export function PersonalDataItem({ user }: { user: Model<"UserOut"> }) {
  const t = useActionTexts();
  const download = usePersonalData(user);
  return (
    <MenuItem icon={<FileDown />} onSelect={() => download.mutate()} disabled={download.isPending}>
      {t("personalData")}
    </MenuItem>
  );
}
