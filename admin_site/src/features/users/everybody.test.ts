import { beforeEach, expect, it, vi } from "vitest";
import { allFound, MOST_SELECTED } from "./everybody";
import { someUser } from "./testing";

const get = vi.hoisted(() => vi.fn());
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  api: () => ({ GET: get }),
  unwrap: (answer: unknown) => answer,
}));

const page = (from: number, nextCursor: string | null) => ({
  items: Array.from({ length: 200 }, (_, n) => someUser({ id: `u${from + n}` })),
  nextCursor,
  total: 1_000_000,
});

beforeEach(() => {
  get.mockReset();
});

it("reads every page in an order that stands still, by the filters shown", async () => {
  get.mockReturnValueOnce(page(0, "c1")).mockReturnValueOnce(page(200, null));
  const counts: number[] = [];
  const found = await allFound(
    { group: ["none"], sort: "usage", pages: ["x"] },
    (users) => counts.push(users.length),
    () => true,
  );
  expect(found).toHaveLength(400);
  expect(counts).toEqual([200, 200]);
  const query = { group: ["none"], sort: "created", order: "asc", limit: 200 };
  expect(get.mock.calls.map(([, options]) => options.params.query)).toEqual([
    query,
    { ...query, cursor: "c1" },
  ]);
});

it("stops when nobody wants it any more, and at the most that can be selected", async () => {
  get.mockImplementation(() => page(0, "on"));
  const few = await allFound(
    {},
    () => undefined,
    () => get.mock.calls.length < 3,
  );
  expect(few).toHaveLength(600);
  get.mockClear();
  const most = await allFound(
    {},
    () => undefined,
    () => true,
  );
  expect(most).toHaveLength(MOST_SELECTED);
  expect(get).toHaveBeenCalledTimes(MOST_SELECTED / 200);
});
