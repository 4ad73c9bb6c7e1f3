"""What an admin may change: bounds, versions, and that available tokens always add up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solaris.platform.texts import Locale, rule_text
from solaris.quota.changes import (
    MAX_GRANT_TOKENS,
    ChangeRefusedError,
    LimitBounds,
    activate,
    add_tokens,
    announced,
    delete,
    new_user,
    rename,
    reset_usage,
    restore,
    set_additional,
    set_limit,
    set_plan,
    set_status,
    suspend,
)
from solaris.quota.reservation import Reservation, expiry_of
from solaris.quota.thresholds import Threshold, ThresholdRule
from solaris.quota.user import Plan, User, UserStatus, user_id_for

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BOUNDS = LimitBounds(100_000, 10_000_000)
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)


def made(
    *,
    plan: Plan = Plan.BASIC,
    limit: int = 1_000_000,
    additional: int = 0,
    used: int = 0,
    held: int = 0,
    block_ppm: int = 1_000_000,
) -> User:
    fresh = new_user(
        email="Ana@Example.com",
        name="Ana",
        plan=plan,
        monthly_limit=limit,
        period="2026-11",
        block_ppm=block_ppm,
        now=NOW,
    )
    reservation = Reservation(
        request_id="r1",
        tokens=held,
        prompt_tokens=0,
        created_at=NOW,
        expires_at=expiry_of(NOW),
        period="2026-11",
    )
    user = replace(
        fresh,
        additional_tokens=additional,
        current_usage=used,
        reservations={"r1": reservation} if held else {},
    )
    return replace(user, available_tokens=user.quota.available_tokens)


def test_a_new_user_is_active_and_has_the_whole_limit_under_the_block_threshold() -> None:
    user = made(block_ppm=900_000)
    assert user.email == "ana@example.com"
    assert user.user_id == user_id_for("ana@example.com")
    assert user.status is UserStatus.ACTIVE
    assert user.available_tokens == 900_000 == user.quota.available_tokens
    assert user.version == 1


def test_a_new_limit_changes_what_is_available_by_the_difference() -> None:
    before = made(used=300_000, held=1_000)
    after = set_limit(before, 1_500_000, bounds=BOUNDS, rule=RULE, now=LATER)
    assert after.available_tokens - before.available_tokens == 500_000
    assert after.version == before.version + 1
    assert after.updated_at == LATER
    assert after.current_usage == before.current_usage


def test_a_limit_below_what_is_used_is_allowed_and_blocks() -> None:
    after = set_limit(made(used=300_000), 200_000, bounds=BOUNDS, rule=RULE, now=LATER)
    assert after.available_tokens == -100_000
    assert after.quota.is_exhausted


@pytest.mark.parametrize("limit", [-1, 0, 99_999, 10_000_001])
def test_limits_outside_the_bounds_are_refused(limit: int) -> None:
    with pytest.raises(ChangeRefusedError, match="100,000 to 10,000,000"):
        set_limit(made(), limit, bounds=BOUNDS, rule=RULE, now=LATER)


@pytest.mark.parametrize("limit", [100_000, 10_000_000])
def test_the_bounds_themselves_are_allowed(limit: int) -> None:
    assert set_limit(made(), limit, bounds=BOUNDS, rule=RULE, now=LATER).monthly_limit == limit


@pytest.mark.parametrize("limit", [0, 50_000_000, MAX_GRANT_TOKENS])
def test_enterprise_users_are_not_bound_by_the_limits(limit: int) -> None:
    user = made(plan=Plan.ENTERPRISE)
    assert set_limit(user, limit, bounds=BOUNDS, rule=RULE, now=LATER).monthly_limit == limit


@pytest.mark.parametrize("limit", [-1, MAX_GRANT_TOKENS + 1])
def test_even_enterprise_limits_are_figures_that_make_sense(limit: int) -> None:
    with pytest.raises(ChangeRefusedError):
        set_limit(made(plan=Plan.ENTERPRISE), limit, bounds=BOUNDS, rule=RULE, now=LATER)


def test_granted_tokens_can_be_taken_back_and_no_more_than_those() -> None:
    user = made(additional=5_000, used=10_000)
    assert add_tokens(user, -5_000, rule=RULE, now=LATER).additional_tokens == 0
    with pytest.raises(ChangeRefusedError, match="only 5,000 additional tokens"):
        add_tokens(user, -5_001, rule=RULE, now=LATER)


def test_no_more_is_taken_back_than_is_unused() -> None:
    user = made(additional=5_000, used=1_002_000, held=9_000)
    assert add_tokens(user, -3_000, rule=RULE, now=LATER).quota.balance_tokens == 0
    with pytest.raises(ChangeRefusedError, match="only 3,000 are unused"):
        add_tokens(user, -3_001, rule=RULE, now=LATER)
    with pytest.raises(ChangeRefusedError, match="only 0 are unused"):
        add_tokens(made(additional=5_000, used=1_006_000), -1, rule=RULE, now=LATER)


def test_a_grant_is_allowed_to_a_user_who_has_used_more_than_it_makes_good() -> None:
    after = add_tokens(made(used=1_006_000), 1_000, rule=RULE, now=LATER)
    assert after.quota.balance_tokens == -5_000 == after.available_tokens


@pytest.mark.parametrize("amount", [0, MAX_GRANT_TOKENS + 1])
def test_a_grant_of_nothing_or_beyond_sense_is_refused(amount: int) -> None:
    with pytest.raises(ChangeRefusedError):
        add_tokens(made(), amount, rule=RULE, now=LATER)


def test_a_grant_rearms_only_the_warnings_that_it_brings_out_of_reach() -> None:
    user = replace(
        made(used=960_000), alerts_sent=frozenset((Threshold.WARNING, Threshold.CRITICAL))
    )
    after = add_tokens(user, 100_000, rule=RULE, now=LATER)
    assert after.alerts_sent == {Threshold.WARNING}
    raised = set_limit(user, 2_000_000, bounds=BOUNDS, rule=RULE, now=LATER)
    assert raised.alerts_sent == frozenset()


BOTH = frozenset((Threshold.WARNING, Threshold.CRITICAL))


def test_what_rearms_a_warning_begins_another_round_and_what_does_not_stays_in_it() -> None:
    user = replace(made(used=960_000), alerts_sent=BOTH)
    assert add_tokens(user, 100_000, rule=RULE, now=LATER).alert_round == 1
    assert add_tokens(user, 1, rule=RULE, now=LATER).alert_round == 0
    assert set_limit(user, 2_000_000, bounds=BOUNDS, rule=RULE, now=LATER).alert_round == 1
    assert suspend(user, LATER).alert_round == 0
    reset = reset_usage(user, rule=RULE, now=LATER)
    assert (reset.alert_round, reset.alerts_sent) == (1, frozenset())


def test_a_change_for_the_worse_rearms_nothing() -> None:
    """A block is announced with tokens left, too few for a request: it must not come again."""
    user = replace(made(used=900_000, additional=50_000), alerts_sent=frozenset(Threshold))
    for after in (
        add_tokens(user, -1, rule=RULE, now=LATER),
        set_limit(user, 999_999, bounds=BOUNDS, rule=RULE, now=LATER),
    ):
        assert (after.alerts_sent, after.alert_round) == (frozenset(Threshold), 0)


def test_a_reset_forgives_what_is_used_and_keeps_what_is_held() -> None:
    user = made(used=300_000, held=1_000)
    after = reset_usage(user, rule=RULE, now=LATER)
    assert (after.current_usage, after.reserved_tokens) == (0, 1_000)
    assert after.available_tokens == 999_000
    assert after.version == user.version + 1


def test_a_plan_brings_its_limit_at_once_within_the_bounds_of_the_new_plan() -> None:
    after = set_plan(made(), Plan.PRO, 5_000_000, bounds=BOUNDS, rule=RULE, now=LATER)
    assert (after.plan, after.monthly_limit, after.version) == (Plan.PRO, 5_000_000, 2)
    with pytest.raises(ChangeRefusedError):
        set_plan(made(), Plan.PRO, 10_000_001, bounds=BOUNDS, rule=RULE, now=LATER)
    large = set_plan(made(), Plan.ENTERPRISE, 50_000_000, bounds=BOUNDS, rule=RULE, now=LATER)
    with pytest.raises(ChangeRefusedError, match="only enterprise"):
        set_plan(large, Plan.BASIC, 50_000_000, bounds=BOUNDS, rule=RULE, now=LATER)


def test_announced_warnings_are_remembered_with_the_time() -> None:
    user = made(used=960_000)
    after = announced(user, user, BOTH, rule=RULE, now=LATER)
    assert (after.alerts_sent, after.last_alert_at, after.alert_round) == (BOTH, LATER, 0)
    assert announced(after, user, BOTH, rule=RULE, now=LATER) is after


def test_a_block_announced_with_tokens_left_is_remembered_too() -> None:
    user = made(used=900_000)
    everything = frozenset(Threshold)
    assert announced(user, user, everything, rule=RULE, now=LATER).alerts_sent == everything


def test_a_grant_between_the_announcement_and_its_flag_rearms_it_after_all() -> None:
    seen = made(used=960_000)
    granted = add_tokens(seen, 100_000, rule=RULE, now=LATER)
    assert granted.alert_round == 0
    after = announced(granted, seen, BOTH, rule=RULE, now=LATER)
    assert after.alerts_sent == {Threshold.WARNING}
    assert after.alert_round == 1


@pytest.mark.parametrize("changes", [{"period": "2026-12"}, {"alert_round": 1}])
def test_an_announcement_is_not_remembered_for_another_period_or_round(
    changes: dict[str, Any],
) -> None:
    seen = made(used=960_000)
    found = replace(seen, **changes)
    assert announced(found, seen, BOTH, rule=RULE, now=LATER) is found


def test_suspending_and_activating_change_the_status_alone() -> None:
    user = made(additional=7, used=9, held=11)
    suspended = suspend(user, LATER)
    assert suspended == replace(
        user, status=UserStatus.SUSPENDED, updated_at=LATER, version=user.version + 1
    )
    assert activate(suspended, LATER).status is UserStatus.ACTIVE


LIVING = [status for status in UserStatus if status is not UserStatus.DELETED]


@pytest.mark.parametrize("status", LIVING)
def test_every_status_but_deleted_can_be_activated(status: UserStatus) -> None:
    assert activate(replace(made(), status=status), LATER).status is UserStatus.ACTIVE


def test_a_change_to_what_is_already_so_returns_the_same_object() -> None:
    """The store takes the same object as "write nothing"."""
    user = made()
    suspended = suspend(user, LATER)
    assert activate(user, LATER) is user
    assert suspend(suspended, LATER) is suspended
    assert set_limit(user, user.monthly_limit, bounds=BOUNDS, rule=RULE, now=LATER) is user
    assert set_plan(user, user.plan, 1_000_000, bounds=BOUNDS, rule=RULE, now=LATER) is user
    assert reset_usage(user, rule=RULE, now=LATER) is user


TOKENS = st.integers(0, 10_000_000)


@given(
    limit=TOKENS,
    additional=TOKENS,
    used=TOKENS,
    held=st.integers(0, 1_000_000),
    block_ppm=st.integers(1, 1_000_000),
    new_limit=st.integers(100_000, 10_000_000),
    amount=st.integers(-10_000_000, 10_000_000),
)
def test_what_is_stored_as_available_is_what_the_quota_says(
    *,
    limit: int,
    additional: int,
    used: int,
    held: int,
    block_ppm: int,
    new_limit: int,
    amount: int,
) -> None:
    assume(limit != new_limit)
    assume(amount != 0)
    assume(additional + amount >= 0)
    assume(amount > 0 or limit + additional + amount >= used)
    user = made(limit=limit, additional=additional, used=used, held=held, block_ppm=block_ppm)
    for after in (
        set_limit(user, new_limit, bounds=BOUNDS, rule=RULE, now=LATER),
        add_tokens(user, amount, rule=RULE, now=LATER),
        set_plan(user, Plan.PRO, new_limit, bounds=BOUNDS, rule=RULE, now=LATER),
        suspend(user, LATER),
        *((reset_usage(user, rule=RULE, now=LATER),) if used else ()),
    ):
        assert after.available_tokens == after.quota.available_tokens
        assert after.version == user.version + 1
        assert after.reservations == user.reservations


# Deleted, restored, set by hand


def test_a_deleted_user_keeps_every_figure_and_loses_name_and_address() -> None:
    before = made(used=300_000, additional=5_000, held=1_000)
    after = delete(before, LATER)
    assert (after.email, after.name) == (f"deleted-{before.user_id[:8]}@invalid", "")
    assert (after.status, after.version) == (UserStatus.DELETED, before.version + 1)
    assert after.quota == before.quota
    assert (after.user_id, after.reservations) == (before.user_id, before.reservations)
    assert delete(after, LATER) is after


def test_a_deleted_user_is_changed_by_nothing_but_being_restored() -> None:
    user = delete(made(used=300_000), LATER)
    changes: list[Callable[[], User]] = [
        lambda: set_limit(user, 2_000_000, bounds=BOUNDS, rule=RULE, now=LATER),
        lambda: set_plan(user, Plan.PRO, 5_000_000, bounds=BOUNDS, rule=RULE, now=LATER),
        lambda: add_tokens(user, 1, rule=RULE, now=LATER),
        lambda: reset_usage(user, rule=RULE, now=LATER),
        lambda: suspend(user, LATER),
        lambda: activate(user, LATER),
        lambda: rename(user, "Ana", LATER),
    ]
    for change in changes:
        with pytest.raises(ChangeRefusedError) as refusal:
            change()
        assert refusal.value.code == "deleted"
    again = restore(user, "Ana@Example.com", "Ana", LATER)
    assert (again.email, again.name, again.status) == ("ana@example.com", "Ana", UserStatus.ACTIVE)
    assert (again.current_usage, again.available_tokens) == (300_000, 700_000)
    assert again.version == user.version + 1
    assert restore(again, "ana@example.com", "Other", LATER) is again


@pytest.mark.parametrize("status", LIVING)
def test_every_status_but_deleted_can_be_set(status: UserStatus) -> None:
    user = made()
    after = set_status(user, status, LATER)
    assert after.status is status
    assert (after is user) == (status is user.status)
    with pytest.raises(ValueError, match="delete"):
        set_status(user, UserStatus.DELETED, LATER)


def test_a_new_name_changes_nothing_else_and_the_same_one_nothing_at_all() -> None:
    user = made(used=1)
    after = rename(user, "Ana Lima", LATER)
    assert replace(after, name=user.name, version=user.version, updated_at=NOW) == user
    assert rename(user, user.name, LATER) is user


@given(
    additional=st.integers(0, 10**6),
    used=st.integers(0, 3 * 10**6),
    wanted=st.integers(0, 2 * 10**6),
)
def test_additional_tokens_set_are_those_of_a_grant_of_the_difference(
    additional: int, used: int, wanted: int
) -> None:
    user = made(additional=additional, used=used)
    assume(wanted != additional)
    try:
        granted = add_tokens(user, wanted - additional, rule=RULE, now=LATER)
    except ChangeRefusedError as refusal:
        with pytest.raises(ChangeRefusedError) as error:
            set_additional(user, wanted, rule=RULE, now=LATER)
        assert error.value.code == refusal.code  # noqa: PT017 - two refusals are compared
        assert error.value.field == "additional_tokens"
    else:
        assert set_additional(user, wanted, rule=RULE, now=LATER) == granted
    assert set_additional(user, additional, rule=RULE, now=LATER) is user


def test_every_refusal_can_be_said_in_both_languages() -> None:
    refused: list[Callable[[], object]] = [
        lambda: BOUNDS.check(1, Plan.PRO),
        lambda: BOUNDS.check(-1, Plan.ENTERPRISE),
        lambda: add_tokens(made(), 0, rule=RULE, now=LATER),
        lambda: add_tokens(made(), -1, rule=RULE, now=LATER),
        lambda: add_tokens(made(additional=5, used=1_000_005), -1, rule=RULE, now=LATER),
        lambda: add_tokens(made(), MAX_GRANT_TOKENS + 1, rule=RULE, now=LATER),
        lambda: suspend(delete(made(), LATER), LATER),
    ]
    codes = set()
    for change in refused:
        with pytest.raises(ChangeRefusedError) as refusal:
            change()
        error = refusal.value
        codes.add(error.code)
        for locale in get_args(Locale):
            assert "{" not in rule_text(error.code, locale, error.values)
    assert len(codes) == len(refused)
