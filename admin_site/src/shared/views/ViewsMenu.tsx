import { Bookmark, BookmarkPlus, Settings2, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button, IconButton } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { Empty } from "@/shared/ui/states";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { useViewsTexts } from "./texts";
import { MOST_LETTERS, MOST_VIEWS, removeView, saveView, useViews } from "./views";

/** The saved views of a list: to open one, to save what is shown, to delete one. */
export function ViewsMenu({
  list,
  search,
  onOpen,
}: {
  /** Which list; views are kept by its name. */
  list: string;
  /** What the address holds now. */
  search: Record<string, unknown>;
  /** Puts what a view holds into the address; the route checks it, as it does with any link. */
  onOpen: (search: Record<string, unknown>) => void;
}) {
  const t = useViewsTexts();
  const views = useViews(list);
  const [opened, setOpened] = useState<"save" | "organise" | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <Menu
        align="start"
        trigger={<Button icon={<Bookmark className="size-4" aria-hidden />}>{t("views")}</Button>}
      >
        {views.map((one) => (
          <MenuItem key={one.name} icon={<Bookmark />} onSelect={() => onOpen(one.search)}>
            <span className="max-w-64 truncate" title={one.name}>
              {one.name}
            </span>
          </MenuItem>
        ))}
        {views.length > 0 ? <MenuSeparator /> : null}
        <MenuItem icon={<BookmarkPlus />} onSelect={() => setOpened("save")}>
          {t("save")}
        </MenuItem>
        {views.length > 0 ? (
          <MenuItem icon={<Settings2 />} onSelect={() => setOpened("organise")}>
            {t("organise")}
          </MenuItem>
        ) : null}
      </Menu>
      <Dialog
        open={opened === "save"}
        onClose={close}
        title={t("saveTitle")}
        description={t("saveText")}
      >
        <SaveForm list={list} search={search} onDone={close} />
      </Dialog>
      <Dialog open={opened === "organise"} onClose={close} title={t("organiseTitle")}>
        <Organise list={list} />
      </Dialog>
    </>
  );
}

function SaveForm({
  list,
  search,
  onDone,
}: {
  list: string;
  search: Record<string, unknown>;
  onDone: () => void;
}) {
  const t = useViewsTexts();
  const ui = useUiTexts();
  const views = useViews(list);
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string>();
  const name = typed.trim();
  const replaces = views.some((one) => one.name === name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name === "") return setError(t("nameMissing"));
    if (!replaces && views.length >= MOST_VIEWS) return setError(t("full", { most: MOST_VIEWS }));
    if (saveView(list, name, search)) toast(t("saved", { name }));
    else toastError(t("notSaved"));
    onDone();
  };
  return (
    <form onSubmit={submit}>
      <Field label={t("name")} error={error} help={replaces ? t("nameReplaces") : undefined}>
        <Input
          value={typed}
          maxLength={MOST_LETTERS}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.target.value);
            setError(undefined);
          }}
        />
      </Field>
      <DialogActions>
        <Button onClick={onDone}>{ui("cancel")}</Button>
        <Button type="submit" variant="primary">
          {ui("save")}
        </Button>
      </DialogActions>
    </form>
  );
}

function Organise({ list }: { list: string }) {
  const t = useViewsTexts();
  const views = useViews(list);
  if (views.length === 0) return <Empty icon={<Bookmark />} title={t("none")} />;
  return (
    <ul className="divide-y divide-line">
      {views.map((one) => (
        <li key={one.name} className="flex items-center gap-3 py-1.5">
          <span className="min-w-0 flex-1 break-words">{one.name}</span>
          <IconButton
            label={t("remove", { name: one.name })}
            onClick={() => {
              if (!removeView(list, one.name)) toastError(t("notSaved"));
            }}
          >
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
