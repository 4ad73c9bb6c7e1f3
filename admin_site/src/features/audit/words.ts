import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import { ACTIONS, TARGETS } from "./actions";
import { FIELDS, shownAs, type Value } from "./changes";
import type { useAuditTexts } from "./texts";

export type Texts = ReturnType<typeof useAuditTexts>;
/** Names of groups by id; one that is gone, or not known yet, is told by its id. */
export type GroupNames = ReadonlyMap<string, { name: string }>;
type Entry = Model<"AuditOut">;

const CLI = "cli:";
const ADMIN_KEY = "admin-key:";

export function actionText(action: string, t: Texts): string {
  const known = ACTIONS.find((one) => one === action);
  return known ? t(`action_${known}`) : action;
}

export function targetTypeText(type: string, t: Texts): string {
  const known = TARGETS.find((one) => one === type);
  return known ? t(`target_${known}`) : type;
}

/** An admin's address as it is; the machine, the command line and keys by name. */
export function actorText(actor: string, t: Texts): string {
  if (actor === "system") return t("system");
  if (actor.startsWith(CLI)) return t("cli", { login: actor.slice(CLI.length) });
  if (actor.startsWith(ADMIN_KEY)) return t("adminKey", { id: actor.slice(ADMIN_KEY.length) });
  return actor || t("nobody");
}

export function targetText(entry: Entry): string {
  return entry.targetLabel ?? entry.targetId ?? "";
}

export function fieldText(field: string, t: Texts): string {
  const known = FIELDS.find((one) => one === field);
  return known ? t(`field_${known}`) : field;
}

export function valueText(
  field: string,
  value: Value | undefined,
  t: Texts,
  format: Format,
  groups: GroupNames,
): string {
  const shown = shownAs(field, value);
  switch (shown.kind) {
    case "none":
      return t("none");
    case "yes":
    case "no":
      return t(shown.kind);
    case "word":
      return t(`word_${shown.word}`);
    case "number":
      return format.integer(shown.value);
    case "instant":
      return format.dateTime(shown.value);
    case "day":
      return format.date(shown.value);
    case "group":
      return groups.get(shown.id)?.name ?? shown.id;
    default:
      return shown.value;
  }
}
