"""Counters and histograms in Prometheus' text format, summed over all processes through Redis.

A process adds up locally and publishes what has been added about once a second; the health
function reads the sums. Without Redis it shows those of its own process. Losing Redis resets
the counters, which Prometheus takes as a restart.

The number of series is bounded: labels are names of ours, except the model, which clients choose.
A process tells MAX_MODELS of them apart, Redis holds MAX_FIELDS fields at most; what is beyond
is counted as the model `other`.
"""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from solaris.platform.cache import AsyncCache, Cache

METRICS_KEY = "solaris:metrics"
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
MAX_LABEL_CHARACTERS = 100
MAX_FIELDS = 5_000
MAX_MODELS = 100
# A name that no upstream has answered for may be made up: such names never take every place.
MAX_UNANSWERED_MODELS = MAX_MODELS // 2
OTHER_MODELS = "other"
NO_MODEL = "-"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric: name, kind (counter, gauge, histogram or untyped), help text, label names."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


REQUESTS = Definition(
    "ia_solaris_requests_total",
    "counter",
    "Requests answered, by endpoint, model and status.",
    ("endpoint", "model", "status"),
)
REFUSALS = Definition(
    "ia_solaris_refusals_total",
    "counter",
    "Requests refused before the upstream, by reason.",
    ("reason",),
)
DURATION = Definition(
    "ia_solaris_request_duration_seconds",
    "histogram",
    "Time from the request to the end of the answer.",
    ("endpoint",),
)
FIRST_BYTE = Definition(
    "ia_solaris_first_byte_seconds",
    "histogram",
    "Time from the request to the first byte of the answer.",
    ("endpoint",),
)
RECORDED = Definition(
    "ia_solaris_events_recorded_total",
    "counter",
    "Usage events booked, by how they were.",
    ("booking",),
)
BOOKING_LAG = Definition(
    "ia_solaris_booking_lag_seconds",
    "histogram",
    "Time from the end of an answer to its booking.",
)
TOKENS = Definition(
    "ia_solaris_tokens_total",
    "counter",
    "Tokens booked, as stated upstream; cached is part of prompt, reasoning of completion.",
    ("model", "kind"),
)
TOKENS_CHARGED = Definition(
    "ia_solaris_tokens_charged_total",
    "counter",
    "Tokens booked, as they are taken from quotas.",
    ("model",),
)
COST = Definition(
    "ia_solaris_cost_micros_total", "counter", "Cost booked, in millionths of a USD.", ("model",)
)
ALERTS = Definition("ia_solaris_alerts_total", "counter", "Alerts recorded, by type.", ("type",))
ALERT_MAILS = Definition(
    "ia_solaris_alert_mails_total",
    "counter",
    "Mails of alerts, by audience and how each try ended.",
    ("audience", "state"),
)
ADMIN_REQUESTS = Definition(
    "ia_solaris_admin_requests_total",
    "counter",
    "Requests to the admin API, by operation and status.",
    ("operation", "status"),
)
ADMIN_DURATION = Definition(
    "ia_solaris_admin_request_duration_seconds",
    "histogram",
    "Time that the admin API took to answer.",
    ("operation",),
)
LOGIN_FAILURES = Definition(
    "ia_solaris_login_failures_total",
    "counter",
    "Logins to the admin API refused, by reason.",
    ("reason",),
)
UNMAPPED_GROUPS = Definition(
    "ia_solaris_unmapped_groups_total",
    "counter",
    "Values of group headers that stood for no group, once each and process, by header.",
    ("header",),
)
PUBLISHED = (
    REQUESTS,
    REFUSALS,
    DURATION,
    FIRST_BYTE,
    RECORDED,
    BOOKING_LAG,
    TOKENS,
    TOKENS_CHARGED,
    COST,
    ALERTS,
    ALERT_MAILS,
    ADMIN_REQUESTS,
    ADMIN_DURATION,
    LOGIN_FAILURES,
    UNMAPPED_GROUPS,
)

