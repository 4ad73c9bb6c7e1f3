import { z } from "zod/mini";
import type { ApiError } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";

export type Channel = Model<"ChannelOut">;
export type Kind = Model<"ChannelKind">;
export type ChosenEvent = NonNullable<Model<"ChannelFilterModel">["events"]>[number];

export const KINDS = ["webhook", "teams", "slack"] as const satisfies readonly Kind[];
export const LANGUAGES = ["pt-BR", "en"] as const;
/** What a channel can be told; a test goes to each. */
export const EVENTS = [
  "quota.warning",
  "quota.critical",
  "quota.blocked",
  "grant.ending",
  "month.closed",
  "ceiling.reached",
  "group.month_closed",
  "model.unpriced",
  "user.pending",
  "key.expiring",
  "upstream.failing",
  "books.differ",
  "request.created",
  "request.decided",
] as const satisfies readonly ChosenEvent[];

const URL_START = /^https?:\/\/\S+$/i;

/** Messages are keys of texts.ts. `isNew`: an address is needed, else the old one stays. */
export function channelSchema(isNew: boolean) {
  return z
    .object({
      kind: z.enum(KINDS),
      name: z
        .string()
        .check(z.trim(), z.minLength(1, "nameNeeded"), z.maxLength(60, "nameTooLong")),
      url: z.string().check(z.trim()),
      language: z.enum(LANGUAGES),
      isAll: z.boolean(),
      events: z.array(z.enum(EVENTS)),
      groups: z.array(z.string()),
      noNames: z.boolean(),
    })
    .check(
      z.refine((one) => URL_START.test(one.url) || (!isNew && one.url === ""), {
        path: ["url"],
        error: "urlNeeded",
      }),
      z.refine((one) => one.isAll || one.events.length > 0, {
        path: ["events"],
        error: "eventsNeeded",
      }),
    );
}

export type ChannelValues = z.infer<ReturnType<typeof channelSchema>>;

/** The form of a channel to be made, in the language of who makes it. */
export function newChannel(language: (typeof LANGUAGES)[number]): ChannelValues {
  return {
    kind: "webhook",
    name: "",
    url: "",
    language,
    isAll: true,
    events: [...EVENTS],
    groups: [],
    noNames: false,
  };
}

/** The form of a channel that there is; its address is not shown again. */
export function valuesOf(channel: Channel): ChannelValues {
  return {
    kind: channel.kind,
    name: channel.name,
    url: "",
    language: channel.language,
    isAll: channel.filter.events == null,
    events: [...(channel.filter.events ?? EVENTS)],
    groups: [...(channel.filter.groups ?? [])],
    noNames: channel.noNames,
  };
}

function filterOf(values: ChannelValues) {
  return {
    events: values.isAll ? null : EVENTS.filter((one) => values.events.includes(one)),
    groups: values.groups.toSorted(),
  };
}

/** The request that makes the channel. */
export function toCreate(values: ChannelValues): Model<"ChannelCreate"> {
  return {
    name: values.name.trim(),
    kind: values.kind,
    url: values.url.trim(),
    language: values.language,
    noNames: values.noNames,
    filter: filterOf(values),
  };
}

/** The request that changes the channel: only what is different. */
export function toUpdate(channel: Channel, values: ChannelValues): Model<"ChannelUpdate"> {
  const filter = filterOf(values);
  const isOther = JSON.stringify(filter) !== JSON.stringify(filterOf(valuesOf(channel)));
  return {
    ...(values.name.trim() === channel.name ? {} : { name: values.name.trim() }),
    ...(values.url.trim() === "" ? {} : { url: values.url.trim() }),
    ...(values.language === channel.language ? {} : { language: values.language }),
    ...(values.noNames === channel.noNames ? {} : { noNames: values.noNames }),
    ...(isOther ? { filter } : {}),
  };
}

const FIELDS: Record<string, keyof ChannelValues> = {
  name: "name",
  url: "url",
  kind: "kind",
  language: "language",
  filter: "events",
};

/** Which inputs a refusal is about. */
export function fieldErrors(error: ApiError): { field: keyof ChannelValues; message: string }[] {
  return error.fields.flatMap(({ field, message }) => {
    const known = field.startsWith("filter.groups") ? "groups" : FIELDS[field.split(".")[0] ?? ""];
    return known ? [{ field: known, message }] : [];
  });
}
