"""When backups were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.backup.store import BackupLog
    from solaris.platform.parts import PlatformParts


class BackupParts:
    """When backups were made."""

    def __init__(self, platform: PlatformParts) -> None:
        self.platform = platform

    @part
    def log(self) -> BackupLog:
        """When backups were made."""
        from solaris.backup.store import BackupLog

        return BackupLog(self.platform.dynamodb, self.platform.settings.table_name("periods"))
