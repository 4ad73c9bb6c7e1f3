import { type FormEvent, useState } from "react";
import type { TokenRequest } from "@/shared/token-requests/data";
import { toast } from "@/shared/ui/toast";
import { useDeny } from "./data";
import { messageOf } from "./form";
import { Buttons, NoteField, whoOf } from "./parts";
import { useRequestsTexts } from "./texts";

/** Says no, with a word to the person. */
export function DenyForm({
  request,
  onClose,
  onRefused,
}: {
  request: TokenRequest;
  onClose: () => void;
  onRefused: (message: string | null) => void;
}) {
  const t = useRequestsTexts();
  const deny = useDeny(request);
  const [note, setNote] = useState("");
  const who = whoOf(request);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (deny.isPending) return;
    onRefused(null);
    deny.mutate(
      { note: note.trim() },
      {
        onSuccess: () => {
          onClose();
          toast(t("denied", { who }));
        },
        onError: (error) => onRefused(messageOf(error, t("failed"))),
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <p className="rounded-xl bg-sunken px-3.5 py-2.5">{t("denyText", { who })}</p>
      <NoteField value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      <Buttons variant="danger" busy={deny.isPending} onCancel={onClose}>
        {t("denyRun")}
      </Buttons>
    </form>
  );
}
