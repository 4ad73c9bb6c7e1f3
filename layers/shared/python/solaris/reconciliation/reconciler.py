"""Holding the books against their records, and putting right what does not agree.

    users, page by page ─► each: item, closed months, counters against the records
    days                ─► the system's counters against the users', the groups' against the records

The system goes on serving meanwhile. A figure that moves while it is read is read again; what is
reported has been read twice alike, with the user's item unchanged in between.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo

from solaris.ledger.booking import groups_owner, system_owner
from solaris.ledger.counters import GroupCounters, GroupDay, SystemCounters
from solaris.ledger.figures import FIGURE_NAMES, Figures
from solaris.ledger.recorder import Recorder
from solaris.ledger.records import RECORD_DAYS
from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import SYSTEM_ID, Origin, Transaction, correction
from solaris.ledger.usage_by_day import UsageDays
from solaris.platform.aws.items import Action
from solaris.platform.errors import ConflictError, NotFoundError
from solaris.platform.logs import get_logger
from solaris.quota.daily_limit import DayCap
from solaris.quota.store import UserStore
from solaris.quota.user import User
from solaris.reconciliation.books import (
    GRANTED,
    OF_DAY,
    USAGE,
    DayModel,
    Difference,
    Fault,
    UserBooks,
    counter_differences,
    differences,
)
from solaris.reconciliation.store import BookStore

MAX_READS = 6
READERS = 4
MAX_RECORD_KEYS = 20
# The sweep comes by every 15 minutes, and a queue may hold the event for a while.
OVERDUE_AFTER = timedelta(hours=1)
# Records go by TTL some time after their 400 days, never before; a margin for clocks and zones.
KEPT_DAYS = RECORD_DAYS - 5
ACTOR = "reconcile"
"""Whose rows tell of the system's counters."""

