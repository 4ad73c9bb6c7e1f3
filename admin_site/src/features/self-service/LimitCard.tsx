import { Bell, CircleSlash, MessagesSquare, Scissors } from "lucide-react";
import type { ReactNode } from "react";
import { renewalDay, useFormat } from "@/shared/format";
import { Card, CardHeader } from "@/shared/ui/Card";
import type { MyUsage } from "./data";
import { useMeTexts } from "./texts";

/** What to expect when the quota comes to its end. */
export function LimitCard({ usage }: { usage: MyUsage }) {
  const t = useMeTexts();
  const format = useFormat();
  return (
    <Card className="min-w-0">
      <CardHeader title={t("limitTitle")} />
      <ul className="flex flex-col gap-3.5 px-5 pt-1 pb-5">
        <Point icon={<Bell />}>{t("limit80")}</Point>
        <Point icon={<Scissors />}>{t("limitNear")}</Point>
        <Point icon={<CircleSlash />}>
          {t("limitEnd", { date: format.date(renewalDay(usage.period)) })}
        </Point>
        <Point icon={<MessagesSquare />}>{t("limitHistory")}</Point>
      </ul>
    </Card>
  );
}

function Point({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <li className="flex gap-3">
      <span className="mt-0.5 text-sun [&>svg]:size-4" aria-hidden>
        {icon}
      </span>
      <span className="min-w-0 text-ink-soft">{children}</span>
    </li>
  );
}
