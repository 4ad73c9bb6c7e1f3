import { Popover } from "@base-ui/react/popover";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { CirclePlus, X } from "lucide-react";
import { useState } from "react";
import { api, unwrap } from "@/shared/api/client";
import { useSettled } from "@/shared/hooks/time";
import { Button } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { inputClass } from "@/shared/ui/Field";
import { Skeleton } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { usePeopleTexts } from "./texts";

const FOUND = 8;
const NAME_MILLISECONDS = 300_000;

interface Person {
  id: string;
  name: string;
  email: string;
}

/** A filter by people, found by a part of their name; `most` is how many may be chosen. */
export function UserFilter({
  label,
  value,
  most,
  onChange,
}: {
  label: string;
  value: readonly string[];
  most: number;
  onChange: (value: string[]) => void;
}) {
  const t = usePeopleTexts();
  const [isOpen, setOpen] = useState(false);
  const chosen = useChosen(value);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger
        render={
          <Button
            variant="secondary"
            className={cn("border-dashed", value.length > 0 && "border-line-strong border-solid")}
            icon={<CirclePlus className="size-4 text-ink-faint" aria-hidden />}
          >
            {label}
            {value.length > 0 ? (
              <span className="ml-1 max-w-40 truncate rounded bg-brand-soft px-1.5 py-0.5 font-medium text-brand-ink text-xs">
                {value.length === 1
                  ? chosen[0]?.name || chosen[0]?.email || "…"
                  : t("chosen", { count: value.length })}
              </span>
            ) : null}
          </Button>
        }
      />
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="z-50">
          <Popover.Popup className="w-80 max-w-[calc(100vw-2rem)] rounded-xl border border-line bg-raised shadow-float outline-none">
            <Popover.Title className="sr-only">{label}</Popover.Title>
            <Choice
              value={value}
              chosen={chosen}
              most={most}
              onChange={(next) => {
                onChange(next);
                if (most === 1 && next.length === 1) setOpen(false);
              }}
            />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Names of the chosen; the address holds their ids alone. */
function useChosen(ids: readonly string[]): Person[] {
  const answers = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["user", id, "name"],
      staleTime: NAME_MILLISECONDS,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        unwrap(api().GET("/admin/users/{user_id}", { params: { path: { user_id: id } }, signal })),
    })),
  });
  return ids.map((id, index) => {
    const known = answers[index]?.data;
    return { id, name: known?.name ?? "", email: known?.email ?? id };
  });
}

function Choice({
  value,
  chosen,
  most,
  onChange,
}: {
  value: readonly string[];
  chosen: readonly Person[];
  most: number;
  onChange: (value: string[]) => void;
}) {
  const t = usePeopleTexts();
  const ui = useUiTexts();
  const [typed, setTyped] = useState("");
  const search = useSettled(typed).trim();
  const query = { search, limit: FOUND, sort: search ? "name" : "usage" } as const;
  const order = search ? "asc" : "desc";
  const found = useQuery({
    queryKey: ["users", "filter", search],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users", { params: { query: { ...query, order } }, signal })),
  });
  const isFull = most > 1 && value.length >= most;
  const toggle = (id: string) => {
    if (value.includes(id)) onChange(value.filter((one) => one !== id));
    else onChange(most === 1 ? [id] : [...value, id]);
  };
  const others = found.data?.items.filter((one) => !value.includes(one.id));
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
          className={inputClass}
        />
      </div>
      <span role="status" className="sr-only">
        {found.isFetching ? t("loading") : ""}
      </span>
      <div className="max-h-72 overflow-y-auto border-line border-t p-1">
        {chosen.map((person) => (
          <Row key={person.id} person={person} isChosen onToggle={() => toggle(person.id)} />
        ))}
        {chosen.length > 0 ? <div className="my-1 h-px bg-line" /> : null}
        {others?.map((person) => (
          <Row
            key={person.id}
            person={person}
            disabled={isFull}
            onToggle={() => toggle(person.id)}
          />
        ))}
        {others === undefined && !found.error ? <Waiting /> : null}
        {others?.length === 0 && chosen.length === 0 ? <Note>{t("none")}</Note> : null}
        {found.error && !found.data ? <Note>{t("failed")}</Note> : null}
      </div>
      {value.length > 0 ? (
        <div className="flex items-center border-line border-t p-1">
          <Button
            size="small"
            variant="ghost"
            icon={<X className="size-3.5" aria-hidden />}
            onClick={() => onChange([])}
          >
            {ui("clear")}
          </Button>
          {isFull ? (
            <span className="px-2 text-ink-soft text-xs">{t("most", { most })}</span>
          ) : null}
        </div>
      ) : null}
    </>
  );
}

function Row({
  person,
  isChosen = false,
  disabled = false,
  onToggle,
}: {
  person: Person;
  isChosen?: boolean;
  disabled?: boolean;
  onToggle: () => void;
}) {
  return (
    <label
      className={cn(
        "flex items-center gap-2.5 rounded-lg px-2 py-1.5",
        disabled ? "opacity-50" : "cursor-pointer hover:bg-sunken",
      )}
    >
      <input
        type="checkbox"
        checked={isChosen}
        disabled={disabled}
        onChange={onToggle}
        className="size-4 shrink-0 rounded accent-brand"
      />
      <span className="min-w-0">
        <span className="block truncate text-ink">{person.name || person.email}</span>
        {person.name ? (
          <span className="block truncate text-ink-soft text-xs">{person.email}</span>
        ) : null}
      </span>
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
  return <p className="px-2 py-4 text-center text-ink-soft">{children}</p>;
}
