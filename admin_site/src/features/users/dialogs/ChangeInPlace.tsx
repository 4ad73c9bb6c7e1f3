import { useEffect } from "react";
import { toastError } from "@/shared/ui/toast";
import { useActionTexts } from "../actionTexts";
import { useUser } from "../userData";
import { EditDialog } from "./EditDialog";
import { TokensDialog } from "./TokensDialog";

/** The form that gives a user tokens or another limit, over whatever page is shown. */
export function ChangeInPlace({
  userId,
  what,
  onClose,
}: {
  userId: string;
  what: "tokens" | "limit";
  onClose: () => void;
}) {
  const t = useActionTexts();
  const { data: user, error } = useUser(userId);
  const failure = user ? null : error;
  useEffect(() => {
    if (failure === null) return;
    toastError(t("failed"), failure.message);
    onClose();
  }, [failure, t, onClose]);
  if (!user) return null;
  return what === "tokens" ? (
    <TokensDialog open user={user} onClose={onClose} />
  ) : (
    <EditDialog open user={user} onClose={onClose} />
  );
}
