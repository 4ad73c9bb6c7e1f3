import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import type { Model } from "@/shared/api/types";
import { useLastShown } from "@/shared/hooks/shown";
import { Button } from "@/shared/ui/Button";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { useUiTexts } from "@/shared/ui/texts";
import { toast, toastError } from "@/shared/ui/toast";
import { isLastAdmin, useUpdateAdmin } from "./data";
import { called, type EditValues, editSchema, isSame, toUndo, toUpdate } from "./form";
import { LastAdmin } from "./LastAdmin";
import { RoleChoice } from "./RoleChoice";
import { useAdminsTexts } from "./texts";

/** Changes somebody's name or role; `admin` null: closed. */
export function EditDialog({
  admin,
  own,
  onClose,
}: {
  admin: Model<"AdminOut"> | null;
  own: string | undefined;
  onClose: () => void;
}) {
  const t = useAdminsTexts();
  const shown = useLastShown(admin);
  return (
    <Dialog
      open={admin !== null}
      onClose={onClose}
      title={t("editTitle", { name: shown ? called(shown) : "" })}
      description={shown?.email}
    >
      {shown ? (
        <EditForm
          key={shown.email}
          admin={shown}
          isOwn={isSame(own, shown.email)}
          onClose={onClose}
        />
      ) : null}
    </Dialog>
  );
}

function EditForm({
  admin,
  isOwn,
  onClose,
}: {
  admin: Model<"AdminOut">;
  isOwn: boolean;
  onClose: () => void;
}) {
  const t = useAdminsTexts();
  const ui = useUiTexts();
  const change = useUpdateAdmin();
  const form = useForm<EditValues>({
    resolver: zodResolver(editSchema),
    defaultValues: { name: admin.name, role: admin.role },
  });
  const role = form.watch("role");
  const undo = (body: Model<"AdminUpdate">) =>
    change.mutate(
      { email: admin.email, body },
      {
        onSuccess: () => toast(t("undone")),
        onError: (error) => toastError(t("undoFailed"), error.message),
      },
    );
  const save = form.handleSubmit((values) => {
    const body = toUpdate(admin, values);
    if (Object.keys(body).length === 0) {
      onClose();
      toast(t("savedNothing"));
      return;
    }
    const canUndo = !(isOwn && body.role && body.role !== "admin");
    change.mutate(
      { email: admin.email, body },
      {
        onSuccess: (changed) => {
          onClose();
          toast(
            t("saved", { name: called(changed) }),
            canUndo ? { undo: () => undo(toUndo(admin, body)) } : {},
          );
        },
        onError: (error) => {
          if (!isLastAdmin(error)) toastError(t("saveFailed"), error.message);
        },
      },
    );
  });
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-5">
      <Field
        label={t("name")}
        optional={ui("optional")}
        error={form.formState.errors.name ? t("nameTooLong") : undefined}
      >
        <Input autoComplete="off" {...form.register("name")} />
      </Field>
      <RoleChoice
        value={role}
        onChange={(next) => {
          change.reset();
          form.setValue("role", next);
        }}
      />
      {isLastAdmin(change.error) ? (
        <LastAdmin />
      ) : role === admin.role ? null : (
        <p className={isOwn ? "font-medium text-danger" : "text-ink-soft"}>
          {t(isOwn ? "editOwnRole" : "editRole")}
        </p>
      )}
      <DialogActions>
        <Button onClick={onClose}>{ui("cancel")}</Button>
        <Button type="submit" variant="primary" busy={change.isPending}>
          {ui("save")}
        </Button>
      </DialogActions>
    </form>
  );
}
