import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeyRound, Search, UserRound } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { maySee } from "@/shared/access";
import { api, unwrap } from "@/shared/api/client";
import { useSignedIn } from "@/shared/hooks/session";
import { useSettled } from "@/shared/hooks/time";
import { cn } from "@/shared/ui/cn";
import { Dialog } from "@/shared/ui/Dialog";
import { inputClass } from "@/shared/ui/Field";
import { type Found, moved, pagesNamed } from "./find";
import { SECTIONS } from "./sections";
import { useAppTexts } from "./texts";

const PEOPLE = 6;
const KEYS = 4;
const MOST_TYPED = 200;

interface Group {
  name: "findPages" | "findPeople" | "findKeys";
  items: (Found & { icon: ReactNode })[];
}

/** One box that finds people, pages and keys; the arrows choose, Enter opens. */
export function Finder({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useAppTexts();
  return (
    <Dialog open={open} onClose={onClose} title={t("find")} width="medium">
      <Body onClose={onClose} />
    </Dialog>
  );
}

function Body({ onClose }: { onClose: () => void }) {
  const t = useAppTexts();
  const navigate = useNavigate();
  const id = useId();
  const [typed, setTyped] = useState("");
  // By its key: people and keys come one after the other and move what is below them.
  const [chosenKey, setChosenKey] = useState<string | null>(null);
  const { groups, isFailed, isLoading } = useFound(typed);
  const all = groups.flatMap((group) => group.items);
  const chosen = all.findIndex((item) => item.key === chosenKey);
  if (chosen < 0 && all[0]) setChosenKey(all[0].key);
  const go = (found: Found | undefined) => {
    if (!found) return;
    onClose();
    const { to, params, search } = found;
    void navigate({ to, ...(params ? { params } : {}), ...(search ? { search } : {}) });
  };
  return (
    <>
      <div className="relative">
        <Search
          className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-faint"
          aria-hidden
        />
        <input
          type="text"
          role="combobox"
          aria-label={t("findLabel")}
          placeholder={t("findLabel")}
          aria-expanded={all.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={all.length > 0 ? `${id}-${chosen}` : undefined}
          autoComplete="off"
          spellCheck={false}
          maxLength={MOST_TYPED}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setChosenKey(null);
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "Enter") {
              event.preventDefault();
              go(all[chosen]);
            }
            const next = moved(event.key, chosen, all.length);
            if (next === null) return;
            event.preventDefault();
            setChosenKey(all[next]?.key ?? null);
            document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
          }}
          className={cn(inputClass, "px-9")}
        />
      </div>
      <div id={`${id}-list`} role="listbox" aria-label={t("findLabel")} className="mt-3 min-h-64">
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a listbox
          <div key={group.name} role="group" aria-label={t(group.name)} className="mb-2">
            <p aria-hidden className="px-2 py-1 font-medium text-ink-soft text-xs">
              {t(group.name)}
            </p>
            {group.items.map((item) => {
              const place = all.indexOf(item);
              return (
                <button
                  key={item.key}
                  id={`${id}-${place}`}
                  type="button"
                  role="option"
                  tabIndex={-1}
                  aria-selected={place === chosen}
                  onPointerMove={() => setChosenKey(item.key)}
                  onClick={() => go(item)}
                  className="flex w-full items-center gap-3 rounded-lg px-2 py-2 text-left aria-selected:bg-brand-soft aria-selected:text-brand-ink"
                >
                  <span className="text-ink-faint [&>svg]:size-4" aria-hidden>
                    {item.icon}
                  </span>
                  <span className="min-w-0 flex-1 truncate">{item.label}</span>
                  {item.note ? (
                    <span className="min-w-0 max-w-1/2 truncate text-ink-soft text-xs">
                      {item.note}
                    </span>
                  ) : null}
                </button>
              );
            })}
          </div>
        ))}
      </div>
      <p role="status" className="mt-2 min-h-5 text-ink-soft text-xs">
        {isFailed
          ? t("findFailed")
          : isLoading
            ? t("findLoading")
            : all.length === 0
              ? t("findNothing")
              : t("findHint")}
      </p>
    </>
  );
}

/** What has the words typed; people and keys as the API finds them. */
function useFound(typed: string): { groups: Group[]; isFailed: boolean; isLoading: boolean } {
  const t = useAppTexts();
  const search = useSettled(typed.trim());
  // What was found for other words is not shown: Enter would open somebody else.
  const isAsked = search.length > 0 && search === typed.trim();
  const role = useSignedIn()?.role;
  const people = useQuery({
    queryKey: ["users", "find", search],
    enabled: isAsked && maySee(role, "/users"),
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/users", { params: { query: { search, limit: PEOPLE } }, signal })),
  });
  const keys = useQuery({
    queryKey: ["keys", "find", search],
    enabled: isAsked && maySee(role, "/keys"),
    queryFn: ({ signal }) =>
      unwrap(api().GET("/admin/keys", { params: { query: { search, limit: KEYS } }, signal })),
  });
  const pages = SECTIONS.flat()
    .filter(({ to }) => maySee(role, to))
    .map(({ to, icon: Icon, text }) => ({ key: to, to, label: t(text), icon: <Icon /> }));
  const groups: Group[] = [
    { name: "findPages", items: pagesNamed(pages, typed) },
    {
      name: "findPeople",
      items: (isAsked ? (people.data?.items ?? []) : []).map((user) => ({
        key: user.id,
        to: "/users/$userId",
        params: { userId: user.id },
        label: user.name || user.email,
        note: user.email,
        icon: <UserRound />,
      })),
    },
    {
      name: "findKeys",
      items: (isAsked ? (keys.data?.items ?? []) : []).map((key) => ({
        key: key.id,
        to: "/keys",
        search: { search: key.prefix },
        label: key.name,
        note: key.userEmail ?? `${key.prefix}…`,
        icon: <KeyRound />,
      })),
    },
  ];
  const isBehind = typed.trim() !== search || people.isFetching || keys.isFetching;
  return {
    groups: groups.filter((group) => group.items.length > 0),
    isFailed: (people.isError || keys.isError) && isAsked,
    isLoading: typed.trim() !== "" && isBehind,
  };
}
