import type { Model } from "@/shared/api/types";
import type { Tone } from "@/shared/ui/Badge";
import type { Channel } from "./form";
import type { ChannelsTexts } from "./texts";

type Try = Model<"DeliveryTry">;

/** How a try went, in a few words. */
export function outcomeText(one: Try, t: ChannelsTexts): string {
  return t(`outcome_${one.outcome}`, { status: String(one.status ?? "—") });
}

export function outcomeTone(one: Try): Tone {
  if (one.outcome === "delivered") return "ok";
  return one.isLast ? "danger" : "warning";
}

/** A channel's state in a word; the first that needs somebody. */
export function stateOf(channel: Channel): "unreadable" | "paused" | "failing" | "active" {
  if (!channel.isReadable) return "unreadable";
  if (channel.pausedAt !== null) return "paused";
  return channel.failures > 0 ? "failing" : "active";
}

export const STATE_TONE: Record<ReturnType<typeof stateOf>, Tone> = {
  unreadable: "danger",
  paused: "danger",
  failing: "warning",
  active: "ok",
};
