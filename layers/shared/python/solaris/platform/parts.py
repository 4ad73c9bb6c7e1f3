"""What every package stands on: settings, clock, AWS, cache, mail."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

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
    from solaris.platform.rate_limit import BlockingRateLimiter
    from solaris.platform.rate_rule import RateRule
    from solaris.platform.settings import Settings


class PlatformParts:
    """What every package stands on: settings, clock, AWS, cache, mail."""

    version = __version__

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        from solaris.platform.aws.tables import bind_models

        self.settings = settings
        self.clock = clock
        self.metrics = Metrics()
        bind_models(settings)

    @cached_property
    def dynamodb(self) -> LeanDynamoDb:
        """The one client of DynamoDB."""
        from solaris.platform.aws.direct import LeanDynamoDb

        return LeanDynamoDb(self.settings.aws_region)

    @cached_property
    def queues(self) -> Queues:
        """The queues, synchronously."""
        from solaris.platform.aws.direct import LeanQueues
        from solaris.platform.aws.queues import Queues

        return Queues(LeanQueues(self.settings.aws_region), self.settings)

    @cached_property
    def cache(self) -> Cache:
        """Redis, synchronously."""
        from solaris.platform.cache import Cache

        return Cache(self.settings.redis_address)

    @cached_property
    def async_cache(self) -> AsyncCache:
        """Redis, from the request path."""
        from solaris.platform.cache import AsyncCache

        return AsyncCache(self.settings.redis_address)

    @cached_property
    def aws(self) -> AsyncAws:
        """AWS, from the request path."""
        from solaris.platform.aws.client import AsyncAws

        return AsyncAws(self.settings.aws_region)

    @cached_property
    def files(self) -> FileStore:
        """The bucket; a store on this machine is reached through the gateway's own port."""
        from solaris.platform.aws.files import FileStore, is_aws, s3_client
        from solaris.platform.file_links import LinkSigner

        settings = self.settings
        client = s3_client(settings.aws_region)
        signs_itself = settings.solaris_stage == "local" and not is_aws(client)
        secrets = (settings.secret_key, *settings.secret_key_previous)
        return FileStore(
            client,
            settings.bucket_name,
            clock=self.clock,
            signer=LinkSigner(secrets) if signs_itself else None,
            public_url=settings.public_url,
        )

    @cached_property
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

    @cached_property
    def queue_lag(self) -> QueueLag:
        """How long the queues' messages wait."""
        from solaris.platform.aws.queue_lag import QueueLag

        return QueueLag(self.queues)

    @cached_property
    def books_disk(self) -> BooksDisk:
        """Room and files of the books, where this system keeps them on a disk of its own."""
        from solaris.platform.books_disk import BooksDisk, OpenBooks
        from solaris.platform.disk_room import DiskRoom

        folder = Path(self.settings.solaris_data_dir).absolute()
        room = DiskRoom(folder, self.settings.min_free_disk_mb << 20)
        return BooksDisk(room, OpenBooks(folder))

    @cached_property
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
