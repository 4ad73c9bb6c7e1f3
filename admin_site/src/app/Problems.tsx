import { Link } from "@tanstack/react-router";
import { Compass, EyeOff, TriangleAlert } from "lucide-react";
import { usePageTitle } from "@/shared/hooks/title";
import { Button, buttonClass } from "@/shared/ui/Button";
import { Empty } from "@/shared/ui/states";
import { useAppTexts } from "./texts";

export function NotFound() {
  const t = useAppTexts();
  usePageTitle(t("notFoundTitle"));
  return (
    <main>
      <Empty
        isPage
        icon={<Compass />}
        title={t("notFoundTitle")}
        action={
          <Link to="/" className={buttonClass("secondary")}>
            {t("backToStart")}
          </Link>
        }
      >
        {t("notFoundText")}
      </Empty>
    </main>
  );
}

/** A page that exists, and shows what the person's role does not let them see. */
export function NotForRole() {
  const t = useAppTexts();
  usePageTitle(t("notForRoleTitle"));
  return (
    <Empty
      isPage
      icon={<EyeOff />}
      title={t("notForRoleTitle")}
      action={
        <Link to="/" className={buttonClass("secondary")}>
          {t("backToStart")}
        </Link>
      }
    >
      {t("notForRoleText")}
    </Empty>
  );
}

/** A defect of ours, or a page of an older build that is gone: loading anew helps in both cases. */
export function Crash() {
  const t = useAppTexts();
  return (
    <div role="alert">
      <Empty
        isPage
        icon={<TriangleAlert />}
        title={t("crashTitle")}
        action={<Button onClick={() => location.reload()}>{t("reload")}</Button>}
      >
        {t("crashText")}
      </Empty>
    </div>
  );
}
