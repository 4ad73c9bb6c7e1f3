"""The page that Prometheus reads: published sums of all processes, and gauges measured now.

It is there when it is needed most: everything that may not answer is asked at once and waited for
together, so that a page comes within any scrape's time-out and says who is down.
"""

import time
from collections.abc import Callable
from datetime import datetime

from solaris.operations.health import Health, HealthReport
from solaris.operations.probing import Probe, answer_by
from solaris.operations.states import REASONS, Status
from solaris.platform import metrics as names
from solaris.platform.cache import Cache
from solaris.platform.errors import SolarisError
from solaris.platform.instants import parse_instant
from solaris.platform.logs import get_logger
from solaris.platform.metrics import METRICS_KEY, Definition, Metrics, render
from solaris.reconciliation.run_store import ReconciliationRun
from solaris.reports.totals import Totals, UserTotals

PAGE_SECONDS = 2.5
_LEVELS = {Status.HEALTHY: 0, Status.DEGRADED: 1, Status.UNHEALTHY: 2}

_log = get_logger("solaris.platform.metrics")

Gauge = tuple[Definition, tuple[str, ...], float]


class MetricsPage:
    """What /metrics says: published sums of all processes, and gauges measured now."""

    def __init__(
        self,
        *,
        health: Health,
        totals: UserTotals,
        metrics: Metrics,
        cache: Cache,
        reconciled: Callable[[], ReconciliationRun | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._reconciled = reconciled
        self._health = health
        self._users = Probe("user-totals", totals.latest)
        self._books = Probe("reconciliation", self._last_run)
        self._metrics = metrics
        self._cache = cache
        self._clock = clock

    def render(self) -> str:
        """Prometheus' text format 0.0.4; takes 2.5 seconds at most, whoever does not answer.

        What is not known by then is left out; of the parts it says that they are down.
        """
        deadline = time.monotonic() + PAGE_SECONDS
        totals, books = self._users.start(), self._books.start()
        report = self._health.report()
        figures = self._cache.read_all(METRICS_KEY)
        if figures is None:
            figures = self._metrics.snapshot()
        gauges = [
            *_of_users(answer_by(totals, deadline), self._clock()),
            *_of_books(answer_by(books, deadline)),
            *_of_parts(report),
            *_of_backups(report),
        ]
        return render(figures, gauges)

    def _last_run(self) -> ReconciliationRun | None:
        try:
            return self._reconciled()
        except SolarisError as error:
            _log.warning("reconciliation_not_read", error=type(error).__name__)
            return None


def _of_books(run: ReconciliationRun | None) -> list[Gauge]:
    if run is None or run.finished_at is None:
        return []
    return [
        (names.BOOKS_DIFFERENCES, (), run.differences),
        (names.BOOKS_RECONCILED, (), run.finished_at.timestamp()),
    ]


def _of_users(totals: Totals | None, now: datetime) -> list[Gauge]:
    if totals is None:
        return []
    age_seconds = max(0.0, (now - totals.computed_at).total_seconds())
    return [
        *(
            (names.USERS, (status,), count)
            for status, count in sorted(totals.users_by_status.items())
        ),
        (names.TOKENS_USED, (), totals.tokens_used),
        (names.TOKENS_AVERAGE, (), totals.average_per_active_user),
        (names.RESERVATIONS_OPEN, (), totals.open_reservations),
        (names.USERS_AGE, (), age_seconds),
    ]


def _of_backups(report: HealthReport) -> list[Gauge]:
    found = report.checks.get("database")
    last = found and found.finding.details.get("last_backup_at")
    return [(names.BACKUP, (), parse_instant(last).timestamp())] if last else []


def _of_parts(report: HealthReport) -> list[Gauge]:
    details = report.checks["queue"].finding.details
    depths, stalled = details.get("depths", {}), details.get("stalled", {})
    return [
        *((names.QUEUE_DEPTH, (queue,), depth) for queue, depth in depths.items()),
        *((names.QUEUE_STALLED, (queue,), seconds) for queue, seconds in stalled.items()),
        *(
            (names.UP, (name,), int(result.finding.answers))
            for name, result in report.checks.items()
        ),
        *(
            (names.UNWELL, (name, reason), _LEVELS[REASONS[reason].status])
            for name, result in report.checks.items()
            for reason in result.finding.reasons
        ),
        *(
            (names.UNWELL, (name, "none"), 0)
            for name, result in report.checks.items()
            if not result.finding.reasons
        ),
    ]
