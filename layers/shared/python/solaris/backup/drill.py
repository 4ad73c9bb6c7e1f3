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

from solaris.directory.parts import DirectoryParts
from solaris.ledger.parts import LedgerParts
from solaris.platform.errors import ConfigurationError, StoreUnavailableError
from solaris.platform.instants import parse_instant
from solaris.platform.parts import PlatformParts
from solaris.platform.terminal.environment import scratch_environment
from solaris.quota.parts import QuotaParts
from solaris.reconciliation.parts import ReconciliationParts

if TYPE_CHECKING:
    from solaris.backup.archive import Manifest
    from solaris.backup.backup import Tick
    from solaris.reconciliation.reconciler import Reconciliation

STEP = "reconciling"


def drill(file: Path, manifest: "Manifest", tick: "Tick") -> tuple["Reconciliation", int]:
    """Restore a file that was checked, and reconcile; what differs is in the report.

    The number is that of the queued events, all of which were booked. Raises RestoreDiffersError,
    StoreUnavailableError, ConfigurationError where nothing can run a store, OSError.
    """
    from solaris.backup.restore import Restoring  # noqa: PLC0415 - slow
    from solaris.platform.settings import Settings  # noqa: PLC0415 - slow
    from solaris.reconciliation.reconciler import Reconciliation  # noqa: PLC0415 - slow
    from solaris.reconciliation.runs import DAYS  # noqa: PLC0415 - slow

    with _scratch_store() as store, scratch_environment(store, manifest.header.stage):
        # by the file's own time: what was open then is no fault of its books
        at = parse_instant(manifest.header.started_at)
        platform = PlatformParts(Settings(), lambda: at)
        quota = QuotaParts(platform)
        ledger = LedgerParts(platform=platform, quota=quota)
        platform.queues.create_all()
        restoring = Restoring(
            settings=platform.settings, feed=quota.changes, queues=platform.queues
        )
        restoring.prepare()
        restoring.run(file, manifest, replace=False, tick=tick)
        ledger.day_index.fill()
        booked = _book(ledger, tick)
        reconciler = ReconciliationParts(
            platform=platform,
            quota=quota,
            directory=DirectoryParts(platform=platform, quota=quota),
            ledger=ledger,
        ).reconciler
        report = Reconciliation()
        for _ in reconciler.all_users(report):
            tick(f"{STEP} users", 1, report.users)
        today = at.astimezone(platform.settings.zone).date()
        for _ in reconciler.system_days(report, today - timedelta(days=DAYS - 1), today):
            tick(f"{STEP} days", 1, report.days)
    return report, booked


def _book(ledger: LedgerParts, tick: "Tick") -> int:
    """Book what came back into the usage queue, each event twice: a repeat must change nothing.

    Raises RestoreDiffersError for one that cannot be booked.
    """
    from solaris.backup.restore import RestoreDiffersError  # noqa: PLC0415 - slow
    from solaris.platform.aws.queues import USAGE_QUEUE, Message  # noqa: PLC0415 - slow

    booked = 0
    while found := ledger.platform.queues.receive(USAGE_QUEUE, wait_seconds=0):
        messages = [Message(one["MessageId"], one["Body"]) for one in found]
        for _ in range(2):
            if failed := ledger.recorder.record_messages(messages):
                msg = f"{len(failed)} queued events cannot be booked, among them {failed[0]}"
                raise RestoreDiffersError(msg)
        ledger.platform.queues.delete(USAGE_QUEUE, found)
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
