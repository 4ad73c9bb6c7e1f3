import { Link } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Model } from "@/shared/api/types";
import { useGroupsById } from "@/shared/groups/data";
import { useCanChange } from "@/shared/hooks/session";
import { Button } from "@/shared/ui/Button";
import { Card } from "@/shared/ui/Card";
import { Dialog } from "@/shared/ui/Dialog";
import { toastError } from "@/shared/ui/toast";
import { useUsersTexts } from "../texts";
import { useChange } from "../useChange";
import { GroupForm } from "./GroupForm";
import { useGroupCardTexts } from "./groupTexts";
import { ModelsForm } from "./ModelsForm";

type User = Model<"UserOut">;
const MOST_MODELS = 6;

/** The home group, and what comes of it: plan and models. */
export function GroupCard({ user }: { user: User | undefined }) {
  if (!user) {
    return (
      <Card className="mt-5 p-5">
        <div className="min-h-24" aria-hidden />
      </Card>
    );
  }
  return user.status === "deleted" ? null : <Shown user={user} />;
}

function Shown({ user }: { user: User }) {
  const t = useGroupCardTexts();
  const names = useUsersTexts();
  const canChange = useCanChange();
  const [open, setOpen] = useState<"group" | "models" | null>(null);
  const close = () => setOpen(null);
  const group = user.groupName ?? "";
  const isOfGroup = user.planSource === "group";
  return (
    <Card className="mt-5 p-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <h2 className="min-w-0 flex-1 basis-48 font-semibold text-[0.9375rem]">{t("title")}</h2>
        {canChange ? (
          <div className="flex flex-wrap gap-2">
            <Button size="small" onClick={() => setOpen("models")}>
              {t("changeModels")}
            </Button>
            <Button size="small" onClick={() => setOpen("group")}>
              {t("change")}
            </Button>
          </div>
        ) : null}
      </div>
      <dl className="mt-3 grid gap-x-6 gap-y-4 sm:grid-cols-3">
        <Fact label={t("group")} note={user.costCenter}>
          {user.groupId === null ? (
            <span className="text-ink-faint">{t("noGroup")}</span>
          ) : (
            <Link
              to="/users"
              search={{ group: [user.groupId] }}
              className="rounded font-medium text-brand-ink hover:underline"
            >
              {group || user.groupId}
            </Link>
          )}
        </Fact>
        <Fact
          label={t("plan")}
          note={
            isOfGroup
              ? t("plan_given", { group })
              : user.groupId === null
                ? null
                : t(user.planSource === "own" ? "plan_own" : "plan_default")
          }
        >
          {names(`plan_${user.plan}`)}
          {canChange && !isOfGroup ? <BackToPlan user={user} /> : null}
        </Fact>
        <Fact
          label={t("models")}
          note={
            user.modelsSource === "own"
              ? t("models_own")
              : user.models === null
                ? null
                : t("models_given", { group })
          }
        >
          <Models models={user.models} />
        </Fact>
      </dl>
      <Dialog
        open={open === "group"}
        onClose={close}
        title={t("groupTitle")}
        description={t("groupText")}
      >
        <GroupForm user={user} onClose={close} />
      </Dialog>
      <Dialog
        open={open === "models"}
        onClose={close}
        title={t("modelsTitle")}
        description={t("modelsText")}
      >
        <ModelsForm user={user} onClose={close} />
      </Dialog>
    </Card>
  );
}

/** Gives up a plan of their own where the group states one. */
function BackToPlan({ user }: { user: User }) {
  const t = useGroupCardTexts();
  const change = useChange(user);
  const stated = useGroupsById().get(user.groupId ?? "")?.plan ?? null;
  if (stated === null) return null;
  return (
    <Button
      variant="ghost"
      size="small"
      className="-my-1 ml-1"
      icon={<Undo2 className="size-3.5" aria-hidden />}
      busy={change.isPending}
      onClick={() =>
        change.mutate(
          { kind: "edit", values: { planSource: "group" }, reason: "" },
          { onError: (error) => toastError(t("backFailed"), error.message) },
        )
      }
    >
      {t("backToGroupPlan")}
    </Button>
  );
}

function Models({ models }: { models: User["models"] }) {
  const t = useGroupCardTexts();
  if (models === null || models.includes("*")) return <>{t("allModels")}</>;
  const more = models.length - MOST_MODELS;
  return (
    <span className="flex flex-wrap gap-1.5" title={models.join(", ")}>
      {models.slice(0, MOST_MODELS).map((model) => (
        <code key={model} className="max-w-full truncate rounded bg-sunken px-1.5 text-[0.8125rem]">
          {model}
        </code>
      ))}
      {more > 0 ? <span className="text-ink-soft text-xs">{`+${more}`}</span> : null}
    </span>
  );
}

function Fact({
  label,
  note,
  children,
}: {
  label: string;
  note: string | null;
  children: ReactNode;
}) {
  return (
    <div className="min-w-0">
      <dt className="text-[0.8125rem] text-ink-soft">{label}</dt>
      <dd className="mt-0.5 break-words text-ink">{children}</dd>
      {note ? <dd className="text-ink-faint text-xs">{note}</dd> : null}
    </div>
  );
}
