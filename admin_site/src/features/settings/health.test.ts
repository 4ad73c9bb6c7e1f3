import { describe, expect, it } from "vitest";
import { besideApi, healthReport, ordered, waiting } from "./health";

describe("the health of every part", () => {
  it("is asked for beside the API, on its own host", () => {
    expect(besideApi("/health/detailed", "/api", "https://ia.example.com/admin/settings")).toBe(
      "https://ia.example.com/health/detailed",
    );
    expect(besideApi("/metrics", "https://gw.example.com/api", "https://site.example.com/")).toBe(
      "https://gw.example.com/metrics",
    );
  });

  it("reads a report, and keeps a part that a later version adds", () => {
    const report = healthReport.parse({
      status: "unhealthy",
      timestamp: "2026-11-22T22:21:52.067Z",
      version: "0.1.0",
      checks: {
        moon: { status: "healthy", response_time_ms: 1, phase: "full" },
        redis: { status: "degraded", response_time_ms: 3, detail: "no answer" },
        database: { status: "unhealthy", response_time_ms: 2000, error: "Timeout" },
      },
    });
    expect(ordered(report.checks).map(([name]) => name)).toEqual(["database", "redis", "moon"]);
  });

  it("does not count dead letters as waiting", () => {
    expect(waiting({ usage: 3, "usage-dlq": 7, alerts: 1 })).toBe(4);
  });
});
