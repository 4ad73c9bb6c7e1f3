"""Gateway keys, and what lets requests to /v1 in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.audit.parts import AuditParts
    from solaris.directory.parts import DirectoryParts
    from solaris.keys.entrance import Entrance
    from solaris.keys.management import KeyManagement
    from solaris.keys.store import KeyStore
    from solaris.keys.user_rates import UserRates
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts


class KeysParts:
    """Gateway keys, and what lets requests to /v1 in."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        quota: QuotaParts,
        directory: DirectoryParts,
    ) -> None:
        self.platform = platform
        self._audit = audit
        self._quota = quota
        self._directory = directory

    @part
    def store(self) -> KeyStore:
        """The keys table."""
        from solaris.keys.store import KeyStore

        table = self.platform.settings.table_name("keys")
        return KeyStore(self.platform.dynamodb, table, tell=self._quota.changes.key_actions)

    @part
    def management(self) -> KeyManagement:
        """What makes, changes and revokes keys."""
        from solaris.keys.management import KeyManagement

        return KeyManagement(
            stage=self.platform.settings.solaris_stage,
            keys=self.store,
            cache=self.platform.cache,
            auditor=self._audit.auditor,
            publish=lambda hashes: self._quota.changes.publish(key_hashes=hashes),
            directory=lambda: self._directory.directory,
            clock=self.platform.clock,
            is_user=self._is_user,
        )

    @part
    def user_rates(self) -> UserRates:
        """What this process knows of the rates of users' plans."""
        from solaris.keys.user_rates import UserRates

        return UserRates()

    @part
    def entrance(self) -> Entrance:
        """What lets requests to /v1 in by their head."""
        from solaris.keys.authenticator import Authenticator
        from solaris.keys.entrance import Entrance
        from solaris.keys.sealing import seal_of
        from solaris.platform.rate_limit import RateLimiter

        settings, stage = self.platform.settings, self.platform.settings.solaris_stage
        return Entrance(
            authenticator=Authenticator(
                self.store,
                self.platform.async_cache,
                stage,
                self.platform.clock,
                seal=seal_of(settings),
            ),
            limiter=RateLimiter(self.platform.async_cache, stage, settings.rate_rule),
            settings=settings,
            clock=self.platform.clock,
            rates=self.user_rates,
        )

    def _is_user(self, email: str) -> bool:
        from solaris.quota.user import UserStatus

        found = self._quota.users.of_addresses([email]).get(email)
        return found is not None and found.status is not UserStatus.DELETED
