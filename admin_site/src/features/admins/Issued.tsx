import { SecretShown, type useSecret } from "@/shared/ui/SecretShown";
import { useAdminsTexts } from "./texts";

/** A generated password, this once. */
export function Issued({
  password,
  once,
}: {
  password: string | null;
  once: ReturnType<typeof useSecret>["once"];
}) {
  const t = useAdminsTexts();
  return (
    <SecretShown
      label={t("password")}
      value={password ?? ""}
      once={{ ...once, hint: t("issuedHint"), done: t("done"), notCopied: t("notCopied") }}
    />
  );
}
