"""When backups were made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solaris.backup.store import BackupLog
    from solaris.platform.parts import PlatformParts


class BackupParts:
    """When backups were made."""

    def __init__(self, platform: PlatformParts) -> None:
        self._platform = platform

    @cached_property
    def log(self) -> BackupLog:
        """When backups were made."""
        from solaris.backup.store import BackupLog

        return BackupLog(self._platform.dynamodb, self._platform.settings.table_name("periods"))
