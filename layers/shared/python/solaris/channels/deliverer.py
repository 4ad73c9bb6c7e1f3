"""Takes deliveries from the channels queue to their receivers.

A batch has ten messages at most, each with a thread of its own, so a batch takes as long as its
slowest receiver: ten seconds. The queue is not that of the mails, so no receiver holds up a mail.
A try that fails is made again after a pause that grows, five times in all; then the delivery is
dead, and the channel's history says so. Fifty failures in a row pause the channel: the admins get
an alert and one mail (alerts/alert.py), by an id that the first of the failures decides.

Logged are ids, status and time; never a URL, a secret, or anything that was answered.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, tzinfo

from solaris import __version__
from solaris.alerts.alert import ChannelPaused
from solaris.alerts.notices import notice_to_json
from solaris.channels.channel import (
    MAX_TRIES,
    Channel,
    ChannelKind,
    Outcome,
    Standing,
    Try,
    after_tries,
    pause_seconds,
)
from solaris.channels.deliveries import FINAL, Claimed, DeliveryState, DeliveryStore
from solaris.channels.events import (
    ChannelEvent,
    Delivery,
    MalformedDeliveryError,
    delivery_from_json,
)
from solaris.channels.payloads import CONTENT_TYPE, body_of
from solaris.channels.sending import Answer, ChannelSender
from solaris.channels.signing import message_id, signed_headers
from solaris.channels.store import Channels, ChannelStore
from solaris.platform.aws.queues import (
    ALERTS_QUEUE,
    BATCH_MESSAGES,
    CHANNELS_QUEUE,
    MAX_RECEIVES,
    Message,
    Queues,
)
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger
from solaris.quota.periods import period_of

USER_AGENT = f"IA-SOLARIS/{__version__}"

_log = get_logger("solaris.channels")


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a message: whether it is done, its try, and the pause before the next one."""

    is_done: bool
    channel_id: str | None = None
    tried: Try | None = None
    pause_seconds: int = pause_seconds(1)


