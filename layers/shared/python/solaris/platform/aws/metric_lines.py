"""What this process has counted, as lines of the log that CloudWatch makes metrics of.

The Embedded Metric Format: a JSON object that is a line of its own in a function's log, named
under `_aws` (AWS's manual, "Specification: Embedded metric format"). A metric is charged by name
and dimensions, so these have no dimensions and FIGURES is all there are: models, endpoints and
codes are added up. A flush writes one line at most, and none when nothing was counted.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import orjson

from solaris.platform import metrics as counted
from solaris.platform.metrics import Definition

MAX_VALUES = 100
"""Of one figure in one line, as AWS says; what a flush has seen beyond is left out."""
FIRST_SERVER_ERROR = 500

_QUOTA = frozenset({"insufficient_quota"})
_RATE = frozenset({"rate_limit_exceeded"})
_FOR_NOW = frozenset({"tokens_held", "bookings_late", "overloaded", "service_unavailable"})
_CALLER = frozenset(
    {
        *("invalid_api_key", "user_not_identified", "user_not_allowed"),
        *("account_pending", "account_suspended", "account_blocked", "account_deleted"),
    }
)
_UPSTREAM = frozenset({"upstream_error", "upstream_key_refused", "upstream_timeout"})
_NAMED = _QUOTA | _RATE | _FOR_NOW | _CALLER | _UPSTREAM

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of CloudWatch: what it is counted from, and of which labels (all by default)."""

    name: str
    unit: str
    of: Definition
    takes: Callable[[Labels], bool] = lambda _: True


def _is(codes: frozenset[str]) -> Callable[[Labels], bool]:
    return lambda labels: labels[0] in codes


FIGURES = (
    Figure("Requests", "Count", counted.REQUESTS),
    Figure(
        *("ServerErrors", "Count", counted.REQUESTS),
        lambda labels: int(labels[2]) >= FIRST_SERVER_ERROR,
    ),
    Figure("RefusedQuota", "Count", counted.REFUSALS, _is(_QUOTA)),
    Figure("RefusedRate", "Count", counted.REFUSALS, _is(_RATE)),
    Figure("RefusedForNow", "Count", counted.REFUSALS, _is(_FOR_NOW)),
    Figure("RefusedCaller", "Count", counted.REFUSALS, _is(_CALLER)),
    Figure("UpstreamFailures", "Count", counted.REFUSALS, _is(_UPSTREAM)),
    Figure(*("RefusedOther", "Count", counted.REFUSALS), lambda labels: labels[0] not in _NAMED),
    Figure("FirstByteSeconds", "Seconds", counted.FIRST_BYTE),
    Figure("TokensBooked", "Count", counted.TOKENS_CHARGED),
    Figure("CostBookedMicros", "None", counted.COST),
    Figure("BookingLagSeconds", "Seconds", counted.BOOKING_LAG),
    Figure("MailsFailed", "Count", counted.ALERT_MAILS, lambda labels: labels[1] == "failed"),
    Figure("LoginsRefused", "Count", counted.LOGIN_FAILURES),
    Figure("UnwellParts", "Count", counted.UNWELL),
)
"""All that is written; each is charged by CloudWatch in an hour in which it is."""

_BY_DEFINITION: Mapping[str, tuple[Figure, ...]] = {
    name: tuple(one for one in FIGURES if one.of.name == name)
    for name in {one.of.name for one in FIGURES}
}


def write_to_log(line: str) -> None:
    """Write one line to standard error, as the logs: Lambda sends both into the function's log."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class MetricLines:
    """Adds up since the last line; safe to use from several threads.

    `namespace` is CloudWatch's, `clock` gives the time in UTC.
    """

    def __init__(
        self,
        namespace: str,
        clock: Callable[[], datetime],
        write: Callable[[str], None] = write_to_log,
    ) -> None:
        self._namespace = namespace
        self._clock = clock
        self._write = write
        self._lock = Lock()
        self._sums: dict[str, float] = defaultdict(float)
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, metric: Definition, labels: Labels, amount: float) -> None:
        """Add to the sums of a counter's figures."""
        with self._lock:
            for figure in _BY_DEFINITION.get(metric.name, ()):
                if figure.takes(labels):
                    self._sums[figure.name] += amount

    def observe(self, metric: Definition, value: float) -> None:
        """Note one value, of which CloudWatch makes percentiles or the last."""
        with self._lock:
            for figure in _BY_DEFINITION.get(metric.name, ()):
                values = self._values[figure.name]
                if len(values) < MAX_VALUES:
                    values.append(round(value, 6))

    def flush(self) -> None:
        """Write what was counted since the last flush, in one line; nothing when that is none."""
        with self._lock:
            sums, self._sums = self._sums, defaultdict(float)
            values, self._values = self._values, defaultdict(list)
        found: dict[str, Any] = {**{k: round(v, 6) for k, v in sums.items()}, **values}
        if found:
            self._write(orjson.dumps(self._document(found)).decode())

    def _document(self, found: Mapping[str, Any]) -> dict[str, Any]:
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [[]],
            "Metrics": [
                {"Name": one.name, "Unit": one.unit} for one in FIGURES if one.name in found
            ],
        }
        return {
            "_aws": {
                "Timestamp": int(self._clock().timestamp() * 1000),
                "CloudWatchMetrics": [directive],
            },
            "message": "metrics",
            **found,
        }
