"""Where everything is put together, once a process, each part when it is first asked for.

One property a package; what a package makes of those below it is in its parts.py. What is slow to
load is imported with its part: a Lambda function loads what it uses, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from solaris.platform.clock import now
from solaris.platform.logs import configure_logging
from solaris.platform.parts import PlatformParts, part
from solaris.platform.settings import Settings, load_settings

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts
    from solaris.alerts.parts import AlertsParts
    from solaris.audit.parts import AuditParts
    from solaris.backup.parts import BackupParts
    from solaris.channels.parts import ChannelsParts
    from solaris.directory.parts import DirectoryParts
    from solaris.exports.parts import ExportsParts
    from solaris.gateway.parts import GatewayParts
    from solaris.keys.parts import KeysParts
    from solaris.ledger.parts import LedgerParts
    from solaris.months.parts import MonthsParts
    from solaris.operations.parts import OperationsParts
    from solaris.quota.parts import QuotaParts
    from solaris.reconciliation.parts import ReconciliationParts
    from solaris.reports.parts import ReportsParts
    from solaris.sign_in.parts import SignInParts
    from solaris.weights.parts import WeightsParts


class Parts:
    """The parts of all packages for one set of settings; `clock` gives the time in UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = now) -> None:
        self.platform = PlatformParts(settings, clock)

    @property
    def settings(self) -> Settings:
        """The settings of all packages."""
        return self.platform.settings

    @property
    def clock(self) -> Callable[[], datetime]:
        """The clock of all packages, in UTC."""
        return self.platform.clock

    @part
    def audit(self) -> AuditParts:
        """Who did what."""
        from solaris.audit.parts import AuditParts

        return AuditParts(self.platform)

    @part
    def quota(self) -> QuotaParts:
        """Users' items, and the feed that tells of their changes."""
        from solaris.quota.parts import QuotaParts

        return QuotaParts(self.platform)

    @part
    def directory(self) -> DirectoryParts:
        """The lists of users, alerts and keys."""
        from solaris.directory.parts import DirectoryParts

        return DirectoryParts(platform=self.platform, quota=self.quota)

    @part
    def sign_in(self) -> SignInParts:
        """What lets people in: sessions, passwords, accounts, OIDC."""
        from solaris.sign_in.parts import SignInParts

        return SignInParts(
            platform=self.platform,
            audit=self.audit,
            placing=lambda: self.accounts.claimed_groups.place,
        )

    @part
    def keys(self) -> KeysParts:
        """Gateway keys, and what lets requests to /v1 in."""
        from solaris.keys.parts import KeysParts

        return KeysParts(
            platform=self.platform, audit=self.audit, quota=self.quota, directory=self.directory
        )

    @part
    def alerts(self) -> AlertsParts:
        """Alerts and their mails."""
        from solaris.alerts.parts import AlertsParts

        return AlertsParts(
            platform=self.platform,
            audit=self.audit,
            quota=self.quota,
            directory=self.directory,
            announcer=lambda: self.channels.announcer,
            facts=lambda: self.operations.watch.facts,
        )

    @part
    def channels(self) -> ChannelsParts:
        """Alerts to webhooks, Teams and Slack."""
        from solaris.channels.parts import ChannelsParts

        return ChannelsParts(
            platform=self.platform, audit=self.audit, quota=self.quota, alerts=self.alerts
        )

    @part
    def ledger(self) -> LedgerParts:
        """The books: what writes them, and what reads their records and counters."""
        from solaris.ledger.parts import LedgerParts

        return LedgerParts(platform=self.platform, quota=self.quota)

    @part
    def months(self) -> MonthsParts:
        """What opens months."""
        from solaris.months.parts import MonthsParts

        return MonthsParts(platform=self.platform, quota=self.quota)

    @part
    def reconciliation(self) -> ReconciliationParts:
        """What holds the books against their records."""
        from solaris.reconciliation.parts import ReconciliationParts

        return ReconciliationParts(
            platform=self.platform, quota=self.quota, directory=self.directory, ledger=self.ledger
        )

    @part
    def reports(self) -> ReportsParts:
        """Statistics and reports."""
        from solaris.reports.parts import ReportsParts

        return ReportsParts(
            platform=self.platform, quota=self.quota, directory=self.directory, ledger=self.ledger
        )

    @part
    def weights(self) -> WeightsParts:
        """How much a token of which model counts."""
        from solaris.weights.parts import WeightsParts

        return WeightsParts(
            platform=self.platform, audit=self.audit, quota=self.quota, ledger=self.ledger
        )

    @part
    def gateway(self) -> GatewayParts:
        """The metered request."""
        from solaris.gateway.parts import GatewayParts

        return GatewayParts(
            platform=self.platform,
            quota=self.quota,
            keys=self.keys,
            alerts=self.alerts,
            ledger=self.ledger,
            sign_in=lambda: self.sign_in,
        )

    @part
    def accounts(self) -> AccountsParts:
        """What changes users and tells about one."""
        from solaris.accounts.parts import AccountsParts

        return AccountsParts(
            platform=self.platform,
            audit=self.audit,
            quota=self.quota,
            directory=self.directory,
            keys=self.keys,
            alerts=self.alerts,
            ledger=self.ledger,
        )

    @part
    def exports(self) -> ExportsParts:
        """Files of reports."""
        from solaris.exports.parts import ExportsParts

        return ExportsParts(
            platform=self.platform,
            audit=self.audit,
            directory=self.directory,
            reports=self.reports,
        )

    @part
    def backup(self) -> BackupParts:
        """What a backup and a restore stand on, and when backups were made."""
        from solaris.backup.parts import BackupParts

        return BackupParts(platform=self.platform, quota=self.quota)

    @part
    def operations(self) -> OperationsParts:
        """How the system is."""
        from solaris.operations.parts import OperationsParts

        return OperationsParts(
            platform=self.platform,
            quota=self.quota,
            directory=self.directory,
            sign_in=self.sign_in,
            keys=self.keys,
            ledger=self.ledger,
            reconciliation=self.reconciliation,
            reports=self.reports,
            backup=self.backup,
        )

    def of(self, package: str) -> Any:
        """The parts of one package, by its name."""
        return getattr(self, package)

    async def close(self) -> None:
        """Close what the request path has opened."""
        for name in ("gateway", "platform", "directory"):
            if name in self.__dict__:
                await self.__dict__[name].close()


@lru_cache(maxsize=1)
def process_parts() -> Parts:
    """The parts of this process, by its environment. Raises ConfigurationError."""
    settings = load_settings()
    configure_logging("DEBUG" if settings.debug else settings.log_level)
    return Parts(settings)
