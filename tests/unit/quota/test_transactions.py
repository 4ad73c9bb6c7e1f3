"""Transactions: one row says exactly what one change did, and they sum to the user's item."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.ledger.transactions import Origin, TransactionKind, reset_correction, transaction_of
from solaris.quota.changes import (
    ChangeRefusedError,
    LimitBounds,
    activate,
    add_tokens,
    new_user,
    reset_usage,
    set_limit,
    set_plan,
    suspend,
)
from solaris.quota.settlement import Settlement, beyond_zero
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Plan, User, UserStatus

NOW = datetime(2026, 11, 22, 12, 0, 0, 123_400, tzinfo=UTC)
BOUNDS = LimitBounds(100_000, 10_000_000)
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)
ORIGIN = Origin(transaction_id="t1", actor="cli:ana", reason="because", now=NOW)


def used(tokens: int, additional: int = 0) -> User:
    fresh = new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.BASIC,
        monthly_limit=1_000_000,
        period="2026-11",
        block_ppm=1_000_000,
        now=NOW,
    )
    user = replace(fresh, current_usage=tokens, additional_tokens=additional)
    return replace(user, available_tokens=user.quota.available_tokens)


USER = used(300_000, additional=5_000)


@pytest.mark.parametrize(
    ("after", "kind", "amount", "changed"),
    [
        (
            add_tokens(USER, -5_000, rule=RULE, now=NOW),
            TransactionKind.GRANT,
            -5_000,
            {"additional_tokens": (5_000, 0)},
        ),
        (
            set_limit(USER, 200_000, bounds=BOUNDS, rule=RULE, now=NOW),
            TransactionKind.LIMIT_CHANGE,
            -800_000,
            {"monthly_limit": (1_000_000, 200_000)},
        ),
        (
            set_plan(USER, Plan.PRO, 5_000_000, bounds=BOUNDS, rule=RULE, now=NOW),
            TransactionKind.PLAN_CHANGE,
            4_000_000,
            {"plan": ("basic", "pro"), "monthly_limit": (1_000_000, 5_000_000)},
        ),
        (
            set_plan(USER, Plan.TRIAL, 1_000_000, bounds=BOUNDS, rule=RULE, now=NOW),
            TransactionKind.PLAN_CHANGE,
            0,
            {"plan": ("basic", "trial")},
        ),
        (
            reset_usage(USER, rule=RULE, now=NOW),
            TransactionKind.USAGE_RESET,
            -300_000,
            {"current_usage": (300_000, 0)},
        ),
        (
            suspend(USER, NOW),
            TransactionKind.STATUS_CHANGE,
            0,
            {"status": ("active", "suspended")},
        ),
    ],
)
def test_every_change_is_described_by_what_it_changed_and_nothing_else(
    after: User,
    kind: TransactionKind,
    amount: int,
    changed: dict[str, tuple[int | str, int | str]],
) -> None:
    row = transaction_of(USER, after, ORIGIN)
    assert row is not None
    assert (row.kind, row.amount) == (kind, amount)
    assert row.before == {name: one for name, (one, _) in changed.items()}
    assert row.after == {name: one for name, (_, one) in changed.items()}
    assert row.balance_after == (
        after.monthly_limit + after.additional_tokens - after.current_usage
    )
    assert (row.version, row.period) == (USER.version + 1, "2026-11")
    assert (row.actor, row.reason, row.created_at) == ("cli:ana", "because", NOW)
    assert row.transaction_key == "2026-11-22T12:00:00.123Z#t1"


def test_a_balance_may_be_below_zero() -> None:
    after = set_limit(used(300_000), 200_000, bounds=BOUNDS, rule=RULE, now=NOW)
    row = transaction_of(used(300_000), after, ORIGIN)
    assert row is not None
    assert row.balance_after == -100_000


def test_a_change_of_a_name_is_no_transaction() -> None:
    assert transaction_of(USER, replace(USER, name="Ana Lima"), ORIGIN) is None


def test_two_changes_in_one_are_refused() -> None:
    both = replace(USER, status=UserStatus.SUSPENDED, current_usage=0)
    with pytest.raises(ValueError, match="more than one change"):
        transaction_of(USER, both, ORIGIN)


def test_a_correction_beyond_zero_takes_the_excess_of_the_reset_back() -> None:
    correction = Settlement(available_delta=900, usage_delta=-900)
    assert beyond_zero(1_000, correction) == 0
    assert beyond_zero(900, correction) == 0
    assert beyond_zero(250, correction) == 650
    assert beyond_zero(0, Settlement(available_delta=-5, usage_delta=5)) == 0
    row = reset_correction(used(0), 650, ORIGIN)
    assert (row.kind, row.amount) == (TransactionKind.USAGE_RESET, 650)
    assert row.balance_after == 1_000_000


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(-200_000, 200_000)),
        st.tuples(st.just("limit"), st.integers(100_000, 3_000_000)),
        st.tuples(st.just("plan"), st.sampled_from([100_000, 1_000_000, 5_000_000])),
        st.tuples(st.just("use"), st.integers(0, 500_000)),
        st.tuples(st.just("reset"), st.just(0)),
        st.tuples(st.just("status"), st.integers(0, 1)),
    ),
    max_size=30,
)


def step(user: User, kind: str, value: int) -> User:
    if kind == "grant":
        return add_tokens(user, value, rule=RULE, now=NOW)
    if kind == "limit":
        return set_limit(user, value, bounds=BOUNDS, rule=RULE, now=NOW)
    if kind == "plan":
        plan = {100_000: Plan.TRIAL, 1_000_000: Plan.BASIC}.get(value, Plan.PRO)
        return set_plan(user, plan, value, bounds=BOUNDS, rule=RULE, now=NOW)
    if kind == "reset":
        return reset_usage(user, rule=RULE, now=NOW)
    return suspend(user, NOW) if value else activate(user, NOW)


@given(steps=STEPS)
def test_the_rows_of_any_history_sum_to_the_state_it_ends_in(steps: list[tuple[str, int]]) -> None:
    user = first = used(0, additional=50_000)
    rows, charged = [], 0
    for kind, value in steps:
        if kind == "use":
            charged += value
            user = replace(user, current_usage=user.current_usage + value, version=user.version + 1)
            user = replace(user, available_tokens=user.quota.available_tokens)
            continue
        try:
            after = step(user, kind, value)
        except ChangeRefusedError:
            continue
        row = transaction_of(user, after, ORIGIN)
        assert (row is None) == (after is user)
        if row is not None:
            assert row.version == after.version
            rows.append(row)
        user = after
        assert user.available_tokens == user.quota.available_tokens

    def total(*kinds: TransactionKind) -> int:
        return sum(row.amount for row in rows if row.kind in kinds)

    limits = total(TransactionKind.LIMIT_CHANGE, TransactionKind.PLAN_CHANGE)
    assert user.additional_tokens == 50_000 + total(TransactionKind.GRANT)
    assert user.monthly_limit == first.monthly_limit + limits
    assert user.current_usage == charged + total(TransactionKind.USAGE_RESET)
