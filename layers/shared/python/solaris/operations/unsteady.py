"""Which programs of one machine keep ending: told by their supervisor in a file, read by health."""

import json
from collections.abc import Iterable
from pathlib import Path

from solaris.platform.whole_files import write_whole

MAX_BYTES = 4_096


class Unsteady:
    """The file in `folder`, the data directory; there is none while every program is well."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "unsteady.json"

    def tell(self, names: Iterable[str]) -> None:
        """Say which programs keep ending, by name. Raises OSError (a full disk)."""
        told = sorted(names)
        if not told:
            self._file.unlink(missing_ok=True)
            return
        write_whole(self._file, json.dumps(told))

    def names(self) -> list[str]:
        """The programs that keep ending; none where nobody tells."""
        try:
            with self._file.open("rb") as file:
                told = json.loads(file.read(MAX_BYTES))
        except (OSError, ValueError):
            return []
        return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
