import { useId, useState } from "react";
import { useFormat } from "@/shared/format";
import { cn } from "@/shared/ui/cn";
import { inputClass } from "@/shared/ui/Field";
import { Skeleton } from "@/shared/ui/states";
import { type Group, groupsNamed, NO_GROUP, useGroups } from "./data";
import { useGroupTexts } from "./texts";

/** More are not drawn: whoever looks for one types. */
const MOST_SHOWN = 60;

/**
 * Groups to choose from, found as one types. `value` has ids, NO_GROUP for none; with `most` 1 a
 * choice takes the place of the one before. Without `hasNone` having no group is no choice.
 */
export function GroupChoice({
  value,
  most,
  onChange,
  hasNone = true,
  className,
}: {
  value: readonly string[];
  most: number;
  onChange: (value: string[]) => void;
  hasNone?: boolean;
  className?: string;
}) {
  const t = useGroupTexts();
  const name = useId();
  const query = useGroups();
  const [typed, setTyped] = useState("");
  const all = query.data?.items;
  const found = all === undefined ? [] : groupsNamed(all, typed);
  // As it was at first: rows that move under the hand are missed.
  const [pinned] = useState(value);
  const [first, shown] = ordered(found, pinned, typed === "");
  const isFull = most > 1 && value.length >= most;
  const toggle = (id: string) => {
    if (most === 1) onChange([id]);
    else onChange(value.includes(id) ? value.filter((one) => one !== id) : [...value, id]);
  };
  const row = (id: string, group: Group | null) => {
    const isChosen = value.includes(id);
    return (
      <Row
        key={id}
        name={name}
        type={most === 1 ? "radio" : "checkbox"}
        group={group}
        isChosen={isChosen}
        disabled={isFull && !isChosen}
        onToggle={() => toggle(id)}
      />
    );
  };
  const hidden = found.length - first.length - shown.length;
  return (
    <>
      <div className="p-2">
        <input
          type="search"
          aria-label={t("search")}
          placeholder={t("search")}
          maxLength={200}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            // In a form, Enter chooses nothing and sends nothing.
            if (event.key === "Enter") event.preventDefault();
          }}
          className={inputClass}
        />
      </div>
      <div className={cn("max-h-72 overflow-y-auto border-line border-t p-1", className)}>
        {hasNone && typed === "" ? row(NO_GROUP, null) : null}
        {first.map((one) => row(one.id, one))}
        {first.length > 0 && shown.length > 0 ? <div className="my-1 h-px bg-line" /> : null}
        {shown.map((one) => row(one.id, one))}
        {hidden > 0 ? <Note>{t("more", { count: hidden })}</Note> : null}
        {all === undefined && !query.error ? <Waiting /> : null}
        {all !== undefined && found.length === 0 ? (
          <Note>{t(all.length === 0 ? "noGroups" : "none")}</Note>
        ) : null}
        {query.error && !all ? <Note>{t("failed")}</Note> : null}
      </div>
      <span role="status" className="sr-only">
        {query.isPending ? t("loading") : ""}
      </span>
    </>
  );
}

/** The pinned before all others, while nothing is typed. */
function ordered(
  found: readonly Group[],
  pinned: readonly string[],
  isAll: boolean,
): [Group[], Group[]] {
  const first = isAll ? found.filter((one) => pinned.includes(one.id)) : [];
  const others = first.length > 0 ? found.filter((one) => !first.includes(one)) : found;
  return [first, others.slice(0, MOST_SHOWN)];
}

function Row({
  name,
  type,
  group,
  isChosen,
  disabled,
  onToggle,
}: {
  name: string;
  type: "radio" | "checkbox";
  group: Group | null;
  isChosen: boolean;
  disabled: boolean;
  onToggle: () => void;
}) {
  const t = useGroupTexts();
  const format = useFormat();
  return (
    <label
      className={cn(
        "flex items-center gap-2.5 rounded-lg px-2 py-1.5",
        disabled ? "opacity-50" : "cursor-pointer hover:bg-sunken",
      )}
    >
      <input
        type={type}
        name={name}
        checked={isChosen}
        disabled={disabled}
        onChange={onToggle}
        className="size-4 shrink-0 rounded accent-brand"
      />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-ink">{group ? group.name : t("without")}</span>
        {group?.costCenter ? (
          <span className="block truncate text-ink-soft text-xs">{group.costCenter}</span>
        ) : null}
      </span>
      {group ? (
        <span className="tabular shrink-0 text-ink-soft text-xs">
          {t("members", { count: group.users, shown: format.integer(group.users) })}
        </span>
      ) : null}
    </label>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-2 p-2">
      {["a", "b", "c", "d"].map((key) => (
        <Skeleton key={key} className="h-8 w-full" />
      ))}
    </div>
  );
}

function Note({ children }: { children: string }) {
  return <p className="px-2 py-3 text-center text-ink-soft text-[0.8125rem]">{children}</p>;
}
