import {
  Clock,
  Gauge,
  Layers,
  LogIn,
  type LucideIcon,
  Mail,
  Server,
  Sparkles,
  UserPlus,
} from "lucide-react";
import { Fragment } from "react";
import { useFormat } from "@/shared/format";
import { Card, PageHeader } from "@/shared/ui/Card";
import { cn } from "@/shared/ui/cn";
import { Failure, Skeleton } from "@/shared/ui/states";
import { useSettings } from "./data";
import { type Group, type Row, settingsGroups } from "./groups";
import { HealthCard } from "./HealthCard";
import { Links } from "./Links";
import { ReconciliationCard } from "./ReconciliationCard";
import { SuppressedCard } from "./SuppressedCard";
import { useSettingsTexts } from "./texts";

const ICON: Record<Group["key"], LucideIcon> = {
  quota: Gauge,
  plans: Layers,
  upstream: Sparkles,
  provisioning: UserPlus,
  mail: Mail,
  limits: Clock,
  signingIn: LogIn,
  system: Server,
};
/** Two columns of about the same height; on a phone the second follows the first. */
const COLUMNS = [
  ["quota", "plans", "upstream", "provisioning"],
  ["mail", "limits", "signingIn", "system"],
] as const;
/** Rows of each group while they are on their way: nothing moves when they arrive. */
const PLACEHOLDER_ROWS: Record<Group["key"], number> = {
  quota: 7,
  plans: 4,
  upstream: 4,
  provisioning: 2,
  mail: 5,
  limits: 2,
  signingIn: 4,
  system: 5,
};

/** What is configured and how every part is. Here nothing of it is changed. */
export function SettingsPage() {
  const t = useSettingsTexts();
  const format = useFormat();
  const settings = useSettings();
  const groups = settings.data ? settingsGroups(settings.data, t, format) : null;
  return (
    <>
      <PageHeader title={t("title")} description={t("subtitle")} />
      <HealthCard />
      <ReconciliationCard />
      <div className="mt-5">
        {settings.error && !settings.data ? (
          <Card>
            <Failure error={settings.error} onRetry={() => void settings.refetch()} />
          </Card>
        ) : (
          <div className="grid items-start gap-5 lg:grid-cols-2" aria-busy={!settings.data}>
            {COLUMNS.map((keys) => (
              <div key={keys[0]} className="flex min-w-0 flex-col gap-5">
                {keys.map((key) => {
                  const group = groups?.find((one) => one.key === key);
                  return group ? (
                    <GroupCard key={key} group={group} />
                  ) : (
                    <GroupPlaceholder key={key} rows={PLACEHOLDER_ROWS[key]} />
                  );
                })}
              </div>
            ))}
          </div>
        )}
      </div>
      <Links />
      <SuppressedCard />
    </>
  );
}

function GroupCard({ group }: { group: Group }) {
  const t = useSettingsTexts();
  const Icon = ICON[group.key];
  return (
    <Card>
      <header className="flex items-start gap-3 px-5 pt-4 pb-3">
        <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-brand-soft text-brand-ink">
          <Icon className="size-4.5" aria-hidden />
        </span>
        <div className="min-w-0">
          <h2 className="font-semibold text-[0.9375rem] text-ink">{t(group.key)}</h2>
          <p className="text-[0.8125rem] text-ink-soft">{t(`${group.key}Text`)}</p>
        </div>
      </header>
      <dl className="divide-y divide-line border-line border-t">
        {group.rows.map((row) => (
          <SettingRow key={row.label} row={row} />
        ))}
      </dl>
    </Card>
  );
}

function SettingRow({ row }: { row: Row }) {
  return (
    <div className="flex min-h-15 flex-wrap items-center gap-x-4 gap-y-1 px-5 py-2.5">
      <dt className="min-w-0 flex-[1_1_9rem]">
        <span className="block text-ink">{row.label}</span>
        {row.variables.length > 0 ? (
          <span className="mt-0.5 flex flex-wrap gap-x-2 font-mono text-[0.6875rem] text-ink-faint">
            {row.variables.map((variable) => (
              <Variable key={variable} name={variable} />
            ))}
          </span>
        ) : null}
      </dt>
      <dd
        className={cn(
          "tabular wrap-anywhere ml-auto max-w-full text-right font-medium",
          row.isUnset ? "text-ink-faint" : "text-ink",
          row.isCode && "font-mono font-normal text-[0.8125rem]",
        )}
      >
        {row.value}
      </dd>
    </div>
  );
}

/** A variable's name, which breaks between its words alone. */
function Variable({ name }: { name: string }) {
  const [first, ...rest] = name.split("_");
  return (
    <span>
      {first}
      {rest.map((word, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the words of one name never move
        <Fragment key={index}>
          _<wbr />
          {word}
        </Fragment>
      ))}
    </span>
  );
}

function GroupPlaceholder({ rows }: { rows: number }) {
  return (
    <Card>
      <div className="flex items-center gap-3 px-5 pt-4 pb-3">
        <Skeleton className="size-9 rounded-lg" />
        <Skeleton className="h-9 w-56" />
      </div>
      <div className="divide-y divide-line border-line border-t">
        {Array.from({ length: rows }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name
          <div key={index} className="flex min-h-15 items-center justify-between px-5">
            <Skeleton className="h-8 w-40" />
            <Skeleton className="h-4 w-24" />
          </div>
        ))}
      </div>
    </Card>
  );
}
