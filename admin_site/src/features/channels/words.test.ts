import { expect, test } from "vitest";
import type { Channel } from "./form";
import { stateOf } from "./words";

const CHANNEL = { isReadable: true, pausedAt: null, failures: 0 } as Channel;

test("a state is the one that needs somebody", () => {
  expect(stateOf(CHANNEL)).toBe("active");
  expect(stateOf({ ...CHANNEL, failures: 2 })).toBe("failing");
  expect(stateOf({ ...CHANNEL, failures: 50, pausedAt: "2026-11-15T12:00:00Z" })).toBe("paused");
  expect(stateOf({ ...CHANNEL, isReadable: false, failures: 3 })).toBe("unreadable");
});
