"""Quota: the formula, and a model user on whom it must hold after any sequence of events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from solaris.quota.periods import next_period
from solaris.quota.quota import PPM, Quota, ceiling_tokens, threshold_ppm
from solaris.quota.reservation import (
    RESERVATION_SECONDS,
    Demand,
    Hold,
    Reservation,
    expired,
    expiry_of,
    full_hold,
    slice_hold,
)
from solaris.quota.settlement import Settlement, correct, settle
from solaris.quota.usage import Outcome
from solaris.quota.user import Plan, User, UserStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

tokens = st.integers(min_value=0, max_value=20_000_000)
thresholds = st.integers(min_value=0, max_value=PPM)
limits = st.integers(min_value=0, max_value=150_000)
demands = st.builds(
    Demand,
    prompt_tokens=st.integers(min_value=0, max_value=20_000),
    max_completion_tokens=st.none() | st.integers(min_value=0, max_value=40_000),
    completes=st.booleans(),
)


@given(limit=tokens, additional=tokens, used=tokens, reserved=tokens, block_ppm=thresholds)
def test_available_is_the_floor_of_the_blocked_share_less_used_and_reserved(
    limit: int, additional: int, used: int, reserved: int, block_ppm: int
) -> None:
    exact = Fraction(limit + additional) * Fraction(block_ppm, PPM)
    quota = Quota(limit, additional, used, reserved, block_ppm)
    assert quota.available_tokens == exact.__floor__() - used - reserved


@given(limit=tokens, additional=tokens, used=tokens, reserved=tokens)
def test_with_the_default_threshold_everything_granted_may_be_used(
    limit: int, additional: int, used: int, reserved: int
) -> None:
    quota = Quota(limit, additional, used, reserved)
    assert quota.available_tokens == quota.granted_tokens - used - reserved
    assert quota.is_exhausted is (used >= limit + additional)


@given(ten_thousandths=st.integers(min_value=0, max_value=10_000))
def test_a_threshold_of_up_to_four_decimals_is_kept_exactly(ten_thousandths: int) -> None:
    assert threshold_ppm(ten_thousandths / 10_000) == ten_thousandths * 100


def test_a_ceiling_is_rounded_down() -> None:
    assert ceiling_tokens(1_000_000, 0, 955_000) == 955_000
    assert ceiling_tokens(3, 0, 500_000) == 1
    assert ceiling_tokens(1, 1, 500_000) == 1


def test_only_available_goes_below_zero() -> None:
    over = Quota(monthly_limit=100, additional_tokens=0, current_usage=150, reserved_tokens=20)
    assert over.available_tokens == -70
    assert over.remaining_tokens == 0


def test_remaining_ignores_reservations_and_the_block_threshold() -> None:
    assert Quota(1_000, 500, 200, 300, block_ppm=500_000).remaining_tokens == 1_300


@pytest.mark.parametrize(
    ("limit", "used", "percentage"),
    [(1_000, 250, 25.0), (3, 1, 33.33), (1_000, 1_500, 150.0), (0, 0, 0.0), (0, 5, 100.0)],
)
def test_usage_percentage_is_of_the_monthly_limit_alone(
    limit: int, used: int, percentage: float
) -> None:
    assert Quota(limit, 9_999, used, 0).usage_percentage == percentage


@given(limit=tokens, additional=tokens, used=tokens)
def test_granted_ppm_is_of_limit_and_additional_and_never_rounds_up(
    limit: int, additional: int, used: int
) -> None:
    quota = Quota(limit, additional, used, 0)
    if limit + additional == 0:
        assert quota.granted_ppm == PPM
    else:
        assert quota.granted_ppm <= Fraction(used * PPM, limit + additional)
        assert quota.granted_ppm + 1 > Fraction(used * PPM, limit + additional)


@pytest.mark.parametrize("field", range(4))
def test_negative_figures_are_refused(field: int) -> None:
    figures = [10, 10, 10, 10]
    figures[field] = -1
    with pytest.raises(ValueError, match="must not be negative"):
        Quota(*figures)


class MeteredUser(RuleBasedStateMachine):
    """A user's item as storage keeps it: `available_tokens` changes by deltas alone.

    Here every hold is a slice, every answer keeps inside its hold, and limits only rise:
    then usage never passes the ceiling. `AnyUser` below drops those three conditions.
    """

    user: User
    now: datetime

    @initialize(limit=limits, additional=limits, block_ppm=thresholds | st.just(PPM))
    def open_account(self, limit: int, additional: int, block_ppm: int) -> None:
        self.now = NOW
        self.request_number = 0
        self.outcomes: dict[str, Outcome] = {}
        self.holds: dict[str, Hold] = {}
        self.expiries: dict[str, tuple[str, int]] = {}  # request → period and what was charged
        self.books: dict[str, dict[str, int]] = {"2026-11": {}}  # period → request → charge
        self.closed_usage: dict[str, int] = {}
        self.closed_ceilings: dict[str, int] = {}
        self.user = User(
            user_id="u",
            email="ana@example.com",
            name="Ana",
            status=UserStatus.ACTIVE,
            plan=Plan.BASIC,
            monthly_limit=limit,
            additional_tokens=additional,
            current_usage=0,
            available_tokens=ceiling_tokens(limit, additional, block_ppm),
            period="2026-11",
            created_at=NOW,
            updated_at=NOW,
            block_ppm=block_ppm,
        )

    @property
    def ceiling(self) -> int:
        user = self.user
        return ceiling_tokens(user.monthly_limit, user.additional_tokens, user.block_ppm)

    def hold(self, demand: Demand, hold: Hold | None) -> None:
        """One conditional write: the hold is taken if what it requires is available."""
        if hold is None or self.user.available_tokens < hold.required_tokens:
            return
        self.request_number += 1
        one = Reservation(
            request_id=f"r{self.request_number}",
            tokens=hold.tokens,
            prompt_tokens=demand.prompt_tokens,
            created_at=self.now,
            expires_at=expiry_of(self.now),
            period=self.user.period,
        )
        self.holds[one.request_id] = hold
        self.user = replace(
            self.user,
            available_tokens=self.user.available_tokens - hold.tokens,
            reservations={**self.user.reservations, one.request_id: one},
        )

    def resolve(self, request_id: str, charged: int, outcome: Outcome) -> None:
        """Take the reservation out of the item, once, and book its charge."""
        assert request_id not in self.outcomes
        left = dict(self.user.reservations)
        one = left.pop(request_id)
        self.outcomes[request_id] = outcome
        self.user = replace(self.user, reservations=left)
        change = settle(reserved_tokens=one.tokens, charged_tokens=charged)
        self.apply(one.period, request_id, change)

    def apply(self, period: str, request_id: str, change: Settlement) -> None:
        """A change of a closed period goes to its summary, and never to the new month."""
        book = self.books[period]
        book[request_id] = book.get(request_id, 0) + change.usage_delta
        if period != self.user.period:
            self.closed_usage[period] += change.usage_delta
            return
        self.user = replace(
            self.user,
            available_tokens=self.user.available_tokens + change.available_delta,
            current_usage=self.user.current_usage + change.usage_delta,
        )

    def change_grant(self, limit: int, additional: int) -> None:
        before = self.ceiling
        self.user = replace(self.user, monthly_limit=limit, additional_tokens=additional)
        available = self.user.available_tokens + self.ceiling - before
        self.user = replace(self.user, available_tokens=available)

    def pick_open(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.user.reservations)), label="request")

    @rule(demand=demands)
    def reserve_a_slice(self, demand: Demand) -> None:
        self.hold(demand, slice_hold(demand, self.user.available_tokens))

    @precondition(lambda self: self.user.reservations)
    @rule(data=st.data())
    def settle_within_the_hold(self, data: st.DataObject) -> None:
        request_id = self.pick_open(data)
        most = self.holds[request_id].tokens
        charged = data.draw(st.integers(0, most) | st.just(most), label="charged")
        self.resolve(request_id, charged, Outcome.SETTLED)

    @precondition(lambda self: self.user.reservations)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        request_id = self.pick_open(data)
        self.resolve(request_id, 0, Outcome.RELEASED)
        assert self.books[self.user.period].get(request_id, 0) == 0

    @rule(seconds=st.integers(0, RESERVATION_SECONDS))
    def time_passes_and_late_reservations_expire(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for one in expired(self.user.reservations, self.now):
            self.resolve(one.request_id, one.prompt_tokens, Outcome.EXPIRED)
            self.expiries[one.request_id] = (one.period, one.prompt_tokens)
        assert expired(self.user.reservations, self.now) == []

    @rule(amount=limits)
    def grant(self, amount: int) -> None:
        self.change_grant(self.user.monthly_limit, self.user.additional_tokens + amount)

    @rule(amount=limits)
    def raise_limit(self, amount: int) -> None:
        self.change_grant(self.user.monthly_limit + amount, self.user.additional_tokens)

    @rule()
    def roll_over(self) -> None:
        user, closing = self.user, self.user.period
        self.closed_usage[closing] = user.current_usage
        self.closed_ceilings[closing] = self.ceiling
        self.books[next_period(closing)] = {}
        self.user = replace(
            user,
            period=next_period(closing),
            current_usage=0,
            available_tokens=self.ceiling,
            reservations={k: replace(one, tokens=0) for k, one in user.reservations.items()},
        )

    @invariant()
    def available_follows_the_formula(self) -> None:
        user = self.user
        granted = Fraction(user.monthly_limit + user.additional_tokens)
        exact = (granted * Fraction(user.block_ppm, PPM)).__floor__()
        held = sum(one.tokens for one in user.reservations.values())
        assert user.available_tokens == exact - user.current_usage - held
        assert user.available_tokens == user.quota.available_tokens

    @invariant()
    def usage_is_the_sum_of_the_charges(self) -> None:
        assert self.user.current_usage == sum(self.books[self.user.period].values())
        for period, usage in self.closed_usage.items():
            assert usage == sum(self.books[period].values())

    @invariant()
    def nothing_but_available_is_negative(self) -> None:
        assert self.user.current_usage >= 0
        assert self.user.quota.remaining_tokens >= 0
        assert all(one.tokens >= 0 for one in self.user.reservations.values())
        assert all(charge >= 0 for book in self.books.values() for charge in book.values())

    @invariant()
    def each_request_is_either_open_or_resolved(self) -> None:
        assert self.user.reservations.keys().isdisjoint(self.outcomes)
        assert len(self.user.reservations) + len(self.outcomes) == self.request_number

    def check_ceilings(self) -> None:
        assert self.user.available_tokens >= 0
        assert self.user.current_usage + self.user.reserved_tokens <= self.ceiling
        for period, usage in self.closed_usage.items():
            assert usage <= self.closed_ceilings[period]


class CappedUser(MeteredUser):
    """Only slices and answers inside them: nobody passes the quota."""

    @invariant()
    def usage_never_passes_the_ceiling(self) -> None:
        self.check_ceilings()


class AnyUser(MeteredUser):
    """Full holds, answers longer than the hold, lowered limits, and answers reported late."""

    @rule(demand=demands)
    def reserve_in_full(self, demand: Demand) -> None:
        self.hold(demand, full_hold(demand))

    @precondition(lambda self: self.user.reservations)
    @rule(data=st.data(), excess=limits)
    def settle_beyond_the_hold(self, data: st.DataObject, excess: int) -> None:
        request_id = self.pick_open(data)
        self.resolve(request_id, self.holds[request_id].tokens + excess, Outcome.SETTLED)

    @precondition(lambda self: self.expiries)
    @rule(data=st.data(), charged=limits)
    def correct_an_expiry(self, data: st.DataObject, charged: int) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.expiries)), label="request")
        period, previously = self.expiries.pop(request_id)
        change = correct(previously_charged=previously, charged_tokens=charged)
        self.apply(period, request_id, change)
        assert self.books[period][request_id] == charged

    @rule(limit=limits, additional=limits)
    def set_limit_and_additional_tokens(self, limit: int, additional: int) -> None:
        self.change_grant(limit, additional)


SEQUENCES = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestCappedUser = CappedUser.TestCase
TestCappedUser.settings = SEQUENCES
TestAnyUser = AnyUser.TestCase
TestAnyUser.settings = SEQUENCES
