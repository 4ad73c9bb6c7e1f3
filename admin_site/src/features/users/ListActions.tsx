import { FileUp, UserPlus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/shared/ui/Button";
import { useUsersTexts } from "./texts";

const NewUserDialog = lazy(() =>
  import("./dialogs/NewUserDialog").then((module) => ({ default: module.NewUserDialog })),
);
const ImportDialog = lazy(() =>
  import("./importing/ImportDialog").then((module) => ({ default: module.ImportDialog })),
);

type Opened = "create" | "import";

/** "New user" and "Import CSV"; their forms are loaded with the first use. */
export function ListActions() {
  const t = useUsersTexts();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [used, setUsed] = useState<ReadonlySet<Opened>>(new Set());
  const open = (which: Opened) => {
    setUsed((now) => new Set(now).add(which));
    setOpened(which);
  };
  const close = () => setOpened(null);
  return (
    <>
      <Button icon={<FileUp className="size-4" aria-hidden />} onClick={() => open("import")}>
        {t("import")}
      </Button>
      <Button
        variant="primary"
        icon={<UserPlus className="size-4" aria-hidden />}
        onClick={() => open("create")}
      >
        {t("create")}
      </Button>
      <Suspense>
        {used.has("create") ? <NewUserDialog open={opened === "create"} onClose={close} /> : null}
        {used.has("import") ? <ImportDialog open={opened === "import"} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
