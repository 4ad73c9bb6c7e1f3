import { lazy, Suspense } from "react";
import { AlertsPage } from "@/features/alerts/AlertsPage";

const ChangeInPlace = lazy(() =>
  import("@/features/users/dialogs/ChangeInPlace").then((module) => ({
    default: module.ChangeInPlace,
  })),
);

/** The alerts, with the dialogs of users over them: features do not know each other. */
export function AlertsScreen() {
  return (
    <AlertsPage
      dialogOf={(opened, onClose) => (
        <Suspense>
          <ChangeInPlace {...opened} onClose={onClose} />
        </Suspense>
      )}
    />
  );
}
