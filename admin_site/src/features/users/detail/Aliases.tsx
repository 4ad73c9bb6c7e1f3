import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Model } from "@/shared/api/types";
import { useCanChange } from "@/shared/hooks/session";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { useReleaseAlias } from "../userData";
import { useUserTexts } from "../userTexts";

const LINK = "font-medium text-brand hover:underline";

/** What a user was called before, and the accounts that are one with this one; else nothing. */
export function Aliases({ user }: { user: Model<"UserDetail"> | undefined }) {
  const t = useUserTexts();
  const canChange = useCanChange();
  if (!user) return null;
  const { aliases, mergedFrom, mergedInto } = user;
  if (aliases.length === 0 && mergedFrom.length === 0 && !mergedInto) return null;
  return (
    <Card className="mb-5 px-5 py-4">
      <h2 className="font-semibold text-[0.9375rem] text-ink">{t("otherAddresses")}</h2>
      {mergedInto ? (
        <p className="mt-1 text-ink-soft">
          {t("mergedIntoText")}{" "}
          <Link to="/users/$userId" params={{ userId: mergedInto }} className={LINK}>
            {t("mergedIntoLink")}
          </Link>
        </p>
      ) : null}
      {aliases.length > 0 ? (
        <>
          <p className="mt-1 text-ink-soft">{t("aliasesText")}</p>
          <ul className="mt-2 divide-y divide-line">
            {aliases.map((email) => (
              <li key={email} className="flex flex-wrap items-center gap-3 py-2">
                <span className="wrap-anywhere min-w-0 flex-1">{email}</span>
                {canChange ? <ReleaseButton userId={user.id} email={email} /> : null}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {mergedFrom.length > 0 ? (
        <p className="mt-2 flex flex-wrap gap-x-3 text-ink-soft">
          {t("mergedFromText")}
          {mergedFrom.map((id) => (
            <Link key={id} to="/users/$userId" params={{ userId: id }} className={LINK}>
              {id.slice(0, 8)}
            </Link>
          ))}
        </p>
      ) : null}
    </Card>
  );
}

/** Gives an address of before up, after asking: who comes by it next is somebody new. */
function ReleaseButton({ userId, email }: { userId: string; email: string }) {
  const t = useUserTexts();
  const ui = useUiTexts();
  const release = useReleaseAlias(userId);
  const [isAsking, setAsking] = useState(false);
  const run = () =>
    release.mutate(email, {
      onSuccess: () => toast(t("released", { email })),
      onError: (error) => toastError(t("releaseFailed"), error.message),
      onSettled: () => setAsking(false),
    });
  return (
    <>
      <Button size="small" aria-label={t("releaseOf", { email })} onClick={() => setAsking(true)}>
        {t("release")}
      </Button>
      <Dialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t("releaseTitle", { email })}
        description={t("releaseText")}
      >
        <DialogActions>
          <Button onClick={() => setAsking(false)}>{ui("cancel")}</Button>
          <Button variant="danger" busy={release.isPending} onClick={run}>
            {t("release")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
