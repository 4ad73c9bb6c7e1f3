import {
  Building2,
  CircleCheck,
  CirclePause,
  Coins,
  Gauge,
  Layers,
  LoaderCircle,
  X,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Button, IconButton } from "@/shared/ui/Button";
import { toastError } from "@/shared/ui/toast";
import { useActionTexts } from "./actionTexts";
import type { BulkChange } from "./bulk/bulk";
import { MOST_SELECTED, useEverybody } from "./everybody";
import type { UsersSearch } from "./search";

const BulkDialog = lazy(() =>
  import("./bulk/BulkDialog").then((module) => ({ default: module.BulkDialog })),
);

const ACTIONS = [
  { action: "add_tokens", icon: Coins, text: "bulkTokens" },
  { action: "set_limit", icon: Gauge, text: "bulkLimit" },
  { action: "set_group", icon: Building2, text: "bulkGroup" },
  { action: "set_plan", icon: Layers, text: "bulkPlan" },
  { action: "activate", icon: CircleCheck, text: "bulkActivate" },
  { action: "suspend", icon: CirclePause, text: "bulkSuspend" },
] as const;

type User = Model<"UserOut">;

interface Props {
  selected: ReadonlySet<string>;
  known: ReadonlyMap<string, User>;
  onChange: (selected: ReadonlySet<string>) => void;
  /** The page that is shown, how many there are on all pages, and by which filters. */
  rows: readonly User[] | undefined;
  total: number;
  search: UsersSearch;
  /** Remembers who was found on pages that nobody has turned to. */
  onLearn: (users: readonly User[]) => void;
}

/** What can be done with the selected users; floats above the list while somebody is selected. */
export function SelectionBar(props: Props) {
  const { selected, known, onChange } = props;
  const t = useActionTexts();
  const format = useFormat();
  const [action, setAction] = useState<BulkChange["action"]>("add_tokens");
  const [isOpen, setOpen] = useState(false);
  const [isUsed, setUsed] = useState(false);
  const count = selected.size;
  return (
    <>
      {count > 0 ? (
        <section
          aria-label={t("selectionLabel")}
          className="sticky bottom-4 z-20 mx-auto mt-4 w-fit max-w-full rounded-2xl border border-line bg-raised p-1.5 shadow-float"
        >
          <Everybody {...props} />
          <div className="flex flex-wrap items-center gap-1">
            <p
              role="status"
              className="tabular whitespace-nowrap pr-2 pl-3 font-medium max-sm:flex-1"
            >
              {t("selected", { count, shown: format.integer(count) })}
            </p>
            <IconButton
              label={t("clearSelection")}
              className="size-8 sm:order-last"
              onClick={() => onChange(new Set())}
            >
              <X className="size-4" aria-hidden />
            </IconButton>
            <div className="flex items-center gap-1 border-line max-sm:basis-full max-sm:justify-between max-sm:border-t max-sm:pt-1 sm:border-x sm:px-1">
              {ACTIONS.map((one) => (
                <Button
                  key={one.action}
                  size="small"
                  variant="ghost"
                  icon={<one.icon className="size-4" aria-hidden />}
                  title={t(one.text)}
                  onClick={() => {
                    setAction(one.action);
                    setUsed(true);
                    setOpen(true);
                  }}
                >
                  <span className="sr-only xl:not-sr-only">{t(one.text)}</span>
                </Button>
              ))}
            </div>
          </div>
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

/** Where a whole page is selected: all pages, too. */
function Everybody({ selected, onChange, rows, total, search, onLearn }: Props) {
  const t = useActionTexts();
  const format = useFormat();
  const everybody = useEverybody(
    (users) => {
      onLearn(users);
      onChange(new Set([...selected, ...users.map((user) => user.id)]));
    },
    (error) => toastError(t("selectFailed"), error.message),
  );
  const isWhole = rows?.every((user) => selected.has(user.id));
  const shown = "mb-1 flex items-center gap-2 border-line border-b px-3 pt-0.5 pb-1.5";
  if (everybody.count !== null) {
    const text = t("selectingFound", {
      found: format.integer(everybody.count),
      total: format.integer(total),
    });
    return (
      <div className={shown}>
        <LoaderCircle className="size-4 shrink-0 animate-spin text-brand" aria-hidden />
        <span role="status" className="tabular flex-1 text-ink-soft text-[0.8125rem]">
          {text}
        </span>
        <progress
          className="hidden h-2 w-32 accent-brand sm:block"
          max={Math.max(1, total)}
          value={everybody.count}
          aria-label={text}
        />
        <Button size="small" variant="ghost" onClick={everybody.cancel}>
          {t("selectingStop")}
        </Button>
      </div>
    );
  }
  if (!isWhole || total <= selected.size) return null;
  return (
    <div className={shown}>
      {total > MOST_SELECTED ? (
        <p className="text-ink-soft text-[0.8125rem]">
          {t("selectFoundMost", { most: format.integer(MOST_SELECTED) })}
        </p>
      ) : (
        <Button
          size="small"
          variant="ghost"
          className="-ml-2.5 text-brand-ink hover:text-brand-ink"
          onClick={() => everybody.start(search)}
        >
          {t("selectFound", { shown: format.integer(total) })}
        </Button>
      )}
    </div>
  );
}
