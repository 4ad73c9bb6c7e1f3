"""The reconciliation that follows each month's opening: in pieces, taken up where it stood.

It only looks; mending is a person's decision (`solaris reconcile --repair`).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from solaris.platform.errors import ConflictError
from solaris.platform.logs import get_logger
from solaris.quota.periods import period_of
from solaris.reconciliation.reconciler import Finding, Reconciler, Reconciliation
from solaris.reconciliation.run_store import ReconciliationRun, ReconciliationStore, Row

STOP_BEFORE_SECONDS = 30.0
DAYS = 62
"""Of the system's counters: the month that is over, and the one before it."""

_log = get_logger("solaris.reconciling")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one invocation did; `running` is to be invoked again."""

    period: str
    state: str
    users: int = 0
    differences: int = 0

    def body(self) -> dict[str, Any]:
        """What the function answers."""
        return {
            "period": self.period,
            "state": self.state,
            "users": self.users,
            "differences": self.differences,
        }


class ReconcileRunner:
    """Runs one month's reconciliation. `clock` gives the time in UTC, `zone` is the periods'."""

    def __init__(
        self,
        *,
        reconciler: Reconciler,
        store: ReconciliationStore,
        zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._reconciler = reconciler
        self._store = store
        self._zone = zone
        self._clock = clock
        self._owner = str(uuid.uuid4())

    def run(self, remaining_seconds: Callable[[], float] = lambda: float("inf")) -> RunReport:
        """Go on with this period's run as far as the time allows; done ones answer at once.

        Raises StoreUnavailableError or AwsCallError: the next invocation goes on from the last
        page that was saved.
        """
        period = period_of(self._clock(), self._zone)
        run = self._store.claim(period, self._owner, self._clock())
        if run is None:
            latest = self._store.latest()
            is_done = latest is not None and latest.period == period and latest.is_done
            return RunReport(period=period, state="done" if is_done else "held")
        try:
            run, is_scanned = self._users(run, remaining_seconds)
            if not is_scanned:
                self._store.release(run, self._owner)
                return _report(run, "running")
            run = self._system(run)
            self._store.release(run, self._owner)
        except ConflictError:
            return _report(run, "held")
        level = _log.error if run.differences else _log.info
        level("books_reconciled", period=period, users=run.users, differences=run.differences)
        return _report(run, "done")

    def keep(self, report: Reconciliation, started_at: datetime) -> bool:
        """Keep what a person's run over everything has left standing as this period's result.

        So that whoever is told of differences hears of their end, too. False while the monthly
        run is under way: its own result comes. Raises StoreUnavailableError or AwsCallError.
        """
        now = self._clock()
        run = ReconciliationRun(
            period=period_of(now, self._zone),
            started_at=started_at,
            finished_at=now,
            users=report.users,
            records=report.records,
            in_motion=len(report.in_motion),
        )
        standing = [as_row(one) for one in report.findings if not one.is_mended]
        return self._store.supersede(run.with_findings(standing), now)

    def _users(
        self, run: ReconciliationRun, remaining_seconds: Callable[[], float]
    ) -> tuple[ReconciliationRun, bool]:
        if run.users and run.cursor is None:
            return run, True  # cut short between the users and the days
        part = Reconciliation()
        for cursor in self._reconciler.all_users(part, cursor=run.cursor):
            run = replace(
                _with(run, part),
                cursor=cursor,
                users=run.users + part.users,
                records=run.records + part.records,
            )
            part.clear()
            self._store.save(run, self._owner, self._clock())
            if cursor is not None and remaining_seconds() < STOP_BEFORE_SECONDS:
                return run, False
        return run, True

    def _system(self, run: ReconciliationRun) -> ReconciliationRun:
        # what is booked today moves; yesterday may still take late answers, and is read again then
        last = self._clock().astimezone(self._zone).date() - timedelta(days=1)
        part = Reconciliation()
        for _ in self._reconciler.system_days(part, last - timedelta(days=DAYS - 1), last):
            self._store.save(run, self._owner, self._clock())
        return replace(_with(run, part), finished_at=self._clock())


def _with(run: ReconciliationRun, part: Reconciliation) -> ReconciliationRun:
    found = run.with_findings([as_row(one) for one in part.findings])
    return replace(found, in_motion=run.in_motion + len(part.in_motion))


def as_row(finding: Finding) -> Row:
    """A finding as plain JSON, in snake_case."""
    one = finding.difference
    return {
        "fault": one.fault.value,
        "user_id": one.user_id,
        "place": one.place,
        "figure": one.figure,
        "expected": one.expected,
        "found": one.found,
        "record_keys": list(finding.record_keys),
    }


def _report(run: ReconciliationRun, state: str) -> RunReport:
    return RunReport(period=run.period, state=state, users=run.users, differences=run.differences)
