import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Controller, useForm } from "react-hook-form";
import { z } from "zod/mini";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { useFormat } from "@/shared/format";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toast } from "@/shared/ui/toast";
import { actionText, useActionTexts } from "../actionTexts";
import { limitOf, useQuotaSettings } from "../plans";
import { PLANS } from "../search";
import { parseTokens } from "../tokens";
import { refreshUsers } from "../useChange";
import {
  emailText,
  FormButtons,
  FormProblem,
  landError,
  limitText,
  nameText,
  PlanSelect,
  problemText,
  TokensInput,
} from "./forms";

const schema = z.object({
  email: emailText,
  name: nameText,
  plan: z.enum(PLANS),
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
            plan: values.plan,
            monthlyLimit: values.monthlyLimit ? parseTokens(values.monthlyLimit) : null,
          },
        }),
      ),
    onSuccess: (user) => {
      queries.setQueryData(["user", user.id], user);
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
  const ui = useUiTexts();
  const format = useFormat();
  const quota = useQuotaSettings();
  const create = useCreate(onClose);
  const { register, control, handleSubmit, setError, formState, watch } = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { email: "", name: "", plan: "basic", monthlyLimit: "" },
  });
  const { errors } = formState;
  const limit = limitOf(quota, watch("plan"));
  const submit = handleSubmit((values) =>
    create.mutateAsync(values).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === "user_exists") {
        setError("email", { type: "server", message: t("userExists") }, { shouldFocus: true });
      } else landError(error, setError, ["email", "name", "plan", "monthlyLimit"]);
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
      <div className="grid gap-4 sm:grid-cols-2">
        <Controller
          control={control}
          name="plan"
          render={({ field }) => (
            <Field label={t("plan")} error={problemText(t, errors.plan)}>
              <PlanSelect value={field.value} onChange={field.onChange} />
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
          : `${t("limitOfPlan", { limit: format.integer(limit) })} ${t("limitHelp", {
              min: format.integer(quota.minUserLimit),
              max: format.integer(quota.maxUserLimit),
            })}`}
      </p>
      <FormButtons submit={t("create")} busy={create.isPending} onCancel={onClose} />
    </form>
  );
}
