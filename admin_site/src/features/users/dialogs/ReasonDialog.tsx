import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod/mini";
import type { Model } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { useActionTexts } from "../actionTexts";
import { useChange } from "../useChange";
import { FormButtons, FormProblem, landError, neededReason, ReasonField } from "./forms";

const schema = z.object({ reason: neededReason });

interface Props {
  kind: "suspend" | "reset";
  user: Model<"UserOut">;
  onClose: () => void;
}

const TEXTS = {
  suspend: { title: "suspendTitle", text: "suspendText", submit: "suspend" },
  reset: { title: "resetTitle", text: "resetText", submit: "reset" },
} as const;

/** Confirms what interrupts or forgives, and asks why. */
export function ReasonDialog({ open, ...props }: Props & { open: boolean }) {
  const t = useActionTexts();
  const { user, kind, onClose } = props;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t(TEXTS[kind].title, { name: user.name || user.email })}
      description={t(TEXTS[kind].text)}
    >
      <ReasonForm {...props} />
    </Dialog>
  );
}

function ReasonForm({ kind, user, onClose }: Props) {
  const t = useActionTexts();
  const change = useChange(user);
  const { register, handleSubmit, setError, formState } = useForm({
    resolver: zodResolver(schema),
    defaultValues: { reason: "" },
  });
  const { errors } = formState;
  const submit = handleSubmit(async ({ reason }) => {
    try {
      await change.mutateAsync({ kind, reason });
      onClose();
    } catch (error) {
      landError(error, setError, ["reason"]);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <FormProblem message={errors.root?.server?.message} />
      <ReasonField error={errors.reason} {...register("reason")} />
      <FormButtons
        variant="danger"
        submit={t(TEXTS[kind].submit)}
        busy={change.isPending}
        onCancel={onClose}
      />
    </form>
  );
}
