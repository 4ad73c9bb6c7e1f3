"""The directory's parts; wiring.py holds all the others."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from solaris.services.directory import Directory
from solaris.services.keeping import Keeper
from solaris.services.replica_snapshots import Snapshots
from solaris.settings import Settings
from solaris.storage.changes import Changes
from solaris.storage.files import FileStore
from solaris.storage.replicating import ReplicaTables


class DirectoryParts:
    """What Wiring inherits; `clock` gives the time in UTC."""

    settings: Settings
    clock: Callable[[], datetime]

    @cached_property
    def dynamodb(self) -> Any:
        """The one client of DynamoDB."""
        raise NotImplementedError

    @cached_property
    def files(self) -> FileStore:
        """The bucket."""
        raise NotImplementedError

    @cached_property
    def changes(self) -> Changes:
        """The feed of what the directory must learn of."""
        return Changes(self.dynamodb, self.settings.table_name("changes"), self.clock)

    @cached_property
    def replica_tables(self) -> ReplicaTables:
        """The tables that the directory is a replica of."""
        names = {name: self.settings.table_name(name) for name in ReplicaTables.KEYS}
        return ReplicaTables(self.dynamodb, names)

    @cached_property
    def snapshots(self) -> Snapshots:
        """The directory's snapshot in the bucket."""
        return Snapshots(self.files, self.clock)

    @cached_property
    def directory(self) -> Directory:
        """The lists of users, alerts and keys."""
        return Directory(
            settings=self.settings,
            feed=self.changes,
            tables=self.replica_tables,
            snapshots=self.snapshots,
            clock=self.clock,
        )

    @cached_property
    def keeper(self) -> Keeper:
        """The upkeep of the directory."""
        return Keeper(
            settings=self.settings,
            directory=self.directory,
            tables=self.replica_tables,
            snapshots=self.snapshots,
            clock=self.clock,
        )
