import { Pencil } from "lucide-react";
import { useState } from "react";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { useBringing } from "@/shared/propagation/bringing";
import { Progress } from "@/shared/propagation/Progress";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Card, CardHeader, PageHeader } from "@/shared/ui/Card";
import { Failure, Skeleton } from "@/shared/ui/states";
import { type PlanDetail, type Plans, usePlans } from "./data";
import { EditDialog } from "./EditDialog";
import { type PlansTexts, usePlansTexts } from "./texts";

/** What each plan gives, who has it, and how far the last change has come. */
export function PlansPage() {
  const t = usePlansTexts();
  const canChange = useCanChange();
  const query = usePlans();
  const plans = query.data;
  const [chosen, setChosen] = useState<PlanDetail["plan"] | null>(null);
  useBringing(plans?.propagation, canChange);
  return (
    <>
      <PageHeader title={t("title")} description={t("subtitle")} />
      {query.isError && !plans ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {plans ? <Progress run={plans.propagation} targetType="plan" /> : null}
      {/* Another element than the placeholders: what has come above it moves nothing. */}
      <div key={plans ? "plans" : "placeholders"} className="grid gap-4 lg:grid-cols-2">
        {plans
          ? plans.items.map((plan) => (
              <PlanCard
                key={plan.plan}
                plan={plan}
                defaults={plans.defaults}
                onEdit={canChange ? () => setChosen(plan.plan) : undefined}
              />
            ))
          : query.isError
            ? null
            : ["a", "b", "c", "d"].map((key) => (
                <Skeleton key={key} className="h-64 rounded-2xl" />
              ))}
      </div>
      {plans && canChange ? (
        <EditDialog plans={plans} plan={chosen} onClose={() => setChosen(null)} />
      ) : null}
    </>
  );
}

function PlanCard({
  plan,
  defaults,
  onEdit,
}: {
  plan: PlanDetail;
  defaults: Plans["defaults"];
  onEdit: (() => void) | undefined;
}) {
  const t = usePlansTexts();
  const format = useFormat();
  const name = t(`plan_${plan.plan}`);
  return (
    <Card>
      <CardHeader
        title={name}
        description={<People plan={plan} />}
        actions={
          onEdit ? (
            <Button
              size="small"
              icon={<Pencil className="size-3.5" aria-hidden />}
              aria-label={t("editPlan", { plan: name })}
              onClick={onEdit}
            >
              {t("edit")}
            </Button>
          ) : null
        }
      />
      <div className="px-5 pb-5">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="tabular font-semibold text-2xl text-ink">
            {format.integer(plan.monthlyLimit)}
          </span>
          <span className="text-ink-soft">{t("aMonth")}</span>
        </p>
        <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3">
          <Fact label={t("enforcement")}>
            <Badge tone={plan.enforcement === "warn" ? "info" : "neutral"}>
              {t(`enforcement_${plan.enforcement}`)}
            </Badge>
          </Fact>
          <Fact label={t("daily")} isFaint={plan.dailyLimit === null}>
            {dailyText(plan.dailyLimit, t, format.integer)}
          </Fact>
          <Fact label={t("warnings")} isFaint={plan.warning === null && plan.critical === null}>
            {warningsText(plan, defaults, t, (value) => format.percent(100 * value, 0))}
          </Fact>
          <Fact label={t("rate")} isFaint={plan.ratePerSecond === null}>
            {rateText(plan, defaults, t)}
          </Fact>
        </dl>
      </div>
    </Card>
  );
}

function People({ plan }: { plan: PlanDetail }) {
  const t = usePlansTexts();
  const format = useFormat();
  const counted = (count: number) => ({ count, shown: format.integer(count) });
  const parts = [plan.users === 0 ? t("nobody") : t("users", counted(plan.users))];
  if (plan.usersWithOwnLimit > 0) parts.push(t("usersOwn", counted(plan.usersWithOwnLimit)));
  if (plan.usersWithDefaultLimit > 0) {
    parts.push(t("usersDefault", counted(plan.usersWithDefaultLimit)));
  }
  return <>{parts.join(" · ")}</>;
}

function Fact({
  label,
  isFaint = false,
  children,
}: {
  label: string;
  isFaint?: boolean;
  children: React.ReactNode;
}) {
  return (
    <div className="min-w-0">
      <dt className="text-[0.8125rem] text-ink-soft">{label}</dt>
      <dd className={isFaint ? "mt-0.5 text-ink-faint" : "mt-0.5 text-ink"}>{children}</dd>
    </div>
  );
}

function dailyText(cap: string | null, t: PlansTexts, integer: (value: number) => string): string {
  if (cap === null) return t("none");
  return /^\d+$/.test(cap) ? integer(Number(cap)) : cap;
}

function warningsText(
  plan: PlanDetail,
  defaults: Plans["defaults"],
  t: PlansTexts,
  percent: (value: number) => string,
): string {
  const shown = `${percent(plan.warning ?? defaults.warning)} · ${percent(plan.critical ?? defaults.critical)}`;
  return plan.warning === null && plan.critical === null ? t("asSet", { value: shown }) : shown;
}

function rateText(plan: PlanDetail, defaults: Plans["defaults"], t: PlansTexts): string {
  const rate = plan.ratePerSecond ?? defaults.ratePerSecond;
  const shown = t("rateValue", { rate, burst: plan.rateBurst ?? defaults.rateBurst });
  return plan.ratePerSecond === null ? t("asSet", { value: shown }) : shown;
}
