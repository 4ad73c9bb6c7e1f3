import { CircleCheck, CirclePause, Coins, Layers, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Model } from "@/shared/api/types";
import { Button, IconButton } from "@/shared/ui/Button";
import { useActionTexts } from "./actionTexts";
import type { BulkChange } from "./bulk/bulk";

const BulkDialog = lazy(() =>
  import("./bulk/BulkDialog").then((module) => ({ default: module.BulkDialog })),
);

const ACTIONS = [
  { action: "add_tokens", icon: Coins, text: "bulkTokens" },
  { action: "set_plan", icon: Layers, text: "bulkPlan" },
  { action: "activate", icon: CircleCheck, text: "bulkActivate" },
  { action: "suspend", icon: CirclePause, text: "bulkSuspend" },
] as const;

/** What can be done with the selected users; floats above the list while somebody is selected. */
export function SelectionBar({
  selected,
  known,
  onChange,
}: {
  selected: ReadonlySet<string>;
  known: ReadonlyMap<string, Model<"UserOut">>;
  onChange: (selected: ReadonlySet<string>) => void;
}) {
  const t = useActionTexts();
  const [action, setAction] = useState<BulkChange["action"]>("add_tokens");
  const [isOpen, setOpen] = useState(false);
  const [isUsed, setUsed] = useState(false);
  const count = selected.size;
  return (
    <>
      {count > 0 ? (
        <section
          aria-label={t("selectionLabel")}
          className="sticky bottom-4 z-20 mx-auto mt-4 flex w-fit max-w-full items-center gap-1 rounded-2xl border border-line bg-raised p-1.5 shadow-float"
        >
          <p role="status" className="tabular whitespace-nowrap pr-2 pl-3 font-medium">
            {t("selected", { count })}
          </p>
          <div className="h-6 w-px bg-line" aria-hidden />
          {ACTIONS.map((one) => (
            <Button
              key={one.action}
              size="small"
              variant="ghost"
              className="px-2 sm:px-2.5"
              icon={<one.icon className="size-4" aria-hidden />}
              title={t(one.text)}
              onClick={() => {
                setAction(one.action);
                setUsed(true);
                setOpen(true);
              }}
            >
              <span className="sr-only md:not-sr-only">{t(one.text)}</span>
            </Button>
          ))}
          <div className="h-6 w-px bg-line" aria-hidden />
          <IconButton
            label={t("clearSelection")}
            className="size-8"
            onClick={() => onChange(new Set())}
          >
            <X className="size-4" aria-hidden />
          </IconButton>
        </section>
      ) : null}
      <Suspense>
        {isUsed ? (
          <BulkDialog
            open={isOpen}
            action={action}
            selected={selected}
            known={known}
            onSelect={onChange}
            onClose={() => setOpen(false)}
          />
        ) : null}
      </Suspense>
    </>
  );
}
