"""Whether the books of one user agree. Pure.

The usage records are the truth; everything else is a sum that is kept beside them:

    available_tokens   = the quota that the same item describes
    day_available      = the day's limit - what the day's records charge - what is held of it
    current_usage      = what the period's records charge + its usage resets (negative)
                         + its merges (usage from, or to, another account of the person)
    a closed month     = the same for its period
    additional_tokens  = what its transactions granted - what of it ended with the months
    a day's counter    = the figures of that day's records of that model, and of that group
    a record's charge  = its tokens by the weight that it states (without one: once, cached ones
                         perhaps less, as CACHED_TOKEN_WEIGHT was)

Records live for 13 months (TTL), sums stay: older days and months are not looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from solaris.ledger.figures import FIGURE_NAMES, Figures, counted_model
from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.quota.day_cap import counted
from solaris.quota.reservation import expired
from solaris.quota.user import User

DayModel = tuple[str, str]
"""A day (`2026-11-22`) and a model as the counters name it."""

MOST_WRONG = 20
"""So many records of a user that charge something wrong are told."""

USAGE = "current_usage"
GRANTED = "additional_tokens"
OF_DAY = "day_available"


class Fault(StrEnum):
    """What does not agree with the records."""

    AVAILABLE = "available_tokens"
    DAY = "day_available"
    """What is left of the day, for whoever has a daily limit."""

    OPEN_MONTH = "open_month"
    CLOSED_MONTH = "closed_month"
    GRANTS = "additional_tokens"
    """What is granted is not what the rows of grants and the closed months say."""

    COUNTER = "user_counter"
    SYSTEM_COUNTER = "system_counter"
    """A day's system counters, held against the sum of the users' counters."""

    GROUP_COUNTER = "group_counter"
    """A day's counters of a group, held against the records that say that group."""

    CHARGE = "record_charge"
    """A record charges something else than its own tokens by its own weight. Never mended."""

    OVERDUE = "overdue_reservation"
    """A reservation still held long after its expiry; `found` are its tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure that is not what it should be. `user_id`: None for those of system and groups.

    `place` is a period, `<day>#<model>`, `<day>#<group id>#<model>` or a request id; `figure` names
    the attribute.
    """

    fault: Fault
    user_id: str | None
    place: str
    figure: str
    expected: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLine:
    """What the books need of one usage record. `day` is the booked day."""

    record_key: str
    period: str
    day: str
    model: str
    outcome: str
    figures: Figures
    weight: ModelWeight | None = None

    @property
    def charge_expected(self) -> int | None:
        """What its tokens charge by its weight; None where it charges that."""
        figures = self.figures
        counts = figures.prompt_tokens, figures.completion_tokens, figures.cached_tokens
        if self.weight is not None:
            expected = self.weight.charge(*counts)
            return None if expected == figures.charged_tokens else expected
        total = PLAIN.charge(*counts)
        least = total - min(figures.cached_tokens, figures.prompt_tokens)
        return None if least <= figures.charged_tokens <= total else total

    @property
    def day_model(self) -> DayModel:
        """The counter that the record is part of."""
        return self.day, counted_model(self.model, self.outcome)


@dataclass(slots=True)
class RecordSums:
    """Sums of one user's records; memory grows with days and models, not with records."""

    by_period: dict[str, int] = field(default_factory=dict)
    by_day: dict[DayModel, list[int]] = field(default_factory=dict)
    records: int = 0
    wrong: list[tuple[str, int, int]] = field(default_factory=list)
    """Records that charge something else than their tokens: key, what they should, what they do."""

    def add(self, line: BookedLine) -> None:
        """Take one record in."""
        self.records += 1
        expected = line.charge_expected
        if expected is not None and len(self.wrong) < MOST_WRONG:
            self.wrong.append((line.record_key, expected, line.figures.charged_tokens))
        charged = line.figures.charged_tokens
        self.by_period[line.period] = self.by_period.get(line.period, 0) + charged
        sums = self.by_day.setdefault(line.day_model, [0] * len(FIGURE_NAMES))
        for n, name in enumerate(FIGURE_NAMES):
            sums[n] += getattr(line.figures, name)

    def charged_on(self, day: str) -> int:
        """The tokens charged on a day."""
        n = FIGURE_NAMES.index("charged_tokens")
        return sum(sums[n] for (of_day, _), sums in self.by_day.items() if of_day == day)

    def figures(self, day_model: DayModel) -> Figures:
        """The sum of a day and model; zeros without records."""
        sums = self.by_day.get(day_model)
        return Figures(**dict(zip(FIGURE_NAMES, sums, strict=True))) if sums else Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserBooks:
    """Everything kept about one user, read at one moment.

    `closed` is the usage of each closed month, `forgiven` the amounts of usage resets
    (negative) and merges by period, `first_day` the first day whose records are all still kept.
    `granted` is what rows of grants add up to, without what ended with closed months; None: there
    are no such rows.
    """

    user: User
    sums: RecordSums
    closed: Mapping[str, int]
    counters: Mapping[DayModel, Figures]
    forgiven: Mapping[str, int]
    first_day: date
    granted: int | None = None


