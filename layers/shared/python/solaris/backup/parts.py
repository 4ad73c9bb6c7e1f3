"""What a backup and a restore stand on, and when backups were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.backup.store import BackupLog
    from solaris.platform.parts import PlatformParts
    from solaris.quota.feed import Changes
    from solaris.quota.parts import QuotaParts


class BackupParts:
    """What a backup and a restore stand on, and when backups were made."""

    def __init__(self, *, platform: PlatformParts, quota: QuotaParts) -> None:
        self.platform = platform
        self._quota = quota

    @property
    def feed(self) -> Changes:
        """What tells the lists that a restore has made everything anew."""
        return self._quota.changes

    @part
    def log(self) -> BackupLog:
        """When backups were made."""
        from solaris.backup.store import BackupLog

        return BackupLog(self.platform.dynamodb, self.platform.settings.table_name("periods"))
