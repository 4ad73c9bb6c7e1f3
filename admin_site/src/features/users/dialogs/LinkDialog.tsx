import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Dialog } from "@/shared/ui/Dialog";
import { SecretShown } from "@/shared/ui/SecretShown";
import { Failure, Skeleton } from "@/shared/ui/states";
import { useActionTexts } from "../actionTexts";

/** Makes a link to the user's own page; made anew each time it is opened, and audited. */
export function LinkDialog({
  open,
  user,
  onClose,
}: {
  open: boolean;
  user: Model<"UserOut">;
  onClose: () => void;
}) {
  const t = useActionTexts();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("personalLinkTitle", { name: user.name || user.email })}
      description={t("personalLinkText")}
      width="medium"
    >
      <Made userId={user.id} />
    </Dialog>
  );
}

function Made({ userId }: { userId: string }) {
  const t = useActionTexts();
  const format = useFormat();
  const link = useQuery({
    queryKey: ["personal-link", userId],
    queryFn: () =>
      unwrap(api().POST("/admin/users/{user_id}/link", { params: { path: { user_id: userId } } })),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (link.error) return <Failure error={link.error} onRetry={() => void link.refetch()} />;
  if (!link.data) return <Skeleton className="h-20 w-full" />;
  return (
    <SecretShown label={t("personalLink")} value={link.data.url}>
      <p className="text-[0.8125rem] text-ink-soft">
        {t("personalLinkUntil", { date: format.date(link.data.expiresAt) })}
      </p>
    </SecretShown>
  );
}