_log = get_logger("solaris.reconciling")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference, the records behind it (20 at most), and whether it was mended."""

    difference: Difference
    record_keys: tuple[str, ...] = ()
    is_mended: bool = False


@dataclass(slots=True)
class Reconciliation:
    """What one run found. `in_motion` are users or days that never stood still long enough."""

    users: int = 0
    records: int = 0
    days: int = 0
    in_motion: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def open_findings(self) -> int:
        """Differences that stand."""
        return sum(not one.is_mended for one in self.findings)

    def clear(self) -> None:
        """Begin anew: what was found so far has been kept elsewhere."""
        self.users = self.records = self.days = 0
        self.in_motion.clear()
        self.findings.clear()


class Reconciler:
    """Checks and mends. `clock` gives the time in UTC, `zone` is the periods'.

    Where there never was a group (`has_groups`), no records are read for them.
    """

    def __init__(
        self,
        *,
        store: BookStore,
        users: UserStore,
        system: SystemCounters,
        groups: GroupCounters,
        has_groups: Callable[[], bool],
        days: UsageDays,
        recorder: Recorder,
        transactions_table: str,
        tell: Callable[[Sequence[User]], list[Action]],
        zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._users = users
        self._system = system
        self._groups = groups
        self._has_groups = has_groups
        self._days = days
        self._recorder = recorder
        self._transactions = transactions_table
        self._tell = tell
        self._zone = zone
        self._clock = clock

    @property
    def first_day(self) -> date:
        """The first day whose records are all still kept."""
        return self._today - timedelta(days=KEPT_DAYS)

    @property
    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()

    # -- users -------------------------------------------------------------

    def all_users(
        self, report: Reconciliation, *, repair: bool = False, cursor: str | None = None
    ) -> Iterator[str | None]:
        """Check every user from a cursor on; after each page of 200, its cursor is given back.

        None behind the last page. Raises StoreUnavailableError or AwsCallError; what was found so
        far is in the report.
        """
        with ThreadPoolExecutor(READERS) as pool:
            while True:
                user_ids, cursor = self._store.page(cursor)
                for part in pool.map(lambda one: self.user(one, repair=repair), user_ids):
                    _merge(report, part)
                yield cursor
                if cursor is None:
                    return

    def user(self, user_id: str, *, repair: bool = False) -> Reconciliation:
        """Check one user; `repair` mends what differs. Raises NotFoundError, and as `all_users`."""
        books, found = self._settled(user_id)
        report = Reconciliation(users=1, records=books.sums.records)
        if found is None:
            report.in_motion.append(user_id)
            return report
        for place, group in _by_place(found):
            keys = self._store.records_of(user_id, place, MAX_RECORD_KEYS)
            is_mended = repair and self._mend(books, group)
            report.findings += [
                Finding(difference=one, record_keys=tuple(keys), is_mended=is_mended)
                for one in group
            ]
        return report

    def _settled(self, user_id: str) -> tuple[UserBooks, list[Difference] | None]:
        """The books and what differs in them; None instead when they never stood still."""
        last: tuple[int, list[Difference]] | None = None
        for _ in range(MAX_READS):
            read = self._store.read(user_id, self.first_day)
            if read is None:
                raise NotFoundError(user_id)
            books, version_after = read
            found = differences(books, self._clock() - OVERDUE_AFTER)
            if not found:
                return books, []
            if (books.user.version, found) == last and version_after == books.user.version:
                return books, found
            last = books.user.version, found
        return books, None

    # -- the system --------------------------------------------------------

    def system_days(
        self, report: Reconciliation, first: date, last: date, *, repair: bool = False
    ) -> Iterator[date]:
        """Hold the counters of system and groups of each day against others; gives each day back.

        Repair users first: the users' counters are what is believed here.
        """
        day, has_groups = max(first, self.first_day), self._has_groups()
        while day <= last:
            self._whole_day(report, day, self._differing_day, repair=repair)
            if has_groups:
                self._whole_day(report, day, self._differing_groups, repair=repair)
            report.days += 1
            yield day
            day += timedelta(days=1)

    def _whole_day(
        self,
        report: Reconciliation,
        day: date,
        differing: Callable[[date], list[Difference]],
        *,
        repair: bool,
    ) -> None:
        last: list[Difference] | None = None
        for _ in range(MAX_READS):
            found = differing(day)
            if not found:
                return
            if found == last:
                break
            last = found
        else:
            if day.isoformat() not in report.in_motion:
                report.in_motion.append(day.isoformat())
            return
        for place, group in _by_place(found):
            is_mended = repair and self._mend_shard(place, group)
            report.findings += [Finding(difference=one, is_mended=is_mended) for one in group]

    def _differing_day(self, day: date) -> list[Difference]:
        name = day.isoformat()
        stated = {
            (name, model): one.figures
            for model, one in self._system.days(day, day).get(name, {}).items()
        }
        summed: dict[DayModel, Figures] = {}
        for _, _, model, figures in self._days.user_figures([name]):
            summed[name, model] = summed.get((name, model), Figures()) + figures
        return counter_differences(
            summed, stated, first_day=self.first_day, fault=Fault.SYSTEM_COUNTER, user_id=None
        )

    def _differing_groups(self, day: date) -> list[Difference]:
        # the counters first: a booking in between is found as a difference, and looked at again
        stated = _by_group(self._groups.days(day, day))
        expected = _by_group(self._store.of_groups(day))
        return [
            replace(one, place="#".join(GroupDay(place_day, group_id, model)))
            for group_id in sorted(stated.keys() | expected.keys())
            for one in counter_differences(
                expected.get(group_id, {}),
                stated.get(group_id, {}),
                first_day=self.first_day,
                fault=Fault.GROUP_COUNTER,
                user_id=None,
            )
            for place_day, _, model in [one.place.partition("#")]
        ]

    # -- mending -----------------------------------------------------------

    def _mend(self, books: UserBooks, group: list[Difference]) -> bool:
        first = group[0]
        match first.fault:
            case Fault.OVERDUE:
                held = books.user.reservations[first.place]
                self._recorder.expire(books.user.user_id, [held])
                done = True
            case Fault.CHARGE:
                done = False  # records are the truth: a person looks at it
            case Fault.COUNTER:
                done = self._mend_counter(books, first.place)
            case Fault.CLOSED_MONTH:
                row = self._row(books.user.user_id, first.place, group)
                done = self._store.mend_month(
                    row, first.place, found=first.found, expected=first.expected
                )
            case _:
                done = self._mend_item(books, group)
        tell = _log.info if done else _log.warning
        tell(
            "books_mended" if done else "books_not_mended",
            user_id=books.user.user_id,
            fault=first.fault.value,
            place=first.place,
        )
        return done

    def _mend_counter(self, books: UserBooks, place: str) -> bool:
        day, _, model = place.partition("#")
        found = books.counters.get((day, model), Figures())
        expected = books.sums.figures((day, model))
        names = [n for n in FIGURE_NAMES if getattr(found, n) != getattr(expected, n)]
        row = correction(
            books.user.user_id,
            day[:7],
            self._origin(Fault.COUNTER),
            place,
            found={name: getattr(found, name) for name in names},
            expected={name: getattr(expected, name) for name in names},
            amount=expected.charged_tokens - found.charged_tokens,
        )
        return self._store.mend_counter(row, (day, model), found=found, expected=expected)

    def _mend_item(self, books: UserBooks, group: list[Difference]) -> bool:
        """Usage, grants and what is available are one item: all are put right in one write.

        What is granted every month takes up what grants lack; it cannot go below nothing.
        """
        before = books.user
        expected = {one.figure: one.expected for one in group}
        changed = replace(
            before,
            current_usage=expected.get(USAGE, before.current_usage),
            additional_tokens=expected.get(GRANTED, before.additional_tokens),
            day_cap=_with_left(before.day_cap, expected.get(OF_DAY)),
            updated_at=self._clock(),
            version=before.version + 1,
        )
        if changed.every_month_tokens < 0:
            return False
        after = replace(changed, available_tokens=changed.quota.available_tokens)

        def rule(user: User) -> User:
            if user.version != before.version:
                raise _MovedOnError
            return after

        row = self._row(before.user_id, before.period, group, after)
        rows = [put_transaction(self._transactions, row), *self._tell([after])]
        try:
            self._users.change(before.user_id, rule, lambda *_: rows)
        except (_MovedOnError, ConflictError):
            return False
        return True

    def _mend_shard(self, place: str, group: list[Difference]) -> bool:
        owner = groups_owner if group[0].fault is Fault.GROUP_COUNTER else system_owner
        missing = {one.figure: one.expected - one.found for one in group}
        row = self._row(SYSTEM_ID, place[: len("2026-11")], group)
        return self._store.mend_shard(row, owner, place, missing=missing)

    def _row(
        self, user_id: str, period: str, group: list[Difference], after: User | None = None
    ) -> Transaction:
        tokens = {USAGE, GRANTED, "charged_tokens"}
        return correction(
            user_id,
            period,
            self._origin(group[0].fault),
            group[0].place,
            found={one.figure: one.found for one in group},
            expected={one.figure: one.expected for one in group},
            amount=sum(one.expected - one.found for one in group if one.figure in tokens),
            after=after,
        )

    def _origin(self, fault: Fault) -> Origin:
        return Origin(
            transaction_id=str(uuid.uuid4()),
            actor=ACTOR,
            reason=f"{fault.value} put right by its records",
            now=self._clock(),
        )


_OF_ITEM = (Fault.AVAILABLE, Fault.GRANTS, Fault.DAY)


def _with_left(cap: DayCap | None, tokens: int | None) -> DayCap | None:
    return cap if cap is None or tokens is None else replace(cap, available_tokens=tokens)


class _MovedOnError(Exception):
    """The item was written between the check and the mend."""


def _by_place(found: Iterable[Difference]) -> list[tuple[str, list[Difference]]]:
    """Differences that one write mends, together: those of the item, of a counter, of a month."""
    groups: dict[tuple[str, str], list[Difference]] = {}
    for one in found:
        fault = Fault.OPEN_MONTH if one.fault in _OF_ITEM else one.fault
        groups.setdefault((fault, one.place), []).append(one)
    return [(place, group) for (_, place), group in groups.items()]


def _by_group(found: Mapping[GroupDay, Figures]) -> dict[str, dict[DayModel, Figures]]:
    groups: dict[str, dict[DayModel, Figures]] = {}
    for (day, group_id, model), figures in found.items():
        groups.setdefault(group_id, {})[day, model] = figures
    return groups


def _merge(report: Reconciliation, part: Reconciliation) -> None:
    report.users += part.users
    report.records += part.records
    report.in_motion += part.in_motion
    report.findings += part.findings
