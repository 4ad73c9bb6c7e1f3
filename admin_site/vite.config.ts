import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// `SOLARIS_API` points `npm run dev` at a running system (make up).
const api = process.env.SOLARIS_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/admin/",
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": here("./src") } },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ["/api", "/v1", "/health", "/metrics", "/files"].map((path) => [
        path,
        // The API signs in only pages of its own origin.
        {
          target: api,
          changeOrigin: true,
          configure: (proxy) => {
            proxy.on("proxyReq", (request) => {
              if (request.getHeader("origin")) request.setHeader("origin", api);
            });
          },
        },
      ]),
    ),
  },
  build: {
    outDir: "dist",
    target: "es2022",
    // Small files stay files: `data:` URLs would need an exception in the CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { admin: here("./index.html"), me: here("./me/index.html") },
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["./tests/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
