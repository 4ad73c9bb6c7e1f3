"""The lists of users, alerts and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.directory.directory import Directory
    from solaris.directory.snapshots import Snapshots
    from solaris.directory.tables import ReplicaTables
    from solaris.directory.upkeep import Keeper
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts


class DirectoryParts:
    """The lists of users, alerts and keys."""

    def __init__(self, *, platform: PlatformParts, quota: QuotaParts) -> None:
        self.platform = platform
        self._quota = quota

    @part
    def replica_tables(self) -> ReplicaTables:
        """The tables that the directory is a replica of."""
        from solaris.directory.tables import ReplicaTables

        names = {name: self.platform.settings.table_name(name) for name in ReplicaTables.KEYS}
        return ReplicaTables(self.platform.dynamodb, names)

    @part
    def snapshots(self) -> Snapshots:
        """The directory's snapshot in the bucket."""
        from solaris.directory.snapshots import Snapshots

        return Snapshots(self.platform.files, self.platform.clock)

    @part
    def directory(self) -> Directory:
        """The lists of users, alerts and keys."""
        from solaris.directory.directory import Directory

        return Directory(
            settings=self.platform.settings,
            feed=self._quota.changes,
            tables=self.replica_tables,
            snapshots=self.snapshots,
            clock=self.platform.clock,
        )

    @part
    def keeper(self) -> Keeper:
        """The upkeep of the directory."""
        from solaris.directory.upkeep import Keeper

        return Keeper(
            settings=self.platform.settings,
            directory=self.directory,
            tables=self.replica_tables,
            snapshots=self.snapshots,
            clock=self.platform.clock,
        )

    async def close(self) -> None:
        """Close the replica."""
        if "directory" in self.__dict__:
            self.directory.close()