def differences(books: UserBooks, overdue_before: datetime) -> list[Difference]:
    """Everything that does not agree, in a fixed order.

    A reservation counts as overdue when it had expired before `overdue_before`.
    """
    return [
        *_of_item(books, overdue_before),
        *_of_closed_months(books),
        *_of_records(books),
        *counter_differences(
            {key: books.sums.figures(key) for key in books.sums.by_day},
            books.counters,
            first_day=books.first_day,
            fault=Fault.COUNTER,
            user_id=books.user.user_id,
        ),
    ]


def counter_differences(
    expected: Mapping[DayModel, Figures],
    found: Mapping[DayModel, Figures],
    *,
    first_day: date,
    fault: Fault,
    user_id: str | None,
) -> list[Difference]:
    """Hold counters against what they should be, figure by figure, from `first_day` on."""
    first = first_day.isoformat()
    result = []
    for day_model in sorted(expected.keys() | found.keys()):
        if day_model[0] < first:
            continue
        wanted = expected.get(day_model, Figures())
        actual = found.get(day_model, Figures())
        if wanted == actual:
            continue
        result += [
            Difference(
                fault=fault,
                user_id=user_id,
                place="#".join(day_model),
                figure=name,
                expected=getattr(wanted, name),
                found=getattr(actual, name),
            )
            for name in FIGURE_NAMES
            if getattr(wanted, name) != getattr(actual, name)
        ]
    return result


def _of_item(books: UserBooks, overdue_before: datetime) -> Iterable[Difference]:
    user = books.user
    expected = books.sums.by_period.get(user.period, 0) + books.forgiven.get(user.period, 0)
    if user.current_usage != expected and _is_kept(user.period, books.first_day):
        yield Difference(
            fault=Fault.OPEN_MONTH,
            user_id=user.user_id,
            place=user.period,
            figure=USAGE,
            expected=expected,
            found=user.current_usage,
        )
    if user.available_tokens != user.quota.available_tokens:
        yield Difference(
            fault=Fault.AVAILABLE,
            user_id=user.user_id,
            place=user.period,
            figure="available_tokens",
            expected=user.quota.available_tokens,
            found=user.available_tokens,
        )
    yield from _of_day(books)
    if books.granted is not None and user.additional_tokens != books.granted:
        yield Difference(
            fault=Fault.GRANTS,
            user_id=user.user_id,
            place=user.period,
            figure=GRANTED,
            expected=books.granted,
            found=user.additional_tokens,
        )
    for late in expired(user.reservations, overdue_before):
        yield Difference(
            fault=Fault.OVERDUE,
            user_id=user.user_id,
            place=late.request_id,
            figure="reserved_tokens",
            expected=0,
            found=late.tokens,
        )


def _of_day(books: UserBooks) -> Iterable[Difference]:
    user = books.user
    if user.day_cap is None:
        return
    expected = counted(user, books.sums.charged_on(user.day_cap.day)).day_cap
    if expected is not None and expected != user.day_cap:
        yield Difference(
            fault=Fault.DAY,
            user_id=user.user_id,
            place=user.period,
            figure=OF_DAY,
            expected=expected.available_tokens,
            found=user.day_cap.available_tokens,
        )


def _of_closed_months(books: UserBooks) -> Iterable[Difference]:
    booked = {period for period in books.sums.by_period if period < books.user.period}
    for period in sorted(booked | books.closed.keys()):
        if not _is_kept(period, books.first_day):
            continue
        expected = books.sums.by_period.get(period, 0) + books.forgiven.get(period, 0)
        found = books.closed.get(period, 0)
        if expected != found:
            yield Difference(
                fault=Fault.CLOSED_MONTH,
                user_id=books.user.user_id,
                place=period,
                figure=USAGE,
                expected=expected,
                found=found,
            )


def _of_records(books: UserBooks) -> Iterable[Difference]:
    for record_key, expected, found in books.sums.wrong:
        yield Difference(
            fault=Fault.CHARGE,
            user_id=books.user.user_id,
            place=record_key,
            figure="charged_tokens",
            expected=expected,
            found=found,
        )


def _is_kept(period: str, first_day: date) -> bool:
    """Whether every record of a period is still there."""
    return f"{period}-01" >= first_day.isoformat()
