"""A day's cap by its rules alone: any history leaves what its definition says."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from solaris.ledger.figures import booked_day
from solaris.quota.changes import (
    ChangeRefusedError,
    LimitBounds,
    lift_day,
    new_user,
    set_daily_limit,
    set_limit,
)
from solaris.quota.daily_limit import LIFTED_TOKENS, DailyLimit, DayCap
from solaris.quota.day_cap import day_within, left_tokens, turned, used_tokens
from solaris.quota.item import (
    reservation_from_item,
    reservation_to_item,
    user_from_item,
    user_to_item,
)
from solaris.quota.periods import day_of, period_of
from solaris.quota.quota import PPM
from solaris.quota.reservation import Reservation
from solaris.quota.rollover import open_period
from solaris.quota.settlement import posting_for
from solaris.quota.standing import put_right
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import Plan, User

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)
BOUNDS = LimitBounds(0, 10**12)
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)


def user_of(monthly_limit: int = 100_000) -> User:
    return new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=monthly_limit,
        period="2026-11",
        block_ppm=PPM,
        now=NOW,
    )


def with_cap(user: User, limit: str = "1000", charged: int = 0) -> User:
    return set_daily_limit(
        user,
        DailyLimit.parse(limit),
        day="2026-11-28",
        charged_on=lambda _: charged,
        booked_on=lambda one: day_of(one.created_at, ZONE),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("stated", "monthly", "tokens"),
    [
        ("1", 100, 1),
        ("50000", 0, 50_000),
        ("auto:25", 300_000, 12_500),
        ("auto:25", 1, 1),
        ("auto:25", 0, 0),
        ("auto:0", 3_001, 101),
        ("auto:1000", 30, 11),
        ("1000000000000", 1, 10**12),
    ],
)
def test_a_limit_is_read_and_written_and_rounded_up(stated: str, monthly: int, tokens: int) -> None:
    limit = DailyLimit.parse(stated)
    assert (str(limit), limit.in_force(monthly)) == (stated, tokens)


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "0",
        "-1",
        "01",
        "1.5",
        "auto",
        "auto:",
        "auto:-1",
        "auto:1001",
        "1000000000001",
        " 5",
        "٥",
    ],
)
def test_what_is_no_limit_is_refused(stated: str) -> None:
    with pytest.raises(ValueError, match="a daily limit is"):
        DailyLimit.parse(stated)


def test_a_cap_and_its_reservations_are_stored_and_absent_where_there_are_none() -> None:
    plain = user_of()
    assert not {"day", "day_available", "daily_limit", "day_lifted"} & user_to_item(plain).keys()
    assert user_from_item(user_to_item(plain)) == plain
    held = _reservation("r1", 10, NOW, "2026-11-28")
    capped = replace(with_cap(plain, "auto:25"), reservations={"r1": held})
    assert user_from_item(user_to_item(capped)) == capped
    lifted = lift_day(capped, "2026-11-28", NOW)
    assert user_from_item(user_to_item(lifted)) == lifted
    assert "day" not in reservation_to_item(replace(held, day=None), None)["M"]
    assert reservation_from_item("r1", reservation_to_item(held, None), None) == held


def test_a_day_turns_forward_alone() -> None:
    user = with_cap(user_of(), charged=300)
    assert turned(user, "2026-11-27") is user
    assert turned(user, "2026-11-28") is user
    following = turned(user, "2026-11-29").day_cap
    assert following == DayCap(DailyLimit(1_000), "2026-11-29", 1_000)
    plain = user_of()
    assert turned(plain, "2027-01-01") is plain


def test_a_month_opens_with_its_first_day_and_the_same_limit() -> None:
    user = lift_day(with_cap(user_of(), charged=300), "2026-11-28", NOW)
    opened, _ = open_period(user, "2026-12", NOW)
    assert opened.day_cap == DayCap(DailyLimit(1_000), "2026-12-01", 1_000)
    shown = put_right(user, period="2026-12", day="2026-12-07", block_ppm=PPM, now=NOW)
    assert shown.day_cap == DayCap(DailyLimit(1_000), "2026-12-07", 1_000)


def test_what_has_run_out_is_shown_as_charged_to_its_day() -> None:
    held = _reservation("r1", 500, NOW, "2026-11-28")
    user = with_cap(replace(user_of(), reservations={"r1": held}))
    later = NOW + timedelta(minutes=16)
    shown = put_right(user, period="2026-11", day="2026-11-28", block_ppm=PPM, now=later)
    assert (used_tokens(shown), left_tokens(shown)) == (held.prompt_tokens, 1_000 - 5)


def test_the_smaller_of_month_and_day_is_left() -> None:
    assert left_tokens(with_cap(user_of(200))) == 200
    user = with_cap(user_of(5_000))
    assert left_tokens(user) == 1_000
    assert left_tokens(lift_day(user, "2026-11-28", NOW)) == 5_000
    assert left_tokens(user_of(70)) == 70


def test_lifting_needs_a_limit_and_is_done_once() -> None:
    with pytest.raises(ChangeRefusedError, match="no daily limit"):
        lift_day(user_of(), "2026-11-28", NOW)
    lifted = lift_day(with_cap(user_of()), "2026-11-28", NOW)
    assert lift_day(lifted, "2026-11-28", NOW) is lifted
    assert lifted.day_cap is not None
    assert lifted.day_cap.available_tokens == 1_000 + LIFTED_TOKENS
    tomorrow = lift_day(lifted, "2026-11-29", NOW).day_cap
    assert tomorrow is not None
    assert (tomorrow.day, tomorrow.is_lifted) == ("2026-11-29", True)


def test_a_change_that_changes_nothing_is_none() -> None:
    plain, user = user_of(), with_cap(user_of())
    assert with_cap(user) is user
    unlimited = set_daily_limit(
        plain, None, day="2026-11-28", charged_on=int, booked_on=str, now=NOW
    )
    assert unlimited is plain


def test_a_day_stays_within_the_period_that_is_open() -> None:
    assert day_within("2026-12-01", "2026-11") == "2026-11-30"
    assert day_within("2026-10-31", "2026-11") == "2026-11-01"
    assert day_within("2026-11-15", "2026-11") == "2026-11-15"


def _reservation(name: str, tokens: int, now: datetime, day: str | None) -> Reservation:
    return Reservation(
        request_id=name,
        tokens=tokens,
        prompt_tokens=5,
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        period=period_of(now, ZONE),
        day=day,
    )


@dataclass
class _Booked:
    day: str
    charged: int
    outcome: Outcome
    event: UsageEvent


@dataclass
class _Books:
    """Records, as the ledger has them: by request."""

    records: dict[str, _Booked] = field(default_factory=dict)

    def charged_on(self, day: str) -> int:
        return sum(one.charged for one in self.records.values() if one.day == day)


class DayHistory(RuleBasedStateMachine):
    """Holds, settlements of every kind, days and months, limits that come, change and go.

    After each step what the item says of its day is what the records and reservations say.
    """

    @initialize(monthly=st.sampled_from([0, 3_000, 100_000]))
    def begin(self, monthly: int) -> None:
        self.now = NOW
        self.user = user_of(monthly)
        self.books = _Books()
        self.events: dict[str, Reservation] = {}
        self.number = 0

    def _day(self) -> str:
        natural = booked_day(self.now, self.user.period, ZONE)
        return max(natural, self.user.cap_day or "")

    def _bring_up(self) -> None:
        period = max(period_of(self.now, ZONE), self.user.period)
        if self.user.period < period:
            self.user, _ = open_period(self.user, period, self.now)
        self.user = turned(self.user, booked_day(self.now, self.user.period, ZONE))

    @rule(tokens=st.integers(0, 900), knows=st.booleans())
    def hold(self, tokens: int, knows: bool) -> None:
        """A process that does not know of caps, of the version before, holds nothing of the day."""
        self._bring_up()
        cap = self.user.day_cap
        day = self._day() if cap is not None and knows else None
        self.number += 1
        name = f"r{self.number}"
        one = replace(_reservation(name, tokens, self.now, day), period=self.user.period)
        self.user = replace(
            self.user,
            available_tokens=self.user.available_tokens - tokens,
            reservations={**self.user.reservations, name: one},
            day_cap=cap
            if cap is None or day is None
            else replace(cap, available_tokens=cap.available_tokens - tokens),
        )
        self.events[name] = one

    @precondition(lambda self: self.events)
    @rule(data=st.data(), charged=st.integers(0, 1_200), outcome=st.sampled_from(Outcome))
    def book(self, data: st.DataObject, charged: int, outcome: Outcome) -> None:
        """Any request's event, the first or a further one, by what its process knew of it."""
        name = data.draw(st.sampled_from(sorted(self.events)))
        knew = self.events[name]
        charged = 0 if outcome is Outcome.RELEASED else charged
        event = UsageEvent(
            request_id=name,
            user_id=self.user.user_id,
            period=knew.period,
            outcome=outcome,
            created_at=knew.created_at,
            model="m",
            endpoint="/",
            counts=TokenCounts(charged),
            charged_tokens=charged,
            reserved_tokens=knew.tokens,
            day=knew.day,
        )
        day = booked_day(event.created_at, event.period, ZONE, event.day)
        recorded = self.books.records.get(name)
        posting = posting_for(
            self.user,
            event,
            recorded.outcome if recorded else None,
            recorded.charged if recorded else 0,
            day=day,
        )
        change = posting.change
        held = {key: one for key, one in self.user.reservations.items() if key != name}
        if posting.held is not None:
            self.user = replace(self.user, reservations=held)
        if change is not None and posting.booking.name != "CLOSED":
            cap = self.user.day_cap
            assert cap is not None or not change.day_delta
            used = self.user.current_usage + change.usage_delta
            self.user = replace(
                self.user,
                available_tokens=self.user.available_tokens + change.available_delta,
                current_usage=max(0, used),
                day_cap=cap
                if cap is None
                else replace(cap, available_tokens=cap.available_tokens + change.day_delta),
            )
        if posting.booking.name != "DUPLICATE":
            self.books.records[name] = _Booked(day, charged, outcome, event)

    @rule(hours=st.sampled_from([0.5, 5, 9, 24, 60]))
    def pass_time(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule(limit=st.sampled_from(["500", "2000", "auto:25", "auto:0", None]))
    def cap(self, limit: str | None) -> None:
        self._bring_up()
        self.user = set_daily_limit(
            self.user,
            None if limit is None else DailyLimit.parse(limit),
            day=day_of(self.now, ZONE),
            charged_on=self.books.charged_on,
            booked_on=lambda one: booked_day(one.created_at, one.period, ZONE, one.day),
            now=self.now,
        )

    @rule()
    def lift(self) -> None:
        self._bring_up()
        if self.user.day_cap is not None:
            self.user = lift_day(self.user, day_of(self.now, ZONE), self.now)

    @rule(monthly=st.sampled_from([10, 5_000, 90_000]))
    def change_limit(self, monthly: int) -> None:
        self._bring_up()
        self.user = set_limit(self.user, monthly, bounds=BOUNDS, rule=RULE, now=self.now)

    @invariant()
    def the_day_is_what_its_records_and_reservations_say(self) -> None:
        cap = self.user.day_cap
        if cap is None:
            return
        held = sum(one.tokens for one in self.user.reservations.values() if one.day == cap.day)
        ceiling = cap.limit.in_force(self.user.monthly_limit)
        ceiling += LIFTED_TOKENS if cap.lifted_day == cap.day else 0
        assert cap.available_tokens == ceiling - self.books.charged_on(cap.day) - held
        assert cap.lifted_day in {None, cap.day}


TestDayHistory = DayHistory.TestCase
