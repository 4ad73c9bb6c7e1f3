import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { useFormat } from "@/shared/format";
import { NO_GROUP, useGroups, useGroupsById } from "@/shared/groups/data";
import { GroupSelect } from "@/shared/groups/GroupSelect";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { Select } from "@/shared/ui/Select";
import { TokensInput } from "@/shared/ui/TokensInput";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { actionText, useActionTexts } from "../actionTexts";
import { limitOf, useQuotaSettings } from "../plans";
import { PLANS } from "../search";
import { useUsersTexts } from "../texts";
import { parseTokens } from "../tokens";
import { refreshUsers, show } from "../useChange";
import {
  emailText,
  FormButtons,
  FormProblem,
  landError,
  limitText,
  nameText,
  problemText,
  usePlanOptions,
} from "./forms";

const schema = z.object({
  email: emailText,
  name: nameText,
  groupId: z.string(),
  plan: z.enum(["", ...PLANS]),
  monthlyLimit: z.union([z.literal(""), limitText]),
});
type Values = z.infer<typeof schema>;

export function NewUserDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useActionTexts();
  return (
    <Dialog open={open} onClose={onClose} title={t("createTitle")} description={t("createText")}>
      <NewUserForm onClose={onClose} />
    </Dialog>
  );
}

function useCreate(onClose: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (values: Values) =>
      unwrap(
        api().POST("/admin/users", {
          body: {
            email: values.email,
            name: values.name,
            // what nobody has chosen follows the group
            plan: values.plan || null,
            groupId: values.groupId === NO_GROUP ? null : values.groupId,
            monthlyLimit: values.monthlyLimit ? parseTokens(values.monthlyLimit) : null,
          },
        }),
      ),
    onSuccess: (user) => {
      show(queries, user);
      refreshUsers(queries);
      toast(actionText("created", { name: user.name || user.email }));
      onClose();
      // In a list by usage a new user would be on its last page.
      void navigate({ to: "/users/$userId", params: { userId: user.id } });
    },
  });
}

function NewUserForm({ onClose }: { onClose: () => void }) {
  const t = useActionTexts();
  const names = useUsersTexts();
  const ui = useUiTexts();
  const format = useFormat();
  const plans = usePlanOptions();
  const quota = useQuotaSettings();
  const create = useCreate(onClose);
  const { register, control, handleSubmit, setError, formState, watch } = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { email: "", name: "", groupId: NO_GROUP, plan: "", monthlyLimit: "" },
  });
  const { errors } = formState;
  const hasGroups = (useGroups().data?.items.length ?? 0) > 0;
  const group = useGroupsById().get(watch("groupId"));
  const ofGroup = group?.plan ?? null;
  const ofPlan = limitOf(quota, watch("plan") || ofGroup || "basic");
  const limit = group?.monthlyLimit ?? ofPlan;
  const submit = handleSubmit((values) =>
    create.mutateAsync(values).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === "user_exists") {
        setError("email", { type: "server", message: t("userExists") }, { shouldFocus: true });
      } else landError(error, setError, ["email", "name", "groupId", "plan", "monthlyLimit"]);
    }),
  );
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <Field label={t("email")} error={problemText(t, errors.email)}>
        <Input type="email" autoComplete="off" maxLength={254} {...register("email")} />
      </Field>
      <Field label={t("name")} optional={ui("optional")} error={problemText(t, errors.name)}>
        <Input autoComplete="off" maxLength={200} {...register("name")} />
      </Field>
      {hasGroups ? (
        <Controller
          control={control}
          name="groupId"
          render={({ field }) => (
            <GroupSelect
              label={t("bulkGroupLabel")}
              optional={ui("optional")}
              value={field.value}
              onChange={field.onChange}
              error={problemText(t, errors.groupId)}
            />
          )}
        />
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <Controller
          control={control}
          name="plan"
          render={({ field }) => (
            <Field label={t("plan")} error={problemText(t, errors.plan)}>
              <Select
                value={field.value || (ofGroup ? "" : "basic")}
                onChange={field.onChange}
                options={
                  ofGroup
                    ? [
                        {
                          value: "" as const,
                          label: t("planOfGroup", { plan: names(`plan_${ofGroup}`) }),
                        },
                        ...plans,
                      ]
                    : plans
                }
              />
            </Field>
          )}
        />
        <Controller
          control={control}
          name="monthlyLimit"
          render={({ field }) => (
            <Field
              label={t("limit")}
              optional={ui("optional")}
              error={problemText(t, errors.monthlyLimit)}
            >
              <TokensInput
                {...field}
                placeholder={limit === undefined ? "" : format.integer(limit)}
              />
            </Field>
          )}
        />
      </div>
      <p className="-mt-1 text-[0.8125rem] text-ink-soft">
        {limit === undefined || quota === undefined
          ? "\u00a0"
          : `${t(group?.monthlyLimit == null ? "limitOfPlan" : "limitOfGroup", {
              limit: format.integer(limit),
            })} ${t("limitHelp", {
              min: format.integer(quota.minUserLimit),
              max: format.integer(quota.maxUserLimit),
            })}`}
      </p>
      <FormButtons submit={t("create")} busy={create.isPending} onCancel={onClose} />
    </form>
  );
}
