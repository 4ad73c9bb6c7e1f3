"""The parts that say how the system is; wiring.py holds all the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solaris.cache import Cache
from solaris.metrics import Metrics
from solaris.services.queue_lag import QueueLag
from solaris.services.totals import UserTotals
from solaris.settings import Settings
from solaris.storage.backups import BackupLog
from solaris.storage.books_disk import BooksDisk, OpenBooks
from solaris.storage.disk_room import DiskRoom
from solaris.storage.queues import Queues
from solaris.storage.reconciliations import ReconciliationStore
from solaris.storage.users import UserStore

if TYPE_CHECKING:
    from solaris.services.health import Health
    from solaris.services.metrics_page import MetricsPage


class HealthParts:
    """What Wiring inherits, with the parts that these need; `clock` gives the time in UTC."""

    settings: Settings
    clock: Callable[[], datetime]
    metrics: Metrics
    version: str

    @cached_property
    def dynamodb(self) -> Any:
        """The one client of DynamoDB."""
        raise NotImplementedError

    @cached_property
    def users(self) -> UserStore:
        """The users table."""
        raise NotImplementedError

    @cached_property
    def queues(self) -> Queues:
        """The queues, synchronously."""
        raise NotImplementedError

    @cached_property
    def cache(self) -> Cache:
        """Redis, synchronously."""
        raise NotImplementedError

    @cached_property
    def reconciliations(self) -> ReconciliationStore:
        """What the reconciliations have found."""
        raise NotImplementedError

    @cached_property
    def backups(self) -> BackupLog:
        """When backups were made."""
        return BackupLog(self.dynamodb, self.settings.table_name("periods"))

    @cached_property
    def books_disk(self) -> BooksDisk:
        """Room and files of the books, where this system keeps them on a disk of its own."""
        folder = Path(self.settings.solaris_data_dir).absolute()
        room = DiskRoom(folder, self.settings.min_free_disk_mb << 20)
        return BooksDisk(room, OpenBooks(folder))

    @cached_property
    def queue_lag(self) -> QueueLag:
        """How long the queues' messages wait."""
        return QueueLag(self.queues)

    @cached_property
    def health(self) -> Health:
        """The checks of all parts; the clients are made here, before threads need them."""
        from solaris.services.health import Health, standard_checks

        checks = standard_checks(
            self.settings,
            users=self.users,
            backups=self.backups,
            disk=self.books_disk,
            queues=self.queue_lag,
            cache=self.cache,
        )
        return Health(checks, version=self.version, clock=self.clock)

    @cached_property
    def user_totals(self) -> UserTotals:
        """Figures over all users, summed in the background."""
        return UserTotals(
            self.dynamodb,
            users_table=self.settings.table_name("users"),
            zone=self.settings.zone,
            clock=self.clock,
        )

    @cached_property
    def metrics_page(self) -> MetricsPage:
        """What Prometheus reads."""
        from solaris.services.metrics_page import MetricsPage

        return MetricsPage(
            health=self.health,
            totals=self.user_totals,
            metrics=self.metrics,
            cache=self.cache,
            reconciled=self.reconciliations.latest_done,
            clock=self.clock,
        )
