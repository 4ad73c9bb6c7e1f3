"""Channels on one stage: receivers on the loopback, alerts, the queue's worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from solaris.app import Parts
from solaris.channels.addresses import AllowedHosts
from solaris.channels.deliverer import Deliverer
from solaris.channels.sending import ChannelSender
from solaris.platform.aws.queues import ALERTS_QUEUE, CHANNELS_QUEUE, Message
from tests.functional.channels.receivers import Receiver
from tests.integration.accounts.users_support import Api
from tests.integration.alerts.alerting_support import Alerts
from tests.integration.conftest import MoneyPath

CHANNELS = "/admin/channels"
WHOLE_SECONDS = 2.0


class Channels:
    """A stage with channels; `alerts` warns by it, `api` makes and changes them."""

    def __init__(self, money: MoneyPath, stage: str) -> None:
        self.alerts = Alerts(money, stage, channel_allowed_hosts=("127.0.0.0/8",))
        self.money = self.alerts.money
        self.api = Api(self.money)
        # the network's own time-out, and not that of ten seconds, is what tests wait for
        self.parts: Parts = self.money.parts

    def close(self) -> None:
        self.api.close()

    def add(self, receiver: Receiver | str, **more: Any) -> dict[str, Any]:
        url = receiver if isinstance(receiver, str) else receiver.url()
        body = {"name": "On-call", "kind": "webhook", "url": url, "language": "en"} | more
        made: dict[str, Any] = self.api.ok("POST", CHANNELS, body)
        return made

    def announce(self, tokens: int = 85_000) -> str:
        """Cross a threshold, and handle the alert's message; the message."""
        body = self.alerts.crossing(tokens)
        alerter = self.alerts.alerter()
        alerter._announcer = self.parts.channels.announcer
        assert alerter.handle_messages([Message("1", body)]) == []
        return body

    def deliverer(self, **sender: Any) -> Deliverer:
        """The worker, by the test's clock and with little patience."""
        channels = self.parts.channels
        more = {"total_seconds": WHOLE_SECONDS} | sender
        return Deliverer(
            channels=channels.store,
            deliveries=channels.deliveries,
            sender=ChannelSender(AllowedHosts.of(["127.0.0.0/8"]), **more),
            queues=self.parts.platform.queues,
            site="https://ia.example.com",
            zone=self.parts.settings.zone,
            clock=self.money.clock,
        )

    def queued(self, queue: str = CHANNELS_QUEUE) -> list[str]:
        """Take what waits."""
        queues = self.parts.platform.queues
        found: list[str] = []
        for _ in range(50):
            messages = queues.receive(queue, wait_seconds=0)
            if not messages:
                break
            queues.delete(queue, messages)
            found += [message["Body"] for message in messages]
        return found

    def paused_notices(self) -> list[str]:
        return [one for one in self.queued(ALERTS_QUEUE) if "channel_paused" in one]

    def deliver(self, *bodies: str, receives: int = 1, **sender: Any) -> list[str]:
        """Handle a batch; the bodies that come again."""
        messages = [Message(str(n), body, receives=receives) for n, body in enumerate(bodies)]
        failed = self.deliverer(**sender).handle_messages(messages)
        return [bodies[int(one)] for one in failed]

    def history(self, channel: dict[str, Any]) -> list[dict[str, Any]]:
        found = self.api.ok("GET", f"{CHANNELS}/{channel['id']}/history", role="viewer")
        items: list[dict[str, Any]] = found["items"]
        return items

    def one(self, channel: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.api.ok("GET", f"{CHANNELS}/{channel['id']}", role="viewer")
        return found


@contextmanager
def channels_of(money: MoneyPath, stage: str) -> Iterator[Channels]:
    found = Channels(money, stage)
    try:
        yield found
    finally:
        found.close()
