import { Popover } from "@base-ui/react/popover";
import { CalendarDays, Check, ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useFormat } from "@/shared/format";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { Field, Input } from "@/shared/ui/Field";
import {
  daysOf,
  isDay,
  localDay,
  MOST_DAYS,
  ownProblem,
  type Preset,
  type RangeState,
} from "./days";
import { useRangeTexts } from "./texts";

type Change = { range: Preset; from: string | undefined; to: string | undefined };

/** A preset of days, or two dates of one's own; `fallback` is what holds when nothing is chosen. */
export function RangePicker({
  state,
  fallback,
  presets,
  today = localDay(),
  onChange,
}: {
  state: RangeState;
  fallback: Preset;
  presets: readonly Exclude<Preset, "own">[];
  /** Where days are those of the quotas' time zone, their today; else the viewer's. */
  today?: string;
  onChange: (change: Change) => void;
}) {
  const t = useRangeTexts();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const days = daysOf(state, fallback, today);
  const chosen = state.range ?? fallback;
  const label =
    chosen === "own" && days
      ? t("span", { from: format.date(days.from), to: format.date(days.to) })
      : t(chosen === "own" ? fallback : chosen);
  const choose = (change: Change) => {
    setOpen(false);
    onChange(change);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger
        render={
          <Button
            variant="secondary"
            aria-label={`${t("label")}: ${label}`}
            icon={<CalendarDays className="size-4 text-ink-faint" aria-hidden />}
          >
            {label}
            <ChevronDown className="size-4 text-ink-faint" aria-hidden />
          </Button>
        }
      />
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="z-50">
          <Popover.Popup className="w-72 rounded-xl border border-line bg-raised shadow-float outline-none">
            <Popover.Title className="sr-only">{t("label")}</Popover.Title>
            <ul className="p-1">
              {presets.map((preset) => (
                <li key={preset}>
                  <PresetButton
                    preset={preset}
                    today={today}
                    isChosen={chosen === preset}
                    onChoose={() => choose({ range: preset, from: undefined, to: undefined })}
                  />
                </li>
              ))}
            </ul>
            <OwnDates
              from={state.from ?? days?.from}
              to={state.to ?? days?.to}
              onApply={(from, to) => choose({ range: "own", from, to })}
            />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function PresetButton({
  preset,
  today,
  isChosen,
  onChoose,
}: {
  preset: Exclude<Preset, "own">;
  today: string;
  isChosen: boolean;
  onChoose: () => void;
}) {
  const t = useRangeTexts();
  const format = useFormat();
  const days = daysOf({ range: preset }, preset, today);
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className="flex w-full items-center gap-2 rounded-lg py-1.5 pr-3 pl-2 text-left hover:bg-sunken"
    >
      <Check className={cn("size-4 text-brand", !isChosen && "invisible")} aria-hidden />
      <span className="flex-1">{t(preset)}</span>
      {days ? (
        <span className="tabular text-ink-faint text-xs">
          {days.from === days.to
            ? format.shortDate(days.to)
            : `${format.shortDate(days.from)} – ${format.shortDate(days.to)}`}
        </span>
      ) : null}
    </button>
  );
}

function OwnDates({
  from,
  to,
  onApply,
}: {
  from: string | undefined;
  to: string | undefined;
  onApply: (from: string, to: string) => void;
}) {
  const t = useRangeTexts();
  const [first, setFirst] = useState(from ?? "");
  const [last, setLast] = useState(to ?? "");
  const [wasTried, setTried] = useState(false);
  const problem = ownProblem(first, last);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem === null && isDay(first) && isDay(last)) onApply(first, last);
  };
  return (
    <form onSubmit={submit} noValidate className="border-line border-t p-3">
      <p className="mb-2 font-medium text-[0.8125rem]">{t("own")}</p>
      <div className="grid grid-cols-2 gap-2">
        <Field label={t("from")}>
          <Input
            type="date"
            className="px-2"
            value={first}
            onChange={(event) => setFirst(event.currentTarget.value)}
          />
        </Field>
        <Field label={t("to")}>
          <Input
            type="date"
            className="px-2"
            value={last}
            onChange={(event) => setLast(event.currentTarget.value)}
          />
        </Field>
      </div>
      {wasTried && problem ? (
        <p role="alert" className="mt-2 text-[0.8125rem] text-danger">
          {t(problem, { days: MOST_DAYS })}
        </p>
      ) : null}
      <Button type="submit" size="small" variant="primary" className="mt-3 w-full">
        {t("apply")}
      </Button>
    </form>
  );
}
