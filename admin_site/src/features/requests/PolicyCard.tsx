import { Pencil } from "lucide-react";
import { useState } from "react";
import { useFormat } from "@/shared/format";
import { useCanChange } from "@/shared/hooks/session";
import { Bars } from "@/shared/lists/ListCard";
import { Button } from "@/shared/ui/Button";
import { Card, CardHeader } from "@/shared/ui/Card";
import { Failure } from "@/shared/ui/states";
import { usePolicy } from "./data";
import { PolicyDialog } from "./PolicyDialog";
import { PolicyWords } from "./PolicyWords";
import { useRequestsTexts } from "./texts";

/** Whether people may ask, and what they get without anybody deciding. */
export function PolicyCard() {
  const t = useRequestsTexts();
  const format = useFormat();
  const canChange = useCanChange();
  const { data: policy, error, refetch } = usePolicy();
  const [isEditing, setEditing] = useState(false);
  return (
    <Card className="mt-5">
      <CardHeader
        title={t("policyTitle")}
        actions={
          policy && canChange ? (
            <Button
              size="small"
              icon={<Pencil className="size-3.5" aria-hidden />}
              onClick={() => setEditing(true)}
            >
              {t("policyEdit")}
            </Button>
          ) : null
        }
      />
      {policy ? (
        <div className="px-5 pb-5">
          <PolicyWords policy={policy} />
          {policy.changedBy && policy.changedAt ? (
            <p className="wrap-anywhere mt-2 text-[0.8125rem] text-ink-soft">
              {t("policyChanged", {
                who: policy.changedBy,
                when: format.dateTime(policy.changedAt),
              })}
            </p>
          ) : null}
          <PolicyDialog policy={policy} open={isEditing} onClose={() => setEditing(false)} />
        </div>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Bars count={1} />
      )}
    </Card>
  );
}