# Measured when they are asked for. The first three names are older than this system. Two end in
# `_total` and go up and down: as gauges `promtool check metrics` complains of them, and Prometheus
# reads an untyped one alike.
USERS = Definition("ia_solaris_users_total", "untyped", "Users, by status.", ("status",))
TOKENS_USED = Definition(
    "ia_solaris_tokens_used_total",
    "untyped",
    "Tokens used in the open period, summed over all users; starts at zero every month.",
)
TOKENS_AVERAGE = Definition(
    "ia_solaris_tokens_average_per_user",
    "gauge",
    "Tokens that active users used in the open period, per active user.",
)
RESERVATIONS_OPEN = Definition(
    "ia_solaris_reservations_open", "gauge", "Reservations that are not resolved yet."
)
USERS_AGE = Definition(
    "ia_solaris_users_age_seconds",
    "gauge",
    "Age of the figures on users, tokens and reservations, which are summed in the background.",
)
QUEUE_DEPTH = Definition(
    "ia_solaris_queue_depth", "gauge", "Messages waiting, approximately, by queue.", ("queue",)
)
QUEUE_STALLED = Definition(
    "ia_solaris_queue_stalled_seconds",
    "gauge",
    "How long messages wait without any being taken, by queue.",
    ("queue",),
)
UP = Definition("ia_solaris_up", "gauge", "1 if the component answers, else 0.", ("component",))
BOOKS_DIFFERENCES = Definition(
    "ia_solaris_books_differences",
    "gauge",
    "Differences between the books and their records, found by the last reconciliation.",
)
BOOKS_RECONCILED = Definition(
    "ia_solaris_books_reconciled_timestamp_seconds",
    "gauge",
    "When the books were last held against their records, as a Unix time.",
)
BACKUP = Definition(
    "ia_solaris_backup_timestamp_seconds",
    "gauge",
    "The point in time of the last good backup, as a Unix time; missing before the first.",
)
UNWELL = Definition(
    "ia_solaris_unwell",
    "gauge",
    "Why a component is not healthy: 1 degraded, 2 unhealthy; 0 and the reason none when it is.",
    ("component", "reason"),
)
MEASURED = (
    USERS,
    TOKENS_USED,
    TOKENS_AVERAGE,
    RESERVATIONS_OPEN,
    USERS_AGE,
    QUEUE_DEPTH,
    QUEUE_STALLED,
    UP,
    BOOKS_DIFFERENCES,
    BOOKS_RECONCILED,
    BACKUP,
    UNWELL,
)

_SEPARATOR = "\x1f"


class Lines(Protocol):
    """Who else is told of all that is counted, and writes it when asked (aws/metric_lines.py)."""

    def add(self, metric: Definition, labels: tuple[str, ...], amount: float) -> None:
        """Add to a counter."""

    def observe(self, metric: Definition, value: float) -> None:
        """Note one value."""

    def flush(self) -> None:
        """Write what was told since the last time."""


class Metrics:
    """What this process has counted; safe to use from several threads."""

    def __init__(self, lines: Lines | None = None) -> None:
        self._lines = lines
        self._lock = Lock()
        self._total: dict[str, float] = defaultdict(float)
        self._unpublished: dict[str, float] = defaultdict(float)
        self._owed: dict[str, float] = defaultdict(float)
        self._models: set[str] = set()

    def count(self, metric: Definition, *labels: str, amount: float = 1) -> None:
        """Add to a counter.

        A counter never falls: an amount below zero (a correction) is set off against later ones.
        """
        field = _field(metric.name, labels)
        with self._lock:
            due = amount - self._owed.pop(field, 0)
            if due < 0:
                self._owed[field] = -due
            elif due > 0:
                self._add(field, due)
        if due > 0 and self._lines is not None:
            self._lines.add(metric, labels, due)

    def model_label(self, model: str, *, answered: bool) -> str:
        """The label for a model: its name, or `other` when too many are known already.

        `answered` says that the upstream has answered for it, so that it does exist.
        """
        name = _clean(model)
        most = MAX_MODELS if answered else MAX_UNANSWERED_MODELS
        with self._lock:
            if name not in self._models:
                if len(self._models) >= most:
                    return OTHER_MODELS
                self._models.add(name)
        return name

    def observe(self, metric: Definition, seconds: float, *labels: str) -> None:
        """Put one duration into a histogram."""
        index = bisect_left(SECONDS_BUCKETS, seconds)
        bound = str(SECONDS_BUCKETS[index]) if index < len(SECONDS_BUCKETS) else "+Inf"
        with self._lock:
            self._add(_field(f"{metric.name}_bucket", (*labels, bound)), 1)
            self._add(_field(f"{metric.name}_sum", labels), seconds)
        if self._lines is not None:
            self._lines.observe(metric, seconds)

    def note(self, metric: Definition, value: float) -> None:
        """Write a figure that was measured just now where lines are written, and only there."""
        if self._lines is not None:
            self._lines.observe(metric, value)
            self._lines.flush()

    def write_line(self) -> None:
        """Write what was counted since the last line, where lines are written."""
        if self._lines is not None:
            self._lines.flush()

    def take_unpublished(self) -> dict[str, float]:
        """Hand over what was added since the last call."""
        with self._lock:
            taken, self._unpublished = self._unpublished, defaultdict(float)
        return dict(taken)

    def put_back(self, amounts: Mapping[str, float]) -> None:
        """Keep amounts that could not be published for the next time."""
        with self._lock:
            for field, amount in amounts.items():
                self._unpublished[field] += amount

    def snapshot(self) -> dict[str, float]:
        """Everything counted by this process."""
        with self._lock:
            return dict(self._total)

    def _add(self, field: str, amount: float) -> None:
        self._total[field] += amount
        self._unpublished[field] += amount


