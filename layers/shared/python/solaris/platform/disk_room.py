"""Whether the disk that holds the books has room for what will have to be booked."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Looks at the file system of `folder`; with `least_bytes` 0 at none.

    Some room is left for the answers that are under way: their tokens are booked after them.
    """

    folder: Path
    least_bytes: int

    def is_missing(self) -> bool:
        """Whether too little is free, or nothing can be written at all.

        One system call. A folder that cannot be looked at is the store's to complain about.
        """
        if not self.least_bytes:
            return False
        try:
            found = os.statvfs(self.folder)
        except OSError:
            return False
        is_read_only = bool(found.f_flag & os.ST_RDONLY)
        return is_read_only or found.f_bavail * found.f_frsize < self.least_bytes
