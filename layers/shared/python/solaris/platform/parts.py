"""What every package stands on: settings, clock, AWS, cache, mail."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from solaris import __version__
from solaris.platform.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from solaris.platform.aws.client import AsyncAws
    from solaris.platform.aws.direct import LeanDynamoDb
    from solaris.platform.aws.files import FileStore
    from solaris.platform.aws.queue_lag import QueueLag
    from solaris.platform.aws.queues import Queues
    from solaris.platform.books_disk import BooksDisk
    from solaris.platform.cache import AsyncCache, Cache
    from solaris.platform.mail.sender import MailSender
    from solaris.platform.metrics import Lines
    from solaris.platform.rate_limit import BlockingRateLimiter
    from solaris.platform.rate_rule import RateRule
    from solaris.platform.settings import Settings


T = TypeVar("T", covariant=True)  # noqa: PLC0105 - a part of a kind
_making = threading.RLock()


class part(cached_property[T]):  # noqa: N801 - stands where property stands
    """A property that is made when it is first asked for, once, whichever threads ask for it.

    functools.cached_property alone makes it twice when two threads ask at once (Python 3.12 and
    newer). One lock for all parts: a part asks for others while it is made.
    """

    @overload
    def __get__(self, instance: None, owner: type[object] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[object] | None = None) -> T: ...

    def __get__(self, instance: object | None, owner: type[object] | None = None) -> Self | T:
        """The part of this instance."""
        with _making:
            return super().__get__(instance, owner)


def package_of(thing: type | Callable[..., Any]) -> str:
    """The package that a class or a function of solaris stands in, as `accounts`."""
    return thing.__module__.removeprefix("solaris.").partition(".")[0]


class PlatformParts:
    """What every package stands on: settings, clock, AWS, cache, mail."""

    version = __version__

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        from solaris.platform.aws.tables import bind_models

        self.settings = settings
        self.clock = clock
        self.metrics = Metrics(self._metric_lines())
        bind_models(settings)

    def _metric_lines(self) -> Lines | None:
        """What CloudWatch makes metrics of, where the settings say so."""
        if not self.settings.cloudwatch_metrics:
            return None
        from solaris.platform.aws.metric_lines import MetricLines

        return MetricLines(f"solaris-{self.settings.solaris_stage}", self.clock)

    @part
    def dynamodb(self) -> LeanDynamoDb:
        """The one client of DynamoDB."""
        from solaris.platform.aws.direct import LeanDynamoDb

        return LeanDynamoDb(self.settings.aws_region)

    @part
    def queues(self) -> Queues:
        """The queues, synchronously."""
        from solaris.platform.aws.direct import LeanQueues
        from solaris.platform.aws.queues import Queues

        return Queues(LeanQueues(self.settings.aws_region), self.settings)

    @part
    def cache(self) -> Cache:
        """Redis, synchronously."""
        from solaris.platform.cache import Cache

        return Cache(self.settings.redis_address)

    @part
    def async_cache(self) -> AsyncCache:
        """Redis, from the request path."""
        from solaris.platform.cache import AsyncCache

        return AsyncCache(self.settings.redis_address)

    @part
    def aws(self) -> AsyncAws:
        """AWS, from the request path."""
        from solaris.platform.aws.client import AsyncAws

        return AsyncAws(self.settings.aws_region)

    @part
    def files(self) -> FileStore:
        """The bucket; a store on this machine is reached through the gateway's own port."""
        from solaris.platform.aws.files import FileStore, is_aws, s3_client
        from solaris.platform.file_links import LinkSigner

        settings = self.settings
        client = s3_client(settings.aws_region)
        signs_itself = settings.solaris_stage == "local" and not is_aws(client)
        return FileStore(
            client,
            settings.bucket_name,
            clock=self.clock,
            signer=LinkSigner(settings.signing_secrets) if signs_itself else None,
            public_url=settings.public_url,
        )

    @part
    def mail_sender(self) -> MailSender:
        """SMTP when SMTP_HOST is set, else SES."""
        from solaris.platform.aws.client import boto_client
        from solaris.platform.mail.sender import SesSender, SmtpSender

        settings = self.settings
        if settings.smtp_host is None:
            ses = boto_client("ses", settings.aws_region)
            return SesSender(ses, settings.ses_configuration_set)
        return SmtpSender(
            settings.smtp_host,
            settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password,
            use_tls=settings.smtp_tls,
        )

    @part
    def queue_lag(self) -> QueueLag:
        """How long the queues' messages wait."""
        from solaris.platform.aws.queue_lag import QueueLag

        return QueueLag(self.queues)

    @part
    def books_disk(self) -> BooksDisk:
        """Room and files of the books, where this system keeps them on a disk of its own."""
        from solaris.platform.books_disk import BooksDisk, DiskRoom, OpenBooks

        folder = Path(self.settings.solaris_data_dir).absolute()
        room = DiskRoom(folder, self.settings.min_free_disk_mb << 20)
        return BooksDisk(room, OpenBooks(folder))

    @part
    def admin_limiter(self) -> BlockingRateLimiter:
        """Requests a second of each admin, and of each address that nobody has signed in from."""
        from solaris.platform.rate_rule import RateRule

        settings = self.settings
        rule = RateRule(settings.admin_rate_limit_per_second, settings.admin_rate_limit_burst)
        return self.limiter("admin", rule)

    def limiter(self, scope: str, rule: RateRule) -> BlockingRateLimiter:
        """Requests a second by one rule, counted under the name of a scope."""
        from solaris.platform.rate_limit import BlockingRateLimiter

        return BlockingRateLimiter(self.cache, self.settings.solaris_stage, rule, scope)

    async def close(self) -> None:
        """Close what the request path has opened."""
        if "aws" in self.__dict__:
            await self.aws.close()
        if "async_cache" in self.__dict__:
            await self.async_cache.close()