def overflow_fields(fields: Iterable[str]) -> dict[str, str]:
    """Where to count instead when the store of the sums is full: the same, of other models."""
    at = {one.name: one.labels.index("model") + 1 for one in PUBLISHED if "model" in one.labels}
    instead = {}
    for field in fields:
        parts = field.split(_SEPARATOR)
        if parts[0] in at:
            parts[at[parts[0]]] = OTHER_MODELS
        instead[field] = _SEPARATOR.join(parts)
    return instead


def render(
    figures: Mapping[str, float],
    gauges: Iterable[tuple[Definition, tuple[str, ...], float]] = (),
) -> str:
    """Write the sums, and gauges measured just now, in Prometheus' text format 0.0.4."""
    lines: list[str] = []
    seen: set[str] = set()
    for metric, labels, value in gauges:
        if metric.name not in seen:
            seen.add(metric.name)
            lines += _header(metric)
        lines.append(_sample(metric.name, metric.labels, labels, value))
    for metric in PUBLISHED:
        lines += _header(metric)
        lines += (
            _histogram(metric, figures)
            if metric.kind == "histogram"
            else [
                _sample(metric.name, metric.labels, labels, value)
                for labels, value in _fields_of(metric.name, len(metric.labels), figures)
            ]
        )
    return "\n".join(lines) + "\n"


def _histogram(metric: Definition, figures: Mapping[str, float]) -> list[str]:
    counted: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for labels, value in _fields_of(f"{metric.name}_bucket", len(metric.labels) + 1, figures):
        counted[labels[:-1]][labels[-1]] = value
    sums = dict(_fields_of(f"{metric.name}_sum", len(metric.labels), figures))
    lines = []
    for labels, by_bound in sorted(counted.items()):
        running = 0.0
        for bound in (*(str(bound) for bound in SECONDS_BUCKETS), "+Inf"):
            running += by_bound.get(bound, 0)
            names = (*metric.labels, "le")
            lines.append(_sample(f"{metric.name}_bucket", names, (*labels, bound), running))
        lines.append(_sample(f"{metric.name}_sum", metric.labels, labels, sums.get(labels, 0)))
        lines.append(_sample(f"{metric.name}_count", metric.labels, labels, running))
    return lines


def _field(name: str, labels: tuple[str, ...]) -> str:
    return _SEPARATOR.join((name, *(_clean(label) for label in labels)))


def _clean(label: str) -> str:
    return label.replace(_SEPARATOR, " ")[:MAX_LABEL_CHARACTERS]


def _fields_of(
    name: str, labels: int, figures: Mapping[str, float]
) -> list[tuple[tuple[str, ...], float]]:
    """Return a metric's fields; one with other labels is left over from another version."""
    found = []
    for field, value in figures.items():
        parts = field.split(_SEPARATOR)
        if parts[0] == name and len(parts) == labels + 1:
            found.append((tuple(parts[1:]), value))
    return sorted(found)


def _header(metric: Definition) -> list[str]:
    return [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]


def _sample(name: str, names: tuple[str, ...], values: tuple[str, ...], value: float) -> str:
    pairs = ",".join(f'{key}="{_escaped(label)}"' for key, label in zip(names, values, strict=True))
    number = repr(round(value, 9)).removesuffix(".0")
    return f"{name}{{{pairs}}} {number}" if pairs else f"{name} {number}"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


PUBLISH_SECONDS = 1.0


async def publish_metrics(metrics: Metrics, cache: AsyncCache) -> None:
    """Publish once; what Redis does not take is kept for the next time."""
    metrics.write_line()
    amounts = metrics.take_unpublished()
    if amounts and not await cache.add_all(
        METRICS_KEY, amounts, most=MAX_FIELDS, instead=overflow_fields(amounts)
    ):
        metrics.put_back(amounts)


def publish_now(metrics: Metrics, cache: Cache) -> None:
    """Publish once, from a function that may be frozen when it has answered."""
    metrics.write_line()
    amounts = metrics.take_unpublished()
    if amounts and not cache.add_all(
        METRICS_KEY, amounts, most=MAX_FIELDS, instead=overflow_fields(amounts)
    ):
        metrics.put_back(amounts)


async def publish_forever(metrics: Metrics, cache: AsyncCache) -> None:
    """Publish every second until cancelled."""
    while True:
        await asyncio.sleep(PUBLISH_SECONDS)
        await publish_metrics(metrics, cache)
