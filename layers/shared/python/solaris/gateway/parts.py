"""The metered request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaris.alerts.ceilings import MonthTokens
    from solaris.alerts.parts import AlertsParts
    from solaris.gateway.app import GatewayApp
    from solaris.gateway.body.bodies import Bodies
    from solaris.gateway.quote import Quoting
    from solaris.gateway.sweeper import Sweeper
    from solaris.gateway.upstream import Upstream
    from solaris.keys.parts import KeysParts
    from solaris.ledger.parts import LedgerParts
    from solaris.ledger.refusals import Refusals
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts
    from solaris.sign_in.parts import SignInParts
    from solaris.sign_in.token_groups import TokenGroups


class GatewayParts:
    """The metered request."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        quota: QuotaParts,
        keys: KeysParts,
        alerts: AlertsParts,
        ledger: LedgerParts,
        sign_in: Callable[[], SignInParts],
    ) -> None:
        self._sign_in = sign_in
        self.platform = platform
        self._quota = quota
        self._keys = keys
        self._alerts = alerts
        self._ledger = ledger

    @property
    def refusals(self) -> Refusals:
        """What this process counts of the requests that it refuses."""
        return self._ledger.refusals

    @part
    def upstream(self) -> Upstream:
        """The upstream; raises ConfigurationError when none is configured."""
        from solaris.gateway.upstream import Upstream
        from solaris.platform.errors import ConfigurationError

        settings = self.platform.settings
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

    @part
    def app(self) -> GatewayApp:
        """The ASGI application of /v1."""
        from solaris.gateway.app import GatewayApp
        from solaris.gateway.meter import Meter
        from solaris.gateway.models.people import PeopleModels
        from solaris.gateway.request import Forwarder
        from solaris.gateway.response_sizes import ResponseSizes
        from solaris.platform.aws.files import is_aws
        from solaris.platform.aws.queues import USAGE_QUEUE, EventSender

        settings, stage = self.platform.settings, self.platform.settings.solaris_stage
        meter = Meter(
            settings=settings,
            aws=self.platform.aws,
            users=self._quota.users,
            changes=self._quota.changes,
            sender=EventSender(self.platform.aws, settings.queue_name(USAGE_QUEUE)),
            recorder=self._ledger.recorder,
            ended_grants=self._ledger.ended_grants,
            links=self._quota.personal_links,
            clock=self.platform.clock,
            disk=self.platform.books_disk,
            knows_all_open=not is_aws(self.platform.dynamodb),
            plans=self._quota.plans,
            rates=self._keys.user_rates,
            metrics=self.platform.metrics,
            tokens=self.token_groups,
        )
        forwarder = Forwarder(
            settings=settings,
            entrance=self._keys.entrance,
            meter=meter,
            weighing=self._ledger.weighing,
            upstream=self.upstream,
            sizes=ResponseSizes(self.platform.async_cache, stage),
            metrics=self.platform.metrics,
            people=PeopleModels(settings, self._quota.users, self._quota.plans),
        )
        return GatewayApp(
            forwarder,
            entrance=self._keys.entrance,
            bodies=self.bodies,
            settings=settings,
            metrics=self.platform.metrics,
            refusals=self.refusals,
            clock=self.platform.clock,
        )

    @part
    def token_groups(self) -> TokenGroups | None:
        """What reads the groups of newcomers from tokens that chats pass on, where they do."""
        settings = self.platform.settings
        provider = self._sign_in().oidc_provider if settings.oidc_token_header else None
        if provider is None or settings.oidc_issuer is None or settings.oidc_client_id is None:
            return None
        from solaris.sign_in.token_groups import TokenGroups, TokenRule

        rule = TokenRule(
            issuer=settings.oidc_issuer,
            client_ids=settings.oidc_token_audiences or (settings.oidc_client_id,),
            group_claim=settings.oidc_group_claim,
            trusts_emails=settings.trusts_oidc_emails,
        )
        return TokenGroups(rule=rule, keys=provider.keys, clock=self.platform.clock)

    @part
    def bodies(self) -> Bodies:
        """What reads the bodies of all requests to this process."""
        from solaris.gateway.body.bodies import Bodies

        settings = self.platform.settings
        return Bodies(
            max_bytes=settings.max_unfinished_body_bytes,
            max_open=settings.max_unfinished_bodies_per_address,
        )

    @part
    def quoting(self) -> Quoting:
        """What tells users and other services how a quota stands."""
        from solaris.gateway.quote import Quoting
        from solaris.keys.authenticator import BlockingAuthenticator
        from solaris.platform.rate_limit import READING_SCOPE, WRONG_KEY_SCOPE

        return Quoting(
            settings=self.platform.settings,
            authenticator=BlockingAuthenticator(self._keys.store, self.platform.clock),
            users=self._quota.users,
            counters=self._ledger.user_counters,
            weighing=self._ledger.weighing,
            clock=self.platform.clock,
            readers=self.platform.limiter(READING_SCOPE, self.platform.settings.rate_rule),
            wrong_keys=self.platform.limiter(
                WRONG_KEY_SCOPE, self.platform.settings.wrong_key_rule
            ),
            is_late=self.platform.queue_lag.usage_is_late,
            plans=self._quota.plans,
        )

    @part
    def sweeper(self) -> Sweeper:
        """What sees to users who do not come back."""
        from solaris.gateway.sweeper import Sweeper

        return Sweeper(
            settings=self.platform.settings,
            users=self._quota.users,
            recorder=self._ledger.recorder,
            ended_grants=self._ledger.ended_grants,
            ending_grants=self._alerts.ending_grants,
            ceilings=self._alerts.ceilings,
            month_tokens=self._month_tokens,
            clock=self.platform.clock,
        )

    def _month_tokens(self, period: str) -> MonthTokens:
        """What everybody and each group has used in a month, by the counters."""
        from solaris.alerts.ceilings import MonthTokens

        return MonthTokens(
            company=self._ledger.system_counters.charged(period),
            groups=self._ledger.group_counters.charged(period),
        )

    def warm_up(self) -> None:
        """Make ahead what the first requests would wait for; blocks for about half a second."""
        from solaris.gateway import tokenizer

        tokenizer.warm_up()
        self.platform.aws.prepare("dynamodb", "sqs")
        _ = self._ledger.recorder
        if self.token_groups is not None:
            self.token_groups.refresh_soon()

    async def close(self) -> None:
        """Close the connections to the upstream."""
        if "upstream" in self.__dict__:
            await self.upstream.close()
