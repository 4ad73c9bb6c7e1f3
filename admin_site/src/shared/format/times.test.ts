import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatFor, periodDay, renewalDay, setPeriodZone } from "./index";

const HOME = process.env.TZ;

function viewIn(zone: string): void {
  process.env.TZ = zone;
}

beforeEach(() => viewIn("America/Sao_Paulo"));
afterEach(() => {
  if (HOME === undefined) delete process.env.TZ;
  else viewIn(HOME);
  setPeriodZone(undefined);
});

describe("how long ago", () => {
  const pt = formatFor("pt-BR");
  const noon = new Date("2026-11-29T15:00:00Z");

  it.each([
    ["2026-11-28T11:00:00Z", "ontem"], // 28 hours: never "anteontem"
    ["2026-11-28T03:30:00Z", "ontem"], // 35 hours and a half
    ["2026-11-27T16:00:00Z", "anteontem"],
    ["2026-11-28T23:00:00Z", "há 16 horas"],
    ["2026-11-29T13:20:00Z", "há 1 hora"],
    ["2026-11-29T14:59:30Z", "há 30 segundos"],
    ["2026-11-29T15:00:00Z", "agora"],
    ["2026-11-20T15:00:00Z", "há 9 dias"],
    ["2026-09-15T15:00:00Z", "há 2 meses"],
    ["2025-03-15T15:00:00Z", "ano passado"],
    ["2026-11-30T18:00:00Z", "amanhã"],
  ])("%s is %s", (at, words) => {
    expect(pt.ago(at, noon)).toBe(words);
  });
});

describe("the days of a period", () => {
  it("begin where PERIOD_TIMEZONE says, wherever the viewer is", () => {
    viewIn("America/Manaus");
    setPeriodZone("America/Sao_Paulo");
    expect(periodDay(new Date("2026-12-01T03:10:00Z"))).toBe("2026-12-01");
    expect(periodDay(new Date("2026-12-01T02:50:00Z"))).toBe("2026-11-30");
    expect(renewalDay("2026-11")).toBe("2026-12-01");
    expect(renewalDay("2026-12")).toBe("2027-01-01");
    expect(formatFor("pt-BR").date(renewalDay("2026-11"))).toBe("1 de dez. de 2026");
  });
});

describe("a moment", () => {
  const at = "2026-11-29T15:00:00Z";

  it("names its zone where the viewer's clock differs from the periods'", () => {
    viewIn("America/Manaus");
    setPeriodZone("America/Sao_Paulo");
    expect(formatFor("pt-BR").dateTime(at)).toMatch(/11:00 (AMT|GMT-4)$/);
    expect(formatFor("en").time(at)).toMatch(/GMT-4|AMT$/);
  });

  it("is plain where both clocks agree, and where the zone is not known", () => {
    setPeriodZone("America/Bahia");
    expect(formatFor("pt-BR").dateTime(at)).toMatch(/12:00$/);
    setPeriodZone("Nowhere/Land");
    viewIn("America/Manaus");
    expect(formatFor("pt-BR").dateTime(at)).toMatch(/11:00$/);
  });
});
