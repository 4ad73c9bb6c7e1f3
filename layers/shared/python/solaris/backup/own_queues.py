"""The queues of the system that runs on this machine: a file that a backup may look into."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from solaris.platform.terminal.environment import load_run_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from solaris.backup.queued_events import Peek
    from solaris.platform.settings import Settings


def queue_file(settings: "Settings") -> "Peek | None":
    """What reads this stage's usage queues; None where they are not a file of this machine."""
    if load_run_environment() is None:
        return None  # the endpoint that is set is another system's
    try:
        import infra.local.store.peeking  # noqa: F401, PLC0415 - not everywhere
    except ImportError:
        return None
    from solaris.platform.books_disk import books_files  # noqa: PLC0415 - slow

    _, file = books_files(Path(settings.solaris_data_dir).absolute())
    return partial(_peek, file, settings) if file.exists() else None


def _peek(file: Path, settings: "Settings") -> "Iterator[Mapping[str, str]]":
    from infra.local.store.errors import StoreError  # noqa: PLC0415 - not everywhere
    from infra.local.store.peeking import waiting_messages  # noqa: PLC0415 - see above
    from solaris.backup.queued_events import QUEUES_KEPT  # noqa: PLC0415 - slow
    from solaris.platform.errors import StoreUnavailableError  # noqa: PLC0415 - slow

    names = {settings.queue_name(one): one for one in QUEUES_KEPT}
    try:
        for message in waiting_messages(file, names):
            yield {**message, "queue": names[message["queue"]]}
    except StoreError as error:
        raise StoreUnavailableError(str(error)) from error
