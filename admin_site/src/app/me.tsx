import "./styles.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { SelfServicePage } from "@/features/self-service/SelfServicePage";
import { takeToken } from "@/features/self-service/token";
import { loadConfig } from "@/shared/api/config";
import { followSystemTheme } from "@/shared/hooks/theme";

async function start(): Promise<void> {
  // First of all, before anything else sees the address.
  const token = takeToken();
  followSystemTheme();
  await loadConfig();
  const element = document.getElementById("root");
  if (element === null) throw new Error("no #root in me/index.html");
  createRoot(element).render(
    <StrictMode>
      <SelfServicePage initialToken={token} />
    </StrictMode>,
  );
}

void start();
