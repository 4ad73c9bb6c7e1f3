import { expect, test } from "vitest";
import { statusTone } from "./statusTone";

test.each([
  [200, "ok"],
  [302, "ok"],
  [399, "ok"],
  [400, "warning"],
  [499, "warning"],
  [500, "danger"],
  [0, "danger"],
])("a request with status %i is shown as %s", (status, tone) => {
  expect(statusTone(status)).toBe(tone);
});
