import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod/mini";
import { api, unwrap } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { useFormat } from "@/shared/format";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { toast } from "@/shared/ui/toast";
import { actionText, useActionTexts } from "../actionTexts";
import { refreshUsers } from "../useChange";
import { FormButtons, FormProblem, landError, optionalReason, ReasonField } from "./forms";

/** A call erases 20,000 records at most; a user with more than ten million is not one person. */
const MAX_CALLS = 500;

interface Props {
  user: Model<"UserOut">;
  onClose: () => void;
}

/** Deletes a user, once their address has been typed. */
export function DeleteDialog({ open, ...props }: Props & { open: boolean }) {
  const t = useActionTexts();
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={t("deleteTitle", { name: props.user.name || props.user.email })}
      description={t("deleteText")}
    >
      <DeleteForm {...props} />
    </Dialog>
  );
}

/** Asks until the deletion has come to its end; `erased` counts what went so far. */
function useDelete(user: Model<"UserOut">) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [erased, setErased] = useState<number | null>(null);
  const mutation = useMutation({
    mutationFn: async (reason: string) => {
      const params = { path: { user_id: user.id }, query: { reason } };
      for (let call = 0, sum = 0; call < MAX_CALLS; call += 1) {
        const answer: Model<"DeletionOut"> | undefined = await unwrap(
          api().DELETE("/admin/users/{user_id}", { params }),
        );
        if (!answer || answer.complete) return;
        sum += answer.erasedRecords;
        setErased(sum);
      }
      throw new Error(actionText("failed"));
    },
    onSuccess: async () => {
      toast(actionText("deleted", { name: user.name || user.email }));
      // First away, then forgotten: the page must not ask for whom it has just deleted.
      await navigate({ to: "/users" });
      queries.removeQueries({ queryKey: ["user", user.id] });
      refreshUsers(queries);
    },
  });
  return { mutation, erased };
}

function DeleteForm({ user, onClose }: Props) {
  const t = useActionTexts();
  const format = useFormat();
  const { mutation, erased } = useDelete(user);
  const { register, handleSubmit, setError, formState, watch } = useForm({
    resolver: zodResolver(z.object({ typed: z.string(), reason: optionalReason })),
    defaultValues: { typed: "", reason: "" },
  });
  const { errors } = formState;
  const isConfirmed = watch("typed").trim().toLowerCase() === user.email.toLowerCase();
  const submit = handleSubmit(async ({ reason }) => {
    if (!isConfirmed) return;
    await mutation
      .mutateAsync(reason)
      .catch((error: unknown) => landError(error, setError, ["reason"]));
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <ul className="flex list-disc flex-col gap-1 rounded-xl bg-danger-soft py-3 pr-4 pl-8 text-danger ring-1 ring-danger/20">
        <li>{t("deletePoint1")}</li>
        <li>{t("deletePoint2")}</li>
        <li>{t("deletePoint3")}</li>
        <li>{t("deletePoint4")}</li>
      </ul>
      <Field label={t("deleteType", { email: user.email })}>
        <Input autoComplete="off" spellCheck={false} {...register("typed")} />
      </Field>
      <ReasonField isOptional error={errors.reason} {...register("reason")} />
      <p role="status" className="text-ink-soft empty:hidden">
        {erased === null ? "" : t("deleting", { count: erased, erased: format.integer(erased) })}
      </p>
      <FormButtons
        variant="danger"
        submit={t("deleteRun")}
        busy={mutation.isPending}
        disabled={!isConfirmed}
        onCancel={onClose}
      />
    </form>
  );
}
