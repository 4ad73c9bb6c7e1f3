"""Exports as people ask for them: small ones at once, large ones by jobs in the background.

A job is one invocation: it streams the rows into a new file from the first to the last, keeps its
lease and says how far it is once a second. After a crash the lease ends, the message comes back
and the next attempt starts anew, under another file name; five receives, then the dead-letter
queue. Cancelling is deleting the job: the attempt's next sign of life is refused.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import orjson

from solaris.alerts.alert import retry_seconds
from solaris.audit.auditor import Auditor
from solaris.exports.export import (
    BEAT_SECONDS,
    EXPORT_DAYS,
    LEASE_SECONDS,
    LINK_SECONDS,
    MARGIN_SECONDS,
    MAX_OPEN_EXPORTS,
    Export,
    ExportError,
    ExportState,
    new_export_id,
)
from solaris.exports.exporter import Exporter, ExportOrder, ReadyFile, TooManyRowsError
from solaris.exports.formats import Row
from solaris.exports.store import ExportStore, LeaseLostError
from solaris.platform.actor import Actor
from solaris.platform.aws.client import AwsCallError
from solaris.platform.aws.files import FileStore
from solaris.platform.aws.queues import EXPORTS_QUEUE, MAX_RECEIVES, Message, Queues
from solaris.platform.errors import (
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    SolarisError,
    StoreUnavailableError,
)
from solaris.platform.file_links import PUBLIC_PREFIX
from solaris.platform.logs import get_logger

# A message in hand is hidden for so long and the time renewed: a crash costs two minutes.
HIDDEN_SECONDS = 120
RENEW_SECONDS = 30.0
JOIN_SECONDS = 30.0
BUSY_SECONDS = 60.0

_log = get_logger("solaris.exports")


class OutOfTimeError(Exception):
    """The function ends before the job does."""


class ExportJobs:
    """Small files and jobs. Every method raises StoreUnavailableError."""

    def __init__(
        self,
        *,
        store: ExportStore,
        files: FileStore,
        queues: Queues,
        exporter: Exporter,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._files = files
        self._queues = queues
        self._exporter = exporter
        self._auditor = auditor
        self._clock = clock

    def export(
        self, order: ExportOrder, actor: Actor, *, in_background: bool = False
    ) -> ReadyFile | Export:
        """The file itself if it is small, else a job. Audited before anything leaves.

        Raises ValidationFailedError when there is more than the format takes, RateLimitedError
        when twenty jobs are under way already.
        """
        estimate = self._exporter.estimate(order)
        if estimate.is_small and not in_background:
            ready = self._exporter.at_once(order)
            if ready is not None:
                self._audit(order, actor, ready.file_name, rows=ready.rows)
                return ready
        return self._queue(order, actor, estimate.rows)

    def page(
        self, limit: int, cursor: str | None, *, keep: Callable[[Export], bool] = lambda _: True
    ) -> tuple[list[Export], str | None]:
        """Jobs, newest first, of those to keep; and a cursor, which names none but them.

        Raises ValidationFailedError (field `cursor`).
        """
        now = self._clock()
        found, next_cursor = self._store.page(limit, cursor, now=now, keep=keep)
        return [self._seen(one) for one in found if one.expires_at > now], next_cursor

    def get(self, export_id: str) -> Export:
        """A job as it stands. Raises NotFoundError."""
        found = self._store.get(export_id)
        if found is None or found.expires_at <= self._clock():
            raise NotFoundError(export_id)
        return self._seen(found)

    def link(self, export: Export) -> str | None:
        """A new link of 15 minutes; None while there is no file."""
        if export.state is not ExportState.DONE or not export.file_key:
            return None
        return self._files.link(export.file_key, export.file_name or "export", LINK_SECONDS)

    def remove(self, export_id: str, actor: Actor, *, may_remove_any: bool) -> None:
        """Cancel a job, or remove its file. Raises NotFoundError, ForbiddenError."""
        found = self.get(export_id)
        if not may_remove_any and found.requested_by != actor.name:
            raise ForbiddenError
        removed = self._store.remove(export_id)
        if removed is None:
            raise NotFoundError(export_id)
        if removed.file_key:
            self._files.remove(removed.file_key)
        self._auditor.record(
            self._auditor.entry(
                actor,
                "report.remove",
                target_type="report",
                target_id=export_id,
                target_label=removed.file_name,
                before={"state": removed.state.value},
            )
        )

    def run(self, message: Message, remaining_seconds: Callable[[], float]) -> bool:
        """Make the export that a message asks for; False: deliver the message again."""
        try:
            export_id = str(orjson.loads(message.body)["exportId"])
        except (ValueError, KeyError, TypeError):
            _log.error("malformed_export_message", message_id=message.message_id)
            return False
        lease = secrets.token_hex(16)
        if not self._store.claim(export_id, lease, self._clock()):
            found = self._store.get(export_id)
            if found is None or not found.is_open:
                return True
            # somebody else has it in hand: look again once that lease is over
            self._hide(message, LEASE_SECONDS)
            return False
        self._hide(message, HIDDEN_SECONDS)
        try:
            return self._attempt(export_id, lease, message, remaining_seconds() - MARGIN_SECONDS)
        except LeaseLostError:
            found = self._store.get(export_id)
            _log.info("export_lost", export_id=export_id, cancelled=found is None)
            return found is None or not found.is_open

    def _attempt(self, export_id: str, lease: str, message: Message, seconds: float) -> bool:
        started = time.monotonic()
        try:
            rows = self._make(export_id, lease, message, seconds)
        except LeaseLostError:
            raise
        except TooManyRowsError:
            return self._fail(export_id, lease, ExportError.TOO_MANY_ROWS)
        except OutOfTimeError:
            return self._fail(export_id, lease, ExportError.OUT_OF_TIME)
        except (StoreUnavailableError, AwsCallError) as error:
            _log.warning("export_interrupted", export_id=export_id, error=str(error)[:200])
            if message.receives >= MAX_RECEIVES:
                self._fail(export_id, lease, ExportError.STORE_UNAVAILABLE)
                return False
            self._store.release(export_id, lease)
            self._hide(message, retry_seconds(message.receives))
            return False
        except Exception:  # noqa: BLE001 - whatever it is, the person who waits is told
            _log.exception("export_failed", export_id=export_id)
            return self._fail(export_id, lease, ExportError.INTERNAL_ERROR)
        duration_ms = round((time.monotonic() - started) * 1000)
        _log.info("exported", export_id=export_id, rows=rows, duration_ms=duration_ms)
        return True

    def _make(self, export_id: str, lease: str, message: Message, seconds: float) -> int:
        export = self._store.get(export_id)
        if export is None:
            raise LeaseLostError(export_id)
        order = ExportOrder.from_json(export.request)
        key = f"{PUBLIC_PREFIX}{export_id}/{lease}.{order.form.value}"

        def beat(rows: int) -> None:
            self._store.beat(export_id, lease, rows_done=rows, now=self._clock())

        heart = Heart(beat, lambda: self._hide(message, HIDDEN_SECONDS), seconds)
        with heart:
            with self._files.writer(key, order.form.media_type) as writer:
                rows = self._exporter.write(order, writer, heart.watch)
                heart.check()
            self._finish(export_id, lease, key=key, rows=rows, file_bytes=writer.size_bytes)
        with suppress(SolarisError):  # AWS does it by the bucket's rule
            age = timedelta(days=EXPORT_DAYS + 1)
            self._files.remove_older(PUBLIC_PREFIX, self._clock() - age)
        return rows

    def _finish(self, export_id: str, lease: str, *, key: str, rows: int, file_bytes: int) -> None:
        try:
            self._store.finish(
                export_id,
                lease,
                rows=rows,
                file_key=key,
                file_bytes=file_bytes,
                now=self._clock(),
            )
        except LeaseLostError:
            self._files.remove(key)
            raise

    def _fail(self, export_id: str, lease: str, error: ExportError) -> bool:
        _log.warning("export_given_up", export_id=export_id, reason=error.value)
        self._store.fail(export_id, lease, error.value, self._clock())
        return True

    def _queue(self, order: ExportOrder, actor: Actor, rows_expected: int | None) -> Export:
        now = self._clock()
        if self._store.count_open(now) >= MAX_OPEN_EXPORTS:
            raise RateLimitedError(BUSY_SECONDS)
        export = Export(
            export_id=new_export_id(now, secrets.token_hex(8)),
            requested_by=actor.name,
            request=order.to_json(),
            created_at=now,
            expires_at=now + timedelta(days=EXPORT_DAYS),
            rows_expected=rows_expected,
            file_name=self._exporter.file_name(order),
        )
        self._audit(order, actor, export.file_name, export_id=export.export_id)
        self._store.put(export)
        try:
            self._queues.send(EXPORTS_QUEUE, orjson.dumps({"exportId": export.export_id}).decode())
        except SolarisError:
            self._store.remove(export.export_id)
            raise
        return export

    def _audit(
        self,
        order: ExportOrder,
        actor: Actor,
        file_name: str | None,
        *,
        export_id: str | None = None,
        rows: int | None = None,
    ) -> None:
        figures = {"type": order.kind.value, "format": order.form.value, "rows": rows}
        self._auditor.record(
            self._auditor.entry(
                actor,
                "report.export",
                target_type="report",
                target_id=export_id,
                target_label=file_name,
                after={name: value for name, value in figures.items() if value is not None},
            )
        )

    def _seen(self, export: Export) -> Export:
        """As people see it: what nobody works on any more has failed."""
        if not export.is_abandoned(self._clock()):
            return export
        return replace(export, state=ExportState.FAILED, error=ExportError.INTERRUPTED.value)

    def _hide(self, message: Message, seconds: int) -> None:
        if message.receipt_handle:
            self._queues.postpone(EXPORTS_QUEUE, message.receipt_handle, seconds)


class Heart:
    """Shows, beside the work, that an attempt is alive; the work asks it whether to go on.

    A thread of its own, because rows do not come evenly: sums are ready all at once, and a large
    XLSX is packed at the end. Without a beat for the length of the lease it counts as lost.
    """

    def __init__(
        self, beat: Callable[[int], None], renew: Callable[[], None], seconds: float
    ) -> None:
        self._beat = beat
        self._renew = renew
        self._end = time.monotonic() + seconds
        self._rows = 0
        self._is_lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="export-heart", daemon=True)

    def __enter__(self) -> Self:
        """Begin to beat."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop beating."""
        self._stop.set()
        self._thread.join(JOIN_SECONDS)

    def watch(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Count rows on their way. Raises LeaseLostError and OutOfTimeError between them."""
        for row in rows:
            self.check()
            self._rows += 1
            yield row

    def check(self) -> None:
        """Raises LeaseLostError when the job is not ours any more, OutOfTimeError at the end."""
        if self._is_lost:
            raise LeaseLostError
        if time.monotonic() > self._end:
            raise OutOfTimeError

    def _run(self) -> None:
        last_beat = last_renewal = time.monotonic()
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._beat(self._rows)
                last_beat = time.monotonic()
                if last_beat - last_renewal > RENEW_SECONDS:
                    self._renew()
                    last_renewal = last_beat
            except LeaseLostError:
                self._is_lost = True
                return
            except SolarisError:
                if time.monotonic() - last_beat > LEASE_SECONDS:
                    self._is_lost = True
                    return
