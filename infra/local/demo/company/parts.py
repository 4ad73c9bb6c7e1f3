"""The system's own parts with a clock that can stand in the past, for `make demo`.

Everything is what the running system runs, with three differences: the clock; crossed thresholds
come to this process instead of to the alerts queue, because the worker there would handle them by
today's clock; and nothing is counted in the running system's metrics.
"""

from collections.abc import Callable
from datetime import datetime

from solaris.app import Parts
from solaris.gateway.meter import Meter
from solaris.months.summary import Summariser
from solaris.platform.aws.client import boto_client
from solaris.platform.aws.queues import ALERTS_QUEUE, USAGE_QUEUE, EventSender, Message, Queues
from solaris.platform.cache import Cache
from solaris.platform.clock import now
from solaris.platform.mail.sender import MailSender, SesSender
from solaris.platform.parts import PlatformParts, part
from solaris.platform.settings import Settings
from solaris.quota.feed import Changes
from solaris.quota.parts import QuotaParts


class DemoClock:
    """Stands where it is put."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def __call__(self) -> datetime:
        """The time (UTC)."""
        return self.instant


class KeptAlerts(Queues):
    """The queues; what is for the alerts queue is kept here."""

    kept: list[str]

    def send(self, queue: str, body: str) -> None:
        """Keep a message of the alerts queue, send any other."""
        if queue == ALERTS_QUEUE:
            self.kept.append(body)
        else:
            super().send(queue, body)


class DemoPlatform(PlatformParts):
    """What all stands on, with queues, cache and mails of its own."""

    @part
    def cache(self) -> Cache:
        """None: what is made up is in nobody's metrics."""
        return Cache(None)

    @part
    def queues(self) -> KeptAlerts:
        """The queues."""
        queues = KeptAlerts(boto_client("sqs", self.settings.aws_region), self.settings)
        queues.kept = []
        return queues

    @part
    def mail_sender(self) -> MailSender:
        """The mailbox of one machine, whatever SMTP_HOST says: nobody has these addresses."""
        return SesSender(boto_client("ses", self.settings.aws_region))


class DemoQuota(QuotaParts):
    """Users' items; the feed of their changes keeps the real time: readers of it do not look back
    further than it keeps.
    """

    @part
    def changes(self) -> Changes:
        """The feed, by the real clock."""
        return Changes(self.platform.dynamodb, self.platform.settings.table_name("changes"), now)


class DemoParts(Parts):
    """The parts by a clock of their own."""

    platform: DemoPlatform

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        super().__init__(settings, clock)
        self.platform = DemoPlatform(settings, clock)
        self._meters: list[Meter] = []

    @part
    def quota(self) -> DemoQuota:
        """Users' items."""
        return DemoQuota(self.platform)

    def handle_alerts(self) -> None:
        """Do what the alerts function does with what has come; raises RuntimeError if it fails."""
        bodies, self.platform.queues.kept = self.platform.queues.kept, []
        messages = [Message(str(n), body) for n, body in enumerate(bodies)]
        if messages and self.alerts.alerter.handle_messages(messages):
            msg = "an alert was not handled; the log says why"
            raise RuntimeError(msg)

    @part
    def summariser(self) -> Summariser:
        """What sums up a closed month."""
        return Summariser(
            settings=self.settings,
            queues=self.platform.queues,
            groups=lambda: self.quota.groups.read().everything,
        )

    def meter(self, settings: Settings | None = None) -> Meter:
        """The meter of the request path; other settings make another one."""
        made = Meter(
            settings=settings or self.settings,
            aws=self.platform.aws,
            users=self.quota.users,
            changes=self.quota.changes,
            sender=EventSender(self.platform.aws, self.settings.queue_name(USAGE_QUEUE)),
            recorder=self.ledger.recorder,
            ended_grants=self.ledger.ended_grants,
            links=self.quota.personal_links,
            clock=self.clock,
        )
        self._meters.append(made)
        return made

    async def close(self) -> None:
        """Close what was opened, the meters first: they would renew what the past holds open."""
        for one in self._meters:
            await one.close()
        await super().close()
