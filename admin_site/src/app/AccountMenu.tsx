import { lazy, Suspense, useState } from "react";
import { useSignedIn } from "@/shared/hooks/session";
import { AccountButton } from "./AccountButton";

const load = () => import("./AccountItems");
const AccountItems = lazy(async () => ({ default: (await load()).AccountItems }));

/**
 * Who is signed in, and what concerns them: language, theme, password, sign out.
 *
 * Menus weigh more than the rest of the frame: this one is loaded when somebody turns to it.
 */
export function AccountMenu() {
  const user = useSignedIn();
  const [isWanted, setWanted] = useState(false);
  if (user === null) return null;
  const button = (
    <AccountButton
      user={user}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setWanted(true)}
    />
  );
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <AccountItems user={user} />
    </Suspense>
  );
}
