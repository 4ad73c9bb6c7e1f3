import { X } from "lucide-react";
import type { Model } from "@/shared/api/types";
import { RangePicker } from "@/shared/range/RangePicker";
import { Button } from "@/shared/ui/Button";
import { Select } from "@/shared/ui/Select";
import { ACTIONS, TARGETS } from "./actions";
import { useAdminAddresses } from "./data";
import { type AuditSearch, FALLBACK_RANGE } from "./search";
import { useAuditTexts } from "./texts";
import { actionText, actorText, targetText, targetTypeText } from "./words";

const RANGES = ["any", "today", "last7", "last30", "last90"] as const;
const ANY = "";

/** Known choices, what is in the list, and what the address asks for. */
function union(...some: (readonly string[] | string | undefined)[]): string[] {
  return [...new Set(some.flat().filter((one) => one !== undefined && one !== ""))] as string[];
}

export function Filters({
  search,
  seen,
  onChange,
}: {
  search: AuditSearch;
  seen: readonly Model<"AuditOut">[];
  onChange: (change: Partial<AuditSearch>) => void;
}) {
  const t = useAuditTexts();
  const admins = useAdminAddresses();
  const actors = union(
    admins,
    seen.map((one) => one.actor),
    search.actor,
    "system",
  );
  const actions = union(ACTIONS, search.action);
  const targets = union(TARGETS, search.targetType);
  const target = seen.find((one) => one.targetId === search.targetId);
  return (
    <>
      <Select
        className="w-full border-line sm:w-52"
        label={t("actor")}
        value={search.actor ?? ANY}
        onChange={(actor) => onChange({ actor })}
        options={[
          { value: ANY, label: t("anyActor") },
          ...actors.map((value) => ({ value, label: actorText(value, t) })),
        ]}
      />
      <Select
        className="w-full border-line sm:w-52"
        label={t("action")}
        value={search.action ?? ANY}
        onChange={(action) => onChange({ action })}
        options={[
          { value: ANY, label: t("anyAction") },
          ...actions.map((value) => ({ value, label: actionText(value, t) })),
        ]}
      />
      <Select
        className="w-40 border-line"
        label={t("targetType")}
        value={search.targetType ?? ANY}
        onChange={(targetType) => onChange({ targetType })}
        options={[
          { value: ANY, label: t("anyTarget") },
          ...targets.map((value) => ({ value, label: targetTypeText(value, t) })),
        ]}
      />
      <RangePicker state={search} fallback={FALLBACK_RANGE} presets={RANGES} onChange={onChange} />
      {search.targetId ? (
        <Button
          className="max-w-full"
          title={t("removeTarget")}
          onClick={() => onChange({ targetId: undefined })}
        >
          <span className="truncate">
            {t("oneTarget", { target: target ? targetText(target) : search.targetId })}
          </span>
          <X className="size-3.5 shrink-0 text-ink-faint" aria-label={t("removeTarget")} />
        </Button>
      ) : null}
    </>
  );
}
