"""`solaris backup --verify`: the restore is tried, in a store of its own that is thrown away.

A file may be whole and still be of no use. So it is restored as `solaris restore` does it, every
table is compared, what waited in the queue is booked, and the books are held against their records,
in an empty store on this machine (memory and disk as for the tables themselves). Nothing of the
running system is touched.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from solaris.cli.environment import scratch_environment
from solaris.domain.usage import parse_instant
from solaris.errors import ConfigurationError, StoreUnavailableError

if TYPE_CHECKING:
    from solaris.services.backing_up import Tick
    from solaris.services.reconciling import Reconciliation
    from solaris.storage.archives import Manifest
    from solaris.wiring import Wiring

STEP = "reconciling"


def drill(file: Path, manifest: "Manifest", tick: "Tick") -> tuple["Reconciliation", int]:
    """Restore a file that was checked, and reconcile; what differs is in the report.

    The number is that of the queued events, all of which were booked. Raises RestoreDiffersError,
    StoreUnavailableError, ConfigurationError where nothing can run a store, OSError.
    """
    from solaris.services.reconcile_runs import DAYS  # noqa: PLC0415 - slow
    from solaris.services.reconciling import Reconciliation  # noqa: PLC0415 - slow
    from solaris.services.restoring import Restoring  # noqa: PLC0415 - slow
    from solaris.settings import Settings  # noqa: PLC0415 - slow
    from solaris.wiring import Wiring  # noqa: PLC0415 - slow

    with _scratch_store() as store, scratch_environment(store, manifest.header.stage):
        # by the file's own time: what was open then is no fault of its books
        at = parse_instant(manifest.header.started_at)
        wiring = Wiring(Settings(), lambda: at)
        wiring.queues.create_all()
        restoring = Restoring(settings=wiring.settings, feed=wiring.changes, queues=wiring.queues)
        restoring.prepare()
        restoring.run(file, manifest, replace=False, tick=tick)
        wiring.day_index.fill()
        booked = _book(wiring, tick)
        report = Reconciliation()
        for _ in wiring.reconciler.all_users(report):
            tick(f"{STEP} users", 1, report.users)
        today = at.astimezone(wiring.settings.zone).date()
        for _ in wiring.reconciler.system_days(report, today - timedelta(days=DAYS - 1), today):
            tick(f"{STEP} days", 1, report.days)
    return report, booked


def _book(wiring: "Wiring", tick: "Tick") -> int:
    """Book what came back into the usage queue, each event twice: a repeat must change nothing.

    Raises RestoreDiffersError for one that cannot be booked.
    """
    from solaris.services.recording import Message  # noqa: PLC0415 - slow
    from solaris.services.restoring import RestoreDiffersError  # noqa: PLC0415 - slow
    from solaris.storage.queues import USAGE_QUEUE  # noqa: PLC0415 - slow

    booked = 0
    while found := wiring.queues.receive(USAGE_QUEUE, wait_seconds=0):
        messages = [Message(one["MessageId"], one["Body"]) for one in found]
        for _ in range(2):
            if failed := wiring.recorder.record_messages(messages):
                msg = f"{len(failed)} queued events cannot be booked, among them {failed[0]}"
                raise RestoreDiffersError(msg)
        wiring.queues.delete(USAGE_QUEUE, found)
        booked += len(found)
        tick("booking queued", 1, booked)
    return booked


@contextmanager
def _scratch_store() -> Iterator[dict[str, str]]:
    """boto3's variables for an empty store that is gone afterwards, with all that was in it."""
    try:
        from infra.local.store.embedded import running_store  # noqa: PLC0415 - not everywhere
        from infra.local.store.errors import StoreError  # noqa: PLC0415 - see above
    except ImportError as error:
        msg = "no store can be run here to restore into: --file-only checks the file alone"
        raise ConfigurationError(msg) from error
    with tempfile.TemporaryDirectory(prefix="solaris-drill-") as folder:
        try:
            with running_store(Path(folder)) as environment:
                yield environment
        except StoreError as error:
            msg = f"the store to restore into did not start: {error}"
            raise StoreUnavailableError(msg) from error
