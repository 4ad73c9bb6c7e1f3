import { expect, test } from "vitest";
import {
  type Channel,
  channelSchema,
  EVENTS,
  newChannel,
  toCreate,
  toUpdate,
  valuesOf,
} from "./form";

const CHANNEL = {
  id: "chn_000000000001",
  name: "Plantão",
  kind: "webhook",
  address: "https://hooks.example.com/…9f2c",
  filter: { events: ["quota.blocked"] },
  language: "pt-BR",
  noNames: false,
} as unknown as Channel;

test("an address is needed for a new channel, and stays where none is typed", () => {
  const values = { ...newChannel("en"), name: "x" };
  expect(channelSchema(true).safeParse(values).success).toBe(false);
  expect(channelSchema(false).safeParse(values).success).toBe(true);
  expect(channelSchema(true).safeParse({ ...values, url: "https://a.example/x" }).success).toBe(
    true,
  );
  expect(channelSchema(true).safeParse({ ...values, url: "hooks.example" }).success).toBe(false);
});

test("without an event nothing would be sent", () => {
  const values = { ...newChannel("en"), name: "x", url: "https://a.example/x" };
  expect(channelSchema(true).safeParse({ ...values, isAll: false, events: [] }).success).toBe(
    false,
  );
});

test("all events are those of later versions, too", () => {
  const values = { ...newChannel("en"), name: " x ", url: " https://a.example/x " };
  expect(toCreate(values)).toEqual({
    name: "x",
    kind: "webhook",
    url: "https://a.example/x",
    language: "en",
    noNames: false,
    filter: { events: null, groups: [] },
  });
  expect(toCreate({ ...values, isAll: false }).filter).toEqual({
    events: [...EVENTS],
    groups: [],
  });
});

test("groups in another order are the same groups, others are sent with the events", () => {
  const channel = { ...CHANNEL, filter: { ...CHANNEL.filter, groups: ["b", "a"] } };
  expect(toUpdate(channel, { ...valuesOf(channel), groups: ["a", "b"] })).toEqual({});
  expect(toUpdate(channel, { ...valuesOf(channel), groups: ["a"] })).toEqual({
    filter: { events: ["quota.blocked"], groups: ["a"] },
  });
});

test("only what is different is sent", () => {
  expect(toUpdate(CHANNEL, valuesOf(CHANNEL))).toEqual({});
  expect(toUpdate(CHANNEL, { ...valuesOf(CHANNEL), noNames: true, isAll: true })).toEqual({
    noNames: true,
    filter: { events: null, groups: [] },
  });
  expect(toUpdate(CHANNEL, { ...valuesOf(CHANNEL), url: "https://b.example/y" })).toEqual({
    url: "https://b.example/y",
  });
});
