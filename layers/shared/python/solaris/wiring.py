"""Where everything is put together, once a process, each part when it is first asked for.

What is slow to load is imported with its part: a Lambda function loads what it uses, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from solaris import __version__
from solaris.cache import AsyncCache, Cache
from solaris.domain.links import LinkSigner
from solaris.domain.rate_limit import RateRule
from solaris.domain.users import UserStatus
from solaris.errors import ConfigurationError
from solaris.metrics import Metrics
from solaris.observability import configure_logging
from solaris.services.alert_management import AlertManagement
from solaris.services.key_management import KeyManagement
from solaris.services.limiting import (
    READING_SCOPE,
    WRONG_KEY_SCOPE,
    BlockingRateLimiter,
)
from solaris.services.recording import Recorder
from solaris.services.replaying import Replayer
from solaris.services.sweeping import Sweeper
from solaris.settings import Settings, load_settings
from solaris.storage.actions import LedgerActions
from solaris.storage.alerts import AlertStore
from solaris.storage.aws import AsyncAws, boto_client
from solaris.storage.corrections import Corrections
from solaris.storage.dead_letters import DeadLetters
from solaris.storage.exports import ExportStore
from solaris.storage.files import FileStore, is_aws, s3_client
from solaris.storage.keys import KeyStore
from solaris.storage.lean import LeanDynamoDb, LeanQueues
from solaris.storage.ledger import Ledger
from solaris.storage.models import bind_models
from solaris.storage.queues import USAGE_QUEUE, EventSender, Queues
from solaris.storage.users import UserStore
from solaris.wiring_books import BookParts
from solaris.wiring_entrance import EntranceParts
from solaris.wiring_health import HealthParts
from solaris.wiring_sign_in import SignInParts
from solaris.wiring_users import UserParts

if TYPE_CHECKING:
    from solaris.asgi import GatewayApp
    from solaris.mail.sender import MailSender
    from solaris.services.alerting import Alerter
    from solaris.services.export_jobs import ExportJobs
    from solaris.services.exporting import Exporter
    from solaris.services.quoting import Quoting
    from solaris.services.resetting import Resetter
    from solaris.upstream.client import Upstream


def now() -> datetime:
    """The clock of every process: UTC."""
    return datetime.now(UTC)


class Wiring(UserParts, BookParts, SignInParts, HealthParts, EntranceParts):
    """All parts for one set of settings."""

    version = __version__

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.clock = clock
        self.metrics = Metrics()
        bind_models(settings)

    @cached_property
    def dynamodb(self) -> LeanDynamoDb:
        """The one client of DynamoDB."""
        return LeanDynamoDb(self.settings.aws_region)

    @cached_property
    def users(self) -> UserStore:
        """The users table."""
        return UserStore(
            self.dynamodb,
            users_table=self.settings.table_name("users"),
            periods_table=self.settings.table_name("periods"),
        )

    @cached_property
    def keys(self) -> KeyStore:
        """The keys table."""
        table = self.settings.table_name("keys")
        return KeyStore(self.dynamodb, table, tell=self.changes.key_actions)

    def _is_user(self, email: str) -> bool:
        found = self.users.of_addresses([email]).get(email)
        return found is not None and found.status is not UserStatus.DELETED

    @cached_property
    def key_management(self) -> KeyManagement:
        """What makes, changes and revokes keys."""
        return KeyManagement(
            stage=self.settings.solaris_stage,
            keys=self.keys,
            cache=self.cache,
            auditor=self.auditor,
            publish=lambda hashes: self.changes.publish(key_hashes=hashes),
            directory=lambda: self.directory,
            clock=self.clock,
            is_user=self._is_user,
        )

    @cached_property
    def queues(self) -> Queues:
        """The queues, synchronously."""
        return Queues(LeanQueues(self.settings.aws_region), self.settings)

    @cached_property
    def cache(self) -> Cache:
        """Redis, synchronously."""
        return Cache(self.settings.redis_address)

    @cached_property
    def files(self) -> FileStore:
        """The bucket; a store on this machine is reached through the gateway's own port."""
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
    def ledger(self) -> Ledger:
        """The books."""
        actions = LedgerActions(self.settings, self.clock)
        corrections = Corrections(self.dynamodb, self.users, actions, self.clock)
        return Ledger(self.dynamodb, self.users, actions, corrections)

    @cached_property
    def recorder(self) -> Recorder:
        """What books usage events."""
        return Recorder(
            settings=self.settings,
            ledger=self.ledger,
            users=self.users,
            changes=self.changes,
            queues=self.queues,
            metrics=self.metrics,
            cache=self.cache,
            clock=self.clock,
        )

    @cached_property
    def quoting(self) -> Quoting:
        """What tells users and other services how a quota stands."""
        from solaris.services.authenticating import BlockingAuthenticator
        from solaris.services.quoting import Quoting

        return Quoting(
            settings=self.settings,
            authenticator=BlockingAuthenticator(self.keys, self.clock),
            users=self.users,
            counters=self.user_counters,
            clock=self.clock,
            readers=self._limiter(READING_SCOPE, self.settings.rate_rule),
            wrong_keys=self._limiter(WRONG_KEY_SCOPE, self.settings.wrong_key_rule),
            is_late=self.queue_lag.usage_is_late,
        )

    def _limiter(self, scope: str, rule: RateRule) -> BlockingRateLimiter:
        return BlockingRateLimiter(self.cache, self.settings.solaris_stage, rule, scope)

    @cached_property
    def exporter(self) -> Exporter:
        """What makes the files of exports."""
        from solaris.services.exporting import Exporter

        return Exporter(
            reporting=self.reporting,
            directory=self.directory,
            auditor=self.auditor,
            zone=self.settings.zone,
            clock=self.clock,
            rates=self.settings.exchange,
        )

    @cached_property
    def export_jobs(self) -> ExportJobs:
        """Exports at once and in the background."""
        from solaris.services.export_jobs import ExportJobs

        return ExportJobs(
            store=ExportStore(self.dynamodb, self.settings.table_name("exports")),
            files=self.files,
            queues=self.queues,
            exporter=self.exporter,
            auditor=self.auditor,
            clock=self.clock,
        )

    @cached_property
    def replayer(self) -> Replayer:
        """What takes lost usage events back into the books."""
        return Replayer(
            recorder=self.recorder,
            ledger=self.ledger,
            users=self.users,
            dead_letters=DeadLetters(boto_client("sqs", self.settings.aws_region), self.queues),
        )

    @cached_property
    def resetter(self) -> Resetter:
        """What opens the month of every user."""
        from solaris.services.resetting import Resetter
        from solaris.services.summarising import Summariser

        return Resetter(
            settings=self.settings,
            users=self.users,
            summariser=Summariser(settings=self.settings, queues=self.queues),
            clock=self.clock,
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        """What expires the reservations that crashes have left."""
        return Sweeper(
            settings=self.settings, users=self.users, recorder=self.recorder, clock=self.clock
        )

    @cached_property
    def admin_limiter(self) -> BlockingRateLimiter:
        """Requests a second of each admin, and of each address that nobody has signed in from."""
        settings = self.settings
        rule = RateRule(settings.admin_rate_limit_per_second, settings.admin_rate_limit_burst)
        return self._limiter("admin", rule)

    @cached_property
    def mail_sender(self) -> MailSender:
        """SMTP when SMTP_HOST is set, else SES."""
        from solaris.mail.sender import SesSender, SmtpSender

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
    def alerts(self) -> AlertStore:
        """The alerts table."""
        return AlertStore(
            self.dynamodb,
            alerts_table=self.settings.table_name("alerts"),
            periods_table=self.settings.table_name("periods"),
        )

    @cached_property
    def alert_management(self) -> AlertManagement:
        """What admins do with alerts."""
        return AlertManagement(
            alerts=self.alerts,
            directory=self.directory,
            auditor=self.auditor,
            publish=lambda alert_ids: self.changes.publish(alert_ids=alert_ids),
            clock=self.clock,
        )

    @cached_property
    def alerter(self) -> Alerter:
        """What records alerts and mails about them."""
        from solaris.services.alerting import Alerter

        return Alerter(
            settings=self.settings,
            users=self.users,
            alerts=self.alerts,
            changes=self.changes,
            suppressions=self.mail_suppressions,
            sender=self.mail_sender,
            queues=self.queues,
            metrics=self.metrics,
            cache=self.cache,
            links=self.personal_links,
            clock=self.clock,
        )

    @cached_property
    def async_cache(self) -> AsyncCache:
        """Redis, from the request path."""
        return AsyncCache(self.settings.redis_address)

    @cached_property
    def aws(self) -> AsyncAws:
        """AWS, from the request path."""
        return AsyncAws(self.settings.aws_region)

    @cached_property
    def upstream(self) -> Upstream:
        """The upstream; raises ConfigurationError when none is configured."""
        from solaris.upstream.client import Upstream

        settings = self.settings
        if settings.upstream_url is None:
            msg = "LITELLM_BASE_URL or OPENAI_API_KEY: one of them must name the upstream"
            raise ConfigurationError(msg)
        return Upstream(
            settings.upstream_url,
            settings.upstream_key,
            connect_seconds=settings.upstream_connect_timeout_seconds,
            idle_seconds=settings.upstream_idle_timeout_seconds,
            max_connections=settings.upstream_max_connections,
            keep_alive_seconds=settings.upstream_keep_alive_seconds,
        )

    @cached_property
    def gateway(self) -> GatewayApp:
        """The ASGI application of /v1."""
        from solaris.asgi import GatewayApp
        from solaris.gateway.response_sizes import ResponseSizes
        from solaris.services.forwarding import Forwarder
        from solaris.services.metering import Meter

        settings, stage = self.settings, self.settings.solaris_stage
        meter = Meter(
            settings=settings,
            aws=self.aws,
            users=self.users,
            changes=self.changes,
            sender=EventSender(self.aws, settings.queue_name(USAGE_QUEUE)),
            recorder=self.recorder,
            links=self.personal_links,
            clock=self.clock,
            disk=self.books_disk,
            knows_all_open=not is_aws(self.dynamodb),
        )
        forwarder = Forwarder(
            settings=settings,
            entrance=self.entrance,
            meter=meter,
            upstream=self.upstream,
            sizes=ResponseSizes(self.async_cache, stage),
            metrics=self.metrics,
        )
        return GatewayApp(
            forwarder,
            entrance=self.entrance,
            bodies=self.bodies,
            settings=settings,
            metrics=self.metrics,
            clock=self.clock,
        )

    def warm_up(self) -> None:
        """Make ahead what the first requests would wait for; blocks for about half a second."""
        from solaris.services.warming import warm_up

        warm_up()
        self.aws.prepare("dynamodb", "sqs")
        _ = self.recorder

    async def close(self) -> None:
        """Close what the request path has opened."""
        if "upstream" in self.__dict__:
            await self.upstream.close()
        if "aws" in self.__dict__:
            await self.aws.close()
        if "async_cache" in self.__dict__:
            await self.async_cache.close()
        if "directory" in self.__dict__:
            self.directory.close()


@lru_cache(maxsize=1)
def wiring() -> Wiring:
    """The parts of this process, by its environment. Raises ConfigurationError."""
    settings = load_settings()
    configure_logging("DEBUG" if settings.debug else settings.log_level)
    return Wiring(settings)
