import { describe, expect, it } from "vitest";
import { besideApi, type Check, healthReport, ordered, told, waiting } from "./health";

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

  it("says why a part is not well and what to do, in the reader's language", () => {
    const { checks } = healthReport.parse({
      status: "degraded",
      timestamp: "2026-11-22T22:21:52.067Z",
      version: "0.1.0",
      checks: {
        queue: {
          status: "degraded",
          response_time_ms: 1,
          reasons: ["queue_stalled", "of_a_later_version"],
        },
        redis: { status: "healthy", response_time_ms: 1 },
      },
    });
    const [[, check], [, redis]] = ordered(checks) as [[string, Check], [string, Check]];
    const [stalled, unknown] = told(check, "pt-BR");
    expect(stalled?.what).toContain("o uso é registrado com atraso");
    expect(stalled?.remedy).toContain("worker.log");
    expect(told(check, "en")[0]?.what).toContain("usage is booked late");
    expect(unknown).toEqual({
      code: "of_a_later_version",
      what: "of_a_later_version",
      remedy: null,
    });
    expect(told(redis, "en")).toEqual([]);
  });

  it("names the program that keeps ending", () => {
    const { checks } = healthReport.parse({
      status: "degraded",
      timestamp: "2026-11-29T12:00:00.000Z",
      version: "1.0.0",
      checks: {
        system: {
          status: "degraded",
          response_time_ms: 1,
          reasons: ["program_unsteady"],
          programs: ["exporter"],
        },
      },
    });
    const [[, check]] = ordered(checks) as [[string, Check]];
    expect(told(check, "pt-BR")[0]?.what).toMatch(/^um programa terminou .* · exporter$/);
    expect(told(check, "en")[0]?.what).toMatch(/^a program ended .* · exporter$/);
  });

  it("does not count dead letters as waiting", () => {
    expect(waiting({ usage: 3, "usage-dlq": 7, alerts: 1 })).toBe(4);
  });
});
