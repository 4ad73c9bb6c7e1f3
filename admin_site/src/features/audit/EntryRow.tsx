import { ArrowRight, ChevronDown } from "lucide-react";
import { useId } from "react";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { useGroupsById } from "@/shared/groups/data";
import { useMaySee } from "@/shared/hooks/session";
import { useNow } from "@/shared/hooks/time";
import { IconButton } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { type Change, changesOf, isTwoSided, tellsOfGroup } from "./changes";
import { Details } from "./Details";
import type { AuditSearch } from "./search";
import { useAuditTexts } from "./texts";
import { actionText, actorText, fieldText, type GroupNames, targetText, valueText } from "./words";

const SHOWN_CHANGES = 2;

/** One entry, and below it, once opened, all that is known of it. */
export function EntryRow({
  entry,
  isOpen,
  onToggle,
  onFilter,
}: {
  entry: Model<"AuditOut">;
  isOpen: boolean;
  onToggle: () => void;
  onFilter: (change: Partial<AuditSearch>) => void;
}) {
  const t = useAuditTexts();
  const format = useFormat();
  const now = useNow(30_000);
  const details = useId();
  const groups = useGroupsById(useMaySee("/groups") && tellsOfGroup(entry));
  const what = actionText(entry.action, t);
  const cell = "px-3 py-3 align-top first:pl-5";
  return (
    <>
      {/* The button at its end does the same for the keyboard. */}
      <tr
        onClick={onToggle}
        className={cn(
          "cursor-pointer border-line border-b last:border-b-0 hover:bg-sunken/70",
          isOpen && "border-b-0 bg-sunken/70",
        )}
      >
        <td className={cell}>
          <time dateTime={entry.createdAt} title={format.dateTime(entry.createdAt)}>
            <span className="block max-sm:hidden">{format.ago(entry.createdAt, now)}</span>
            <span className="tabular block text-ink-soft text-xs">
              <span className="max-sm:block">{format.shortDate(entry.createdAt)}</span>{" "}
              {format.time(entry.createdAt)}
            </span>
          </time>
        </td>
        <td className={cn(cell, "hidden truncate lg:table-cell")} title={actorText(entry.actor, t)}>
          {actorText(entry.actor, t)}
        </td>
        <td className={cell}>
          <span className="block font-medium text-ink">{what}</span>
          <span className="block truncate text-[0.8125rem] text-ink-soft" title={targetText(entry)}>
            {targetText(entry)}
          </span>
          <span className="block truncate text-ink-faint text-xs lg:hidden">
            {actorText(entry.actor, t)}
          </span>
        </td>
        <td className={cn(cell, "hidden md:table-cell")}>
          <Changes changes={changesOf(entry)} groups={groups} />
        </td>
        <td className="py-2 pr-5 text-right align-top">
          <IconButton
            label={t("open", { what: `${what}, ${targetText(entry)}` })}
            aria-expanded={isOpen}
            aria-controls={isOpen ? details : undefined}
            className="size-8"
            onClick={(event) => {
              event.stopPropagation();
              onToggle();
            }}
          >
            <ChevronDown
              className={cn("size-4 transition-transform", isOpen && "rotate-180")}
              aria-hidden
            />
          </IconButton>
        </td>
      </tr>
      {isOpen ? (
        <tr id={details} className="border-line border-b bg-sunken/70 last:border-b-0">
          <td colSpan={5} className="px-5 pb-5">
            <Details entry={entry} groups={groups} onFilter={onFilter} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Changes({ changes, groups }: { changes: readonly Change[]; groups: GroupNames }) {
  const t = useAuditTexts();
  const format = useFormat();
  if (changes.length === 0) return <span className="text-ink-faint">—</span>;
  const left = changes.length - SHOWN_CHANGES;
  return (
    <ul className="flex flex-col gap-0.5 text-[0.8125rem]">
      {changes.slice(0, SHOWN_CHANGES).map((change) => (
        <li key={change.field} className="tabular flex min-w-0 items-center gap-1.5">
          <span className="shrink-0 text-ink-soft">{fieldText(change.field, t)}:</span>
          {isTwoSided(change) ? (
            <>
              <span className="truncate text-ink-soft">
                {valueText(change.field, change.before, t, format, groups)}
              </span>
              <ArrowRight className="size-3 shrink-0 text-ink-faint" aria-label="→" />
            </>
          ) : null}
          <span className="truncate font-medium text-ink">
            {valueText(change.field, change.after ?? change.before, t, format, groups)}
          </span>
        </li>
      ))}
      {left > 0 ? (
        <li className="text-ink-faint text-xs">{t("moreChanges", { count: left })}</li>
      ) : null}
    </ul>
  );
}
