import { Link } from "@tanstack/react-router";
import { useFormat } from "@/shared/format";
import { Card } from "@/shared/ui/Card";
import type { Propagation } from "./bringing";
import { usePropagationTexts } from "./texts";

/** Who gives the order for what no person has changed: settings of another start, a restore. */
const SYSTEM = "system";

/** How far the last change of plans or groups has come; nothing where there was none. */
export function Progress({
  run,
  targetType,
}: {
  run: Propagation | null;
  /** What the audit log is asked for. */
  targetType: "plan" | "group";
}) {
  const t = usePropagationTexts();
  const format = useFormat();
  if (run === null) return null;
  const isRunning = run.state === "running";
  const isBySystem = run.actor === SYSTEM;
  if (isBySystem && !isRunning && run.changed === 0 && run.failed === 0) return null;
  return (
    <Card className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <p role="status" className="min-w-0 flex-1 basis-64 text-ink-soft">
        {isRunning
          ? t("running", { users: format.integer(run.users), total: format.integer(run.total) })
          : t("done", {
              who: isBySystem ? t("bySystem") : t("by", { who: run.actor }),
              when: format.ago(run.startedAt),
              count: run.changed,
              shown: format.integer(run.changed),
            })}
        {run.failed > 0 ? (
          <span className="block font-medium text-danger">
            {t("someFailed", { count: run.failed, shown: format.integer(run.failed) })}
          </span>
        ) : null}
      </p>
      {isRunning ? (
        <progress
          className="h-2 w-40 accent-brand"
          max={Math.max(1, run.total)}
          value={run.users}
          aria-label={t("running", { users: run.users, total: run.total })}
        />
      ) : (
        <Link
          to="/audit"
          search={{ targetType }}
          className="font-medium text-brand-ink hover:underline"
        >
          {t("history")}
        </Link>
      )}
    </Card>
  );
}