class Deliverer:
    """Handles the channels queue. `clock` gives the time in UTC, `site` is the own address."""

    def __init__(
        self,
        *,
        channels: ChannelStore,
        deliveries: DeliveryStore,
        sender: ChannelSender,
        queues: Queues,
        site: str,
        zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._channels = channels
        self._deliveries = deliveries
        self._sender = sender
        self._queues = queues
        self._site = site
        self._zone = zone
        self._clock = clock

    def handle_messages(self, messages: Sequence[Message]) -> list[str]:
        """Handle a batch; return the ids of the messages to be delivered again."""
        if not messages:
            return []
        try:
            known = self._channels.read()
            standings = self._channels.standings(list(known.by_id))
        except SolarisError as error:
            _log.error("channels_not_read", error=str(error))
            return [one.message_id for one in messages]
        if not known.is_current:
            self._channels.reseal(known, self._clock())
        with ThreadPoolExecutor(BATCH_MESSAGES, thread_name_prefix="channel") as pool:
            every = list(pool.map(lambda one: self._handle(one, known, standings), messages))
        self._record(every)
        failed = []
        for message, done in zip(messages, every, strict=True):
            if not done.is_done:
                failed.append(message.message_id)
                self._postpone(message, done.pause_seconds)
        return failed

    def try_out(self, channel: Channel, event: ChannelEvent) -> Try:
        """Send a test at once, and keep how it went in the history."""
        answer = self._send(channel, event, self._clock())
        tried = self._try(event, answer, number=0)
        self._channels.record(channel.channel_id, [tried])
        return tried

    def _handle(
        self, message: Message, known: Channels, standings: Mapping[str, Standing]
    ) -> _Done:
        try:
            delivery = delivery_from_json(message.body)
            return self._deliver(message, delivery, known, standings)
        except MalformedDeliveryError as error:
            _log.error("malformed_delivery", message_id=message.message_id, error=str(error))
        except SolarisError as error:
            _log.error(
                "delivery_not_handled",
                message_id=message.message_id,
                error=f"{type(error).__name__}: {error}",
            )
        except Exception:  # noqa: BLE001 - a defect that one message meets stays its own
            _log.exception("delivery_defect", message_id=message.message_id)
        return _Done(is_done=False)

    def _deliver(
        self,
        message: Message,
        delivery: Delivery,
        known: Channels,
        standings: Mapping[str, Standing],
    ) -> _Done:
        channel_id, event = delivery.channel_id, delivery.event
        channel = known.by_id.get(channel_id)
        if channel is None or standings[channel_id].is_paused:
            self._deliveries.skip(event.event_id, channel_id)
            return _Done(is_done=True)
        now = self._clock()
        claimed = self._deliveries.claim(event.event_id, channel_id, now)
        if claimed.lease is None:
            # somebody else's is not done yet: if they die, this message must still be there
            return _Done(is_done=claimed.state is None or claimed.state in FINAL)
        if claimed.tries > MAX_TRIES:
            self._deliveries.mark(event.event_id, channel_id, claimed, DeliveryState.DEAD)
            return _Done(is_done=True)
        answer = self._send(channel, event, now)
        is_last = claimed.tries >= MAX_TRIES or message.receives >= MAX_RECEIVES
        state = DeliveryState.DELIVERED
        if answer.outcome is not Outcome.DELIVERED:
            state = DeliveryState.DEAD if is_last else DeliveryState.FAILED
        self._mark(event, channel_id, claimed, state)
        _log.info(
            "channel_delivery",
            channel_id=channel_id,
            what=event.name.value,
            state=state.value,
            outcome=answer.outcome.value,
            status=answer.status,
            duration_ms=answer.milliseconds,
            tries=claimed.tries,
        )
        return _Done(
            is_done=state in FINAL,
            channel_id=channel_id,
            tried=self._try(
                event, answer, number=claimed.tries, is_last=state is DeliveryState.DEAD
            ),
            pause_seconds=pause_seconds(claimed.tries),
        )

    def _mark(
        self, event: ChannelEvent, channel_id: str, claimed: Claimed, state: DeliveryState
    ) -> None:
        """Write how it went; what cannot be written is tried again once its lease is over."""
        if not self._deliveries.mark(event.event_id, channel_id, claimed, state):
            _log.warning("delivery_lease_lost", channel_id=channel_id)

    def _send(self, channel: Channel, event: ChannelEvent, now: datetime) -> Answer:
        if channel.url is None or (channel.kind is ChannelKind.WEBHOOK and not channel.secrets):
            return Answer(Outcome.UNREADABLE, None, 0)
        body = body_of(channel, event, self._site)
        headers = {"Content-Type": CONTENT_TYPE, "User-Agent": USER_AGENT}
        if channel.kind is ChannelKind.WEBHOOK:
            headers |= signed_headers(
                channel.secrets_at(now),
                webhook_id=message_id(event.event_id, channel.channel_id),
                now=now,
                body=body,
            )
        return self._sender.post(channel.url, body, headers)

    def _try(
        self, event: ChannelEvent, answer: Answer, *, number: int, is_last: bool = False
    ) -> Try:
        return Try(
            at=self._clock(),
            event=event.name.value,
            outcome=answer.outcome,
            status=answer.status,
            milliseconds=answer.milliseconds,
            number=number,
            is_last=is_last,
        )

    def _record(self, every: Sequence[_Done]) -> None:
        """Write the batch's tries, a write a channel; and tell of a channel that is paused."""
        by_channel: dict[str, list[Try]] = {}
        for one in every:
            if one.channel_id is not None and one.tried is not None:
                by_channel.setdefault(one.channel_id, []).append(one.tried)
        for channel_id, tries in by_channel.items():
            try:
                self._channels.change(channel_id, self._rule(channel_id, tries))
            except SolarisError as error:
                _log.warning("history_not_written", channel_id=channel_id, error=str(error))

    def _rule(self, channel_id: str, tries: Sequence[Try]) -> Callable[[Standing], Standing]:
        return lambda before: self._after(channel_id, before, tries)

    def _after(self, channel_id: str, before: Standing, tries: Sequence[Try]) -> Standing:
        after = after_tries(before, tries)
        if after.is_paused and not before.is_paused and after.failing_since is not None:
            # told before it is written: who dies in between tells again, by the same id
            channel = self._channels.read().by_id.get(channel_id)
            since = after.failing_since
            notice = ChannelPaused(
                channel_id=channel_id,
                name=channel.name if channel else channel_id,
                failing_since=since,
                period=period_of(since, self._zone),
            )
            self._queues.send(ALERTS_QUEUE, notice_to_json(notice))
            _log.warning("channel_paused", channel_id=channel_id, failures=after.failures)
        return after

    def _postpone(self, message: Message, seconds: int) -> None:
        if message.receipt_handle is None:
            return
        try:
            self._queues.postpone(CHANNELS_QUEUE, message.receipt_handle, seconds)
        except SolarisError as error:
            _log.warning("not_postponed", message_id=message.message_id, error=str(error))
