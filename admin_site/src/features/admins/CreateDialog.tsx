import { zodResolver } from "@hookform/resolvers/zod";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { ApiError } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useSecret } from "@/shared/ui/SecretShown";
import { useUiTexts } from "@/shared/ui/texts";
import { toastError } from "@/shared/ui/toast";
import { useCreateAdmin } from "./data";
import { type CreateValues, called, createSchema } from "./form";
import { Issued } from "./Issued";
import { RoleChoice } from "./RoleChoice";
import { useAdminsTexts } from "./texts";

/** Adds somebody, then shows the generated password, once. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useAdminsTexts();
  const [isBusy, setBusy] = useState(false);
  const issued = useSecret<Model<"AdminIssued">>(open, onClose);
  const close = () => {
    // A password that arrives after its dialog is gone would be lost.
    if (!isBusy) issued.close();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={
        issued.secret ? t("issuedTitle", { name: called(issued.secret.admin) }) : t("createTitle")
      }
      description={issued.secret ? issued.secret.admin.email : t("createText")}
    >
      {issued.secret ? (
        <Issued password={issued.secret.password} once={issued.once} />
      ) : (
        <CreateForm onIssued={issued.show} onBusy={setBusy} onCancel={close} />
      )}
    </Dialog>
  );
}

function CreateForm({
  onIssued,
  onBusy,
  onCancel,
}: {
  onIssued: (issued: Model<"AdminIssued">) => void;
  onBusy: (isBusy: boolean) => void;
  onCancel: () => void;
}) {
  const t = useAdminsTexts();
  const ui = useUiTexts();
  const create = useCreateAdmin();
  const form = useForm<CreateValues>({
    resolver: zodResolver(createSchema),
    defaultValues: { email: "", name: "", role: "viewer" },
  });
  const { errors } = form.formState;
  useEffect(() => {
    onBusy(create.isPending);
    return () => onBusy(false);
  }, [create.isPending, onBusy]);
  useEffect(() => form.setFocus("email"), [form]);
  const save = form.handleSubmit(async (values) => {
    try {
      onIssued(
        await create.mutateAsync({
          ...values,
          email: values.email.trim(),
          name: values.name.trim(),
        }),
      );
    } catch (error) {
      const problem = error instanceof ApiError ? error : null;
      const field = problem?.fields.find((one) => one.field === "email" || one.field === "name");
      if (problem?.code === "already_exists") form.setError("email", { message: t("exists") });
      else if (field) form.setError(field.field as "email" | "name", { message: field.message });
      else toastError(t("createFailed"), problem?.message);
    }
  });
  // Messages of the schema are keys; those of the server are sentences already.
  const text = (message: string | undefined) =>
    message === "emailNeeded" || message === "nameTooLong" ? t(message) : message;
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      <Field label={t("email")} help={t("emailHelp")} error={text(errors.email?.message)}>
        <Input type="email" inputMode="email" autoComplete="off" {...form.register("email")} />
      </Field>
      <Field label={t("name")} optional={ui("optional")} error={text(errors.name?.message)}>
        <Input autoComplete="off" {...form.register("name")} />
      </Field>
      <RoleChoice value={form.watch("role")} onChange={(role) => form.setValue("role", role)} />
      <DialogActions>
        <Button onClick={onCancel} disabled={create.isPending}>
          {ui("cancel")}
        </Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          {t("submitCreate")}
        </Button>
      </DialogActions>
    </form>
  );
}
