"""`solaris backup --verify`: the restore is tried, in a store of its own that is thrown away.

A file may be whole and still be of no use. So it is restored as `solaris restore` does it, every
table is compared, and the books are held against their records, in an empty store on this machine
(memory and disk as for the tables themselves). Nothing of the running system is touched.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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

START_SECONDS = 30.0
STOP_SECONDS = 10.0
STEP = "reconciling"


def drill(file: Path, manifest: "Manifest", tick: "Tick") -> "Reconciliation":
    """Restore a file that was checked, and reconcile; what differs is in the report.

    Raises RestoreDiffersError, StoreUnavailableError, ConfigurationError where nothing can run a
    store, OSError.
    """
    from solaris.services.reconcile_runs import DAYS  # noqa: PLC0415 - slow
    from solaris.services.reconciling import Reconciliation  # noqa: PLC0415 - slow
    from solaris.services.restoring import Restoring  # noqa: PLC0415 - slow
    from solaris.settings import Settings  # noqa: PLC0415 - slow
    from solaris.wiring import Wiring  # noqa: PLC0415 - slow

    with _scratch_store() as url, scratch_environment(url, manifest.header.stage):
        # by the file's own time: what was open then is no fault of its books
        at = parse_instant(manifest.header.started_at)
        wiring = Wiring(Settings(), lambda: at)
        restoring = Restoring(settings=wiring.settings, feed=wiring.changes)
        restoring.prepare()
        restoring.run(file, manifest, replace=False, tick=tick)
        wiring.day_index.fill()
        report = Reconciliation()
        for _ in wiring.reconciler.all_users(report):
            tick(f"{STEP} users", 1, report.users)
        today = at.astimezone(wiring.settings.zone).date()
        for _ in wiring.reconciler.system_days(report, today - timedelta(days=DAYS - 1), today):
            tick(f"{STEP} days", 1, report.days)
    return report


@contextmanager
def _scratch_store() -> Iterator[str]:
    """Address of an empty store that is gone afterwards, with all that was in it."""
    try:
        from infra.local.preflight import free_port  # noqa: PLC0415 - not in every installation
        from infra.local.store import store_command, wait_until_ready  # noqa: PLC0415 - see above
    except ImportError as error:
        msg = "no store can be run here to restore into: --file-only checks the file alone"
        raise ConfigurationError(msg) from error
    with tempfile.TemporaryDirectory(prefix="solaris-drill-") as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = store_command("127.0.0.1", port, folder)
        process = subprocess.Popen(  # noqa: S603 - a command made here
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(process, lambda seconds: wait_until_ready(url, seconds))
            yield url
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", wait_until_ready: Callable[[float], None]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            wait_until_ready(1.0)
        except TimeoutError:
            continue
        return
    msg = "the store to restore into did not start"
    raise StoreUnavailableError(msg)
