"""What is counted of usage: under which model, day and hour, line by line, summed; and money. Pure.

Records, counters, reports, the books and a backup count alike because they ask here.

1 USD = 1,000,000 micro-dollars = 1,000,000,000 nano-dollars. An answer of three tokens may cost
0.45 micro-dollars: the whole part alone would lose it. So records and counters keep two figures,
`cost_micros` and `cost_nanos`, each summed for itself (the second then passes 999), and what
something cost is `cost_micros` x 1000 + `cost_nanos`. Rows from before there were nano-dollars
have only the first, which is right: the second is 0.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta, tzinfo
from operator import add, attrgetter
from typing import NamedTuple, Self, TypeVar

from solaris.platform.model_weight import ModelWeight
from solaris.quota.periods import day_of, hour_of
from solaris.quota.usage import Outcome

MAX_REPORT_DAYS = 400


MAX_FILTER_VALUES = 50


# Requests that no model answered are counted together, so that made-up names make no counters.
NO_MODEL = "-"
NO_GROUP = "-"
"""In place of a group's id: requests of who was in none."""

NO_KEY = "-"
"""In place of a key's id: requests without one (of versions before)."""


_Key = TypeVar("_Key")
_STATUS = re.compile(r"[1-5](\d\d|xx)|0", re.ASCII)
_FIRST_ERROR = 400
_FIRST_FAULT, _TOO_MANY = 500, 429

NANOS_IN_MICRO = 1_000
NANOS_IN_DOLLAR = 1_000_000_000


def total_nanos(micros: int, nanos: int) -> int:
    """The two figures as one, in nano-dollars."""
    return micros * NANOS_IN_MICRO + nanos


