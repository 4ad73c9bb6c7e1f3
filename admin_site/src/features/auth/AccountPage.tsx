import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod/mini";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { adoptToken } from "@/shared/api/session";
import { useSignedIn } from "@/shared/hooks/session";
import { Button } from "@/shared/ui/Button";
import { Card, CardHeader, PageHeader } from "@/shared/ui/Card";
import { Field, Input } from "@/shared/ui/Field";
import { toast } from "@/shared/ui/toast";
import { useAuthTexts } from "./texts";

const MIN_CHARACTERS = 12;

const schema = z
  .object({
    currentPassword: z.string().check(z.minLength(1, "passwordNeeded")),
    newPassword: z.string().check(z.minLength(MIN_CHARACTERS, "tooShort")),
    repeated: z.string(),
  })
  .check(
    z.refine((value) => value.newPassword === value.repeated, {
      path: ["repeated"],
      error: "mismatch",
    }),
  );

type Values = z.infer<typeof schema>;

/** Who is signed in, and their password. */
export function AccountPage() {
  const t = useAuthTexts();
  const user = useSignedIn();
  return (
    <div className="max-w-2xl">
      <PageHeader title={t("accountTitle")} description={t("accountText")} />
      <Card className="mb-6">
        <dl className="grid gap-x-8 gap-y-4 p-5 sm:grid-cols-2">
          <Fact label={t("email")} value={user?.email ?? ""} />
          <Fact label={t("role")} value={t(`role_${user?.role ?? "viewer"}`)} />
        </dl>
      </Card>
      <Card>
        <CardHeader title={t("changeTitle")} description={t("changeText")} />
        <PasswordForm />
      </Card>
    </div>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt className="text-ink-soft text-xs">{label}</dt>
      <dd className="mt-0.5 font-medium text-ink">{value}</dd>
    </div>
  );
}

function PasswordForm() {
  const t = useAuthTexts();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { currentPassword: "", newPassword: "", repeated: "" },
  });
  const { errors, isSubmitting } = form.formState;
  const save = form.handleSubmit(async ({ currentPassword, newPassword }) => {
    try {
      const answer = await unwrap(
        api().POST("/auth/password", { body: { currentPassword, newPassword } }),
      );
      adoptToken(answer.token);
      form.reset();
      toast(t("changed"));
    } catch (error) {
      const problem = error instanceof ApiError ? error : null;
      const field = problem?.fields[0]?.field === "newPassword" ? "newPassword" : "currentPassword";
      form.setError(field, {
        message: problem?.fields[0]?.message ?? problem?.message ?? t("failed"),
      });
    }
  });
  // Messages of the schema are keys; those of the server are sentences already.
  const text = (message: string | undefined) =>
    message === "passwordNeeded" || message === "tooShort" || message === "mismatch"
      ? t(message)
      : message;
  return (
    <form
      onSubmit={(event) => void save(event)}
      noValidate
      className="flex max-w-sm flex-col gap-4 p-5 pt-2"
    >
      <Field label={t("currentPassword")} error={text(errors.currentPassword?.message)}>
        <Input
          type="password"
          autoComplete="current-password"
          {...form.register("currentPassword")}
        />
      </Field>
      <Field
        label={t("newPassword")}
        help={t("newPasswordHelp")}
        error={text(errors.newPassword?.message)}
      >
        <Input type="password" autoComplete="new-password" {...form.register("newPassword")} />
      </Field>
      <Field label={t("repeatPassword")} error={text(errors.repeated?.message)}>
        <Input type="password" autoComplete="new-password" {...form.register("repeated")} />
      </Field>
      <Button type="submit" variant="primary" busy={isSubmitting} className="self-start">
        {t("change")}
      </Button>
    </form>
  );
}
