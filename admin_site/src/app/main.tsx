import "./styles.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadConfig, siteConfig } from "@/shared/api/config";
import { createQueryClient } from "@/shared/api/query";
import { hasSignedOut, signedIn, subscribe } from "@/shared/api/session";
import { setPeriodZone } from "@/shared/format";
import { followSystemTheme } from "@/shared/hooks/theme";
import { applyStageLocale } from "@/shared/i18n";
import { setAway } from "./away";
import { createAppRouter } from "./router";

async function start(): Promise<void> {
  followSystemTheme();
  await loadConfig();
  applyStageLocale(siteConfig().locale);
  setPeriodZone(siteConfig().timeZone);
  const queries = createQueryClient(setAway);
  const router = createAppRouter(queries);
  let wasIn = false;
  subscribe(() => {
    const isIn = signedIn() !== null;
    if (wasIn && !isIn) {
      // Ended here or in another tab: nothing of the last person stays, the place is remembered.
      queries.clear();
      const returnTo = router.state.location.href;
      const search = hasSignedOut() ? { returnTo } : { returnTo, error: "ended" };
      void router.navigate({ to: "/login", search });
    }
    wasIn = isIn;
  });
  const element = document.getElementById("root");
  if (element === null) throw new Error("no #root in index.html");
  createRoot(element).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}

void start();
