import {
  ArrowLeftRight,
  Coins,
  Gauge as GaugeIcon,
  Hourglass,
  Layers,
  type LucideIcon,
  Merge,
  MoveRight,
  RotateCcw,
  Scale,
  UserCog,
} from "lucide-react";
import type { Model } from "@/shared/api/types";
import { type Format, useFormat } from "@/shared/format";
import { useTermWords } from "@/shared/grants/terms";
import { Bars, ListCard } from "@/shared/lists/ListCard";
import { CardHeader } from "@/shared/ui/Card";
import { Empty } from "@/shared/ui/states";
import { PLANS, STATUSES } from "../search";
import { useUsersTexts } from "../texts";
import { useTransactions } from "../userData";
import { useUserTexts } from "../userTexts";
import { actorName, deedOf, type Field, isOfItself, steps } from "./told";

const ICONS: Record<Model<"TransactionKind">, LucideIcon> = {
  grant: Coins,
  grant_end: Hourglass,
  grant_late: Hourglass,
  limit_change: GaugeIcon,
  plan_change: Layers,
  usage_reset: RotateCcw,
  merge: Merge,
  correction: Scale,
  status_change: UserCog,
};

/** Who changed what about a user, newest first. */
export function TransactionsTab({ userId }: { userId: string }) {
  const t = useUserTexts();
  const transactions = useTransactions(userId);
  return (
    <ListCard<Model<"TransactionOut">>
      label={t("transactions")}
      head={<CardHeader title={t("transactions")} description={t("transactionsText")} />}
      query={transactions}
      empty={
        <Empty icon={<ArrowLeftRight />} title={t("transactionsEmpty")}>
          {t("transactionsEmptyText")}
        </Empty>
      }
    >
      {(rows) =>
        rows ? (
          <ol className="divide-y divide-line border-line border-t">
            {rows.map((row) => (
              <Entry key={row.id} row={row} />
            ))}
          </ol>
        ) : (
          <Bars count={4} />
        )
      }
    </ListCard>
  );
}

function Entry({ row }: { row: Model<"TransactionOut"> }) {
  const t = useUserTexts();
  const format = useFormat();
  const words = useWords();
  const term = useTermWords();
  const Icon = ICONS[row.kind];
  const changes = steps(row);
  return (
    <li className="flex flex-wrap items-start gap-x-3.5 gap-y-2 px-5 py-4 sm:flex-nowrap">
      <span className="mt-0.5 grid size-8 shrink-0 place-items-center rounded-full bg-sunken text-ink-soft ring-1 ring-line">
        <Icon className="size-4" aria-hidden />
      </span>
      <div className="min-w-0 flex-1">
        <p className="break-words">
          {isOfItself(row) ? null : <span className="font-medium">{actorName(row.actor, t)} </span>}
          {deedOf(row, t, {
            tokens: format.integer,
            plan: (plan) => words("plan", plan),
            place: (place) => placeName(place, format),
            term,
          })}
        </p>
        {row.reason && row.kind !== "correction" ? (
          <p className="mt-0.5 break-words text-ink-soft">“{row.reason}”</p>
        ) : null}
        <ul className="mt-1.5 flex flex-wrap gap-x-5 gap-y-1 text-[0.8125rem] text-ink-soft">
          {changes.map((one) => (
            <li key={one.field} className="tabular flex flex-wrap items-center gap-x-1.5">
              <span className="text-ink-faint">{t(`field_${one.field}`)}</span>
              {words(one.field, one.before)}
              <MoveRight className="size-3.5 text-ink-faint" aria-label="→" />
              <span className="text-ink">{words(one.field, one.after)}</span>
            </li>
          ))}
        </ul>
      </div>
      <div className="shrink-0 basis-full pl-11.5 text-ink-faint text-xs sm:basis-auto sm:pl-0 sm:text-right">
        <time dateTime={row.createdAt}>
          {format.dateTime(row.createdAt)}{" "}
          <span className="ml-2 sm:ml-0 sm:block">{format.ago(row.createdAt)}</span>
        </time>
        {isOfItem(row) ? (
          <p className="tabular mt-1 hidden sm:block">
            {t("balance", { tokens: format.integer(row.balanceAfter) })}
          </p>
        ) : null}
      </div>
    </li>
  );
}

/** Whether the user's item was written; a mended counter or closed month leaves no balance. */
function isOfItem(row: Model<"TransactionOut">): boolean {
  return row.version > 0;
}

/** What was put right: a month, or a day's counter of a model. */
function placeName(place: string, format: Format): string {
  const [day = "", model] = place.split(/#(.*)/, 2);
  return model === undefined ? format.month(place) : `${format.date(day)} · ${model}`;
}

/** A field's value in words; one that the texts do not know stands as it is. */
function useWords(): (field: Field, value: string | number) => string {
  const t = useUserTexts();
  const names = useUsersTexts();
  const format = useFormat();
  return (field, value) => {
    if (typeof value === "number") return format.integer(value);
    const plan = PLANS.find((one) => one === value);
    if (field === "plan" && plan) return names(`plan_${plan}`);
    const status = STATUSES.find((one) => one === value);
    if (field === "status" && status) return names(`status_${status}`);
    return value === "deleted" ? t("status_deleted") : value;
  };
}
