import { useEffect } from "react";

const SITE = "IA SOLARIS";

/** Names the tab after its page; undefined: not known yet, the last name stays. */
export function usePageTitle(name: string | undefined): void {
  useEffect(() => {
    if (name !== undefined) document.title = `${name} · ${SITE}`;
  }, [name]);
}