def rounded_micros(nanos: int) -> int:
    """Nano-dollars as micro-dollars, rounded half up."""
    return (nanos + NANOS_IN_MICRO // 2) // NANOS_IN_MICRO


def usd(nanos: int) -> float:
    """Nano-dollars as dollars, to nine decimals."""
    return round(nanos / NANOS_IN_DOLLAR, 9)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of records: just behind this one."""

    day: str
    record_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilters:
    """Which requests a report covers; an empty tuple asks for all.

    `first_day` and `last_day` are inclusive. `statuses` are HTTP statuses (`404`; `0` is a
    request that a crash left) or classes (`4xx`); `endpoints` are whole paths. Groups and keys are
    named by id, or `-` for none; a group is that of the request. At most 50 values each. Raises
    ValueError when a value is none of that.
    """

    first_day: date
    last_day: date
    user_ids: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    key_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= (self.last_day - self.first_day).days < MAX_REPORT_DAYS:
            msg = f"a report covers 1 to {MAX_REPORT_DAYS} days"
            raise ValueError(msg)
        of_ids = (self.user_ids, self.group_ids, self.key_ids)
        for values in (*of_ids, self.models, self.statuses, self.endpoints):
            if len(values) > MAX_FILTER_VALUES:
                msg = f"a filter takes at most {MAX_FILTER_VALUES} values"
                raise ValueError(msg)
        for status in self.statuses:
            if not valid_status(status):
                msg = f"a status is 404, 4xx or 0, got {status!r}"
                raise ValueError(msg)

    @property
    def days(self) -> list[str]:
        """Every day of the range in order."""
        count = (self.last_day - self.first_day).days + 1
        return [(self.first_day + timedelta(days=n)).isoformat() for n in range(count)]

    @property
    def needs_records(self) -> bool:
        """Whether the counters cannot answer.

        They know neither statuses, endpoints nor keys, and of nobody in which group it was.
        """
        both = self.user_ids and self.group_ids
        return bool(self.statuses or self.endpoints or self.key_ids or both)

    @property
    def status_ranges(self) -> tuple[tuple[int, int], ...]:
        """The statuses as inclusive ranges: `4xx` is 400 to 499."""
        return tuple(
            (int(one[0]) * 100, int(one[0]) * 100 + 99)
            if one.endswith("xx")
            else (int(one), int(one))
            for one in self.statuses
        )

    def matches(self, line: "UsageLine") -> bool:
        """Whether a line passes the filters (its day is not looked at)."""
        return (
            (not self.user_ids or line.user_id in self.user_ids)
            and (not self.models or line.model in self.models)
            and (not self.endpoints or line.endpoint in self.endpoints)
            and (not self.group_ids or (line.group_id or NO_GROUP) in self.group_ids)
            and (not self.key_ids or (line.key_id or NO_KEY) in self.key_ids)
            and (
                not self.statuses
                or any(low <= line.status_code <= high for low, high in self.status_ranges)
            )
        )


def valid_status(text: str) -> bool:
    """Whether this names an HTTP status, a class of them, or 0."""
    return _STATUS.fullmatch(text) is not None


def is_error(status_code: int) -> bool:
    """Whether an HTTP status is an error; 0, a request that a crash left, is none."""
    return status_code >= _FIRST_ERROR


def is_upstream_failure(status_code: int) -> bool:
    """Whether the upstream has failed a request: 5xx, and 429, by which it refuses to serve us."""
    return status_code >= _FIRST_FAULT or status_code == _TOO_MANY


def counted_model(model: str, outcome: str) -> str:
    """The model under which a request is counted: NO_MODEL for one that no model answered."""
    return NO_MODEL if outcome == Outcome.RELEASED else model


def booked_day(began_at: datetime, period: str, zone: tzinfo, day: str | None = None) -> str:
    """The local day that a request is booked to: its own, but never before its period began.

    A request received just before midnight may be reserved after another has opened the month, or
    the day whose cap it counts for (`day`).
    """
    return max(day_of(began_at, zone), f"{period}-01", day or "")


def booked_hour(began_at: datetime, day: str, zone: tzinfo) -> int:
    """The local hour of the booked day; the first, where that is not the request's own."""
    return 0 if day_of(began_at, zone) < day else hour_of(began_at, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """One request as the ledger has it. Tokens, milliseconds; `day` is booked.

    What it cost is `cost`, in nano-dollars; it is unknown when the request is `unpriced`: no
    price is known of its model.
    """

    record_key: str
    request_id: str
    user_id: str
    day: str
    created_at: datetime
    model: str
    endpoint: str
    method: str
    status_code: int
    outcome: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    total_tokens: int
    charged_tokens: int
    cost_micros: int
    estimated: bool
    response_time_ms: int | None = None
    first_byte_ms: int | None = None
    error_message: str | None = None
    key_id: str | None = None
    conversation_id: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None
    cost_nanos: int = 0
    unpriced: bool = False
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    asked_model: str | None = None
    answered_model: str | None = None
    over_limit: bool = False
    weight: ModelWeight | None = None
    held_weight: ModelWeight | None = None
    group_id: str | None = None

    @property
    def cost(self) -> int | None:
        """Nano-dollars; None when no price is known."""
        return None if self.unpriced else total_nanos(self.cost_micros, self.cost_nanos)

    @property
    def shown_micros(self) -> int | None:
        """The cost in micro-dollars, rounded half up; None when no price is known."""
        return None if self.cost is None else rounded_micros(self.cost)

    @property
    def position(self) -> Position:
        """Where this line stands; an iteration that starts from it gives the next one."""
        return Position(self.day, self.record_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What requests used together, named as the counters' attributes are. Tokens.

    The cost is `cost_micros` and `cost_nanos` together: `cost` and `shown_micros` say it. It
    leaves out the `unpriced_requests`, of which no price is known. `over_limit_requests` would have
    been refused, were their users not warned only. `local_cost` is the cost's exact
    conversion (platform/exchange.py), for showing: no counter holds it, and in dollars it is 0.
    """

    requests: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    charged_tokens: int = 0
    cost_micros: int = 0
    cost_nanos: int = 0
    unpriced_requests: int = 0
    over_limit_requests: int = 0
    local_cost: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            requests=self.requests + other.requests,
            errors=self.errors + other.errors,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            charged_tokens=self.charged_tokens + other.charged_tokens,
            cost_micros=self.cost_micros + other.cost_micros,
            cost_nanos=self.cost_nanos + other.cost_nanos,
            unpriced_requests=self.unpriced_requests + other.unpriced_requests,
            over_limit_requests=self.over_limit_requests + other.over_limit_requests,
            local_cost=self.local_cost + other.local_cost,
        )

    def __sub__(self, other: "Figures") -> "Figures":
        rows = zip(SUMMED_NAMES, _values(self), _values(other), strict=True)
        return Figures(**{name: mine - theirs for name, mine, theirs in rows})

    def at(self, rate: int) -> Self:
        """The same, of one day, with the cost converted at that day's rate (millionths)."""
        return replace(self, local_cost=self.total_cost * rate) if rate else self

    @property
    def total_cost(self) -> int:
        """Nano-dollars of the requests whose price is known."""
        return total_nanos(self.cost_micros, self.cost_nanos)

    @property
    def cost(self) -> int | None:
        """Nano-dollars; None when some requests have no price and the others cost nothing."""
        return None if self.unpriced_requests and not self.total_cost else self.total_cost

    @property
    def shown_micros(self) -> int | None:
        """The cost in micro-dollars, rounded half up; None as in `cost`."""
        return None if self.cost is None else rounded_micros(self.cost)

    @classmethod
    def of(cls, line: UsageLine) -> Self:
        """The figures of one request, counted as the daily counters count it."""
        return cls(
            requests=1,
            errors=int(is_error(line.status_code)),
            prompt_tokens=line.prompt_tokens,
            completion_tokens=line.completion_tokens,
            cached_tokens=line.cached_tokens,
            charged_tokens=line.charged_tokens,
            cost_micros=line.cost_micros,
            cost_nanos=line.cost_nanos,
            unpriced_requests=int(line.unpriced),
            over_limit_requests=int(line.over_limit),
        )


SUMMED_NAMES = tuple(one.name for one in fields(Figures))
_ZEROS = (0,) * len(SUMMED_NAMES)
_values = attrgetter(*SUMMED_NAMES)


FIGURE_NAMES = tuple(name for name in SUMMED_NAMES if name != "local_cost")
"""What the counters hold."""


LATER_FIGURES = frozenset({"cost_nanos", "unpriced_requests", "over_limit_requests"})
"""Not in counters of the versions before, and not in those where they are 0."""


class ModelSum(NamedTuple):
    """What was used of one model."""

    model: str
    figures: Figures


def summed_by(parts: Iterable[tuple[_Key, Figures]]) -> dict[_Key, Figures]:
    """Figures added up by key; memory grows with the keys, not with the parts."""
    sums: dict[_Key, tuple[int, ...]] = {}
    for key, figures in parts:
        sums[key] = tuple(map(add, sums.get(key, _ZEROS), _values(figures)))
    return {key: Figures(**dict(zip(SUMMED_NAMES, row, strict=True))) for key, row in sums.items()}


def summed_by_model(parts: Iterable[tuple[str, Figures]]) -> list[ModelSum]:
    """Figures added up by model, the greatest user of tokens first, equal ones by name."""
    sums = (ModelSum(*one) for one in summed_by(parts).items())
    return sorted(sums, key=lambda one: (-one.figures.charged_tokens, one.model))


def charged_tokens(sums: Iterable[tuple[_Key, Figures]]) -> dict[_Key, int]:
    """The tokens charged of each sum, in their order; no zeros."""
    return {key: figures.charged_tokens for key, figures in sums if figures.charged_tokens}


def total_of(figures: Iterable[Figures]) -> Figures:
    """The sum of figures; nothing sums up to zeros."""
    total = Figures()
    for one in figures:
        total += one
    return total
