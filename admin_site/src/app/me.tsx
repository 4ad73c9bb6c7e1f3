import "./styles.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { SelfServicePage } from "@/features/self-service/SelfServicePage";
import { takeToken } from "@/features/self-service/token";
import { loadConfig, siteConfig } from "@/shared/api/config";
import { setPeriodZone } from "@/shared/format";
import { followSystemTheme } from "@/shared/hooks/theme";
import { applyStageLocale } from "@/shared/i18n";

async function start(): Promise<void> {
  // First of all, before anything else sees the address.
  const token = takeToken();
  followSystemTheme();
  await loadConfig();
  applyStageLocale(siteConfig().locale);
  setPeriodZone(siteConfig().timeZone);
  const element = document.getElementById("root");
  if (element === null) throw new Error("no #root in me/index.html");
  createRoot(element).render(
    <StrictMode>
      <SelfServicePage initialToken={token} />
    </StrictMode>,
  );
}

void start();
