"""Plans: what a document states, what of it reaches a user, and where a limit comes from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.rate_rule import RateRule
from solaris.platform.texts import Locale, rule_text
from solaris.quota.changes import (
    LimitBounds,
    follow_plan,
    keep_limit,
    new_user,
    set_enforcement,
    set_limit,
    set_plan,
)
from solaris.quota.feed import user_from_row, user_to_row
from solaris.quota.groups.member import Terms
from solaris.quota.item import user_from_item, user_to_item
from solaris.quota.plans import (
    PlanPolicy,
    PlanRefusedError,
    Seeds,
    check_thresholds,
    copied,
    plans_of,
    policy_of,
    signature,
)
from solaris.quota.thresholds import Threshold, ThresholdRule, rule_of
from solaris.quota.user import INHERITED, Enforcement, LimitSource, OwnField, Plan, User, UserStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)
BOUNDS = LimitBounds(100_000, 10_000_000)
LIMITS = {
    Plan.TRIAL: 100_000,
    Plan.BASIC: 1_000_000,
    Plan.PRO: 5_000_000,
    Plan.ENTERPRISE: 10_000_000,
}
SEEDS = Seeds(LIMITS, 500_000)

ppm = st.none() | st.integers(1, 1_000_000)
policies = st.builds(
    PlanPolicy,
    monthly_limit=st.integers(0, 10**9),
    enforcement=st.sampled_from(Enforcement),
    warning_ppm=ppm,
    critical_ppm=ppm,
    rate=st.none() | st.builds(RateRule, st.floats(0.01, 1000), st.integers(1, 1000)),
)


def made(limit: int = 1_000_000, plan: Plan = Plan.BASIC, **more: Any) -> User:
    fresh = new_user(
        email="ana@example.com",
        name="Ana",
        plan=plan,
        monthly_limit=limit,
        period="2026-11",
        block_ppm=1_000_000,
        now=NOW,
    )
    user = replace(fresh, **more)
    return replace(user, available_tokens=user.quota.available_tokens)


users = st.builds(
    made,
    st.sampled_from([100_000, 500_000, 1_000_000, 5_000_000, 7]),
    st.sampled_from(Plan),
    limit_source=st.none() | st.sampled_from(LimitSource),
    own=st.frozensets(st.sampled_from([OwnField.ENFORCEMENT])),
    enforcement=st.sampled_from(Enforcement),
    current_usage=st.integers(0, 10**7),
    warning_ppm=ppm,
    critical_ppm=ppm,
)


def test_what_the_document_does_not_state_comes_from_the_environment() -> None:
    assert plans_of(None, LIMITS)[Plan.PRO] == PlanPolicy(monthly_limit=5_000_000)
    body = {
        "pro": {"enforcement": "warn", "warning_ppm": 700_000, "daily_limit": "auto:25"},
        "basic": {"monthly_limit": 2_000_000, "rate_per_second": 0.5, "rate_burst": 3},
    }
    stated = plans_of(body, LIMITS)
    assert stated[Plan.TRIAL].monthly_limit == 100_000
    assert stated[Plan.PRO] == PlanPolicy(
        monthly_limit=5_000_000,
        enforcement=Enforcement.WARN,
        warning_ppm=700_000,
        daily_limit="auto:25",
    )
    assert stated[Plan.BASIC] == PlanPolicy(monthly_limit=2_000_000, rate=RateRule(0.5, 3))


@pytest.mark.parametrize(
    ("stated", "field", "code"),
    [
        ({"monthly_limit": -1}, "monthly_limit", "plan_not_a_count"),
        ({"monthly_limit": 1.5}, "monthly_limit", "plan_not_a_count"),
        ({"monthly_limit": True}, "monthly_limit", "plan_not_a_count"),
        ({"daily_limit": "auto"}, "daily_limit", "plan_daily_limit"),
        ({"daily_limit": "0"}, "daily_limit", "plan_daily_limit"),
        ({"daily_limit": 50_000}, "daily_limit", "plan_daily_limit"),
        ({"enforcement": "beg"}, "enforcement", "plan_enforcement_unknown"),
        ({"warning_ppm": 0}, "warning", "plan_threshold"),
        ({"critical_ppm": 1_000_001}, "critical", "plan_threshold"),
        ({"rate_burst": 5}, "rate_per_second", "plan_rate_halves"),
        ({"rate_per_second": 5}, "rate_burst", "plan_rate_halves"),
        ({"rate_per_second": 0, "rate_burst": 5}, "rate_per_second", "plan_rate"),
        ({"rate_per_second": 1, "rate_burst": 0}, "rate_burst", "plan_burst"),
    ],
)
def test_nonsense_is_refused_by_its_field(stated: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(PlanRefusedError) as refused:
        policy_of(stated, 1)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert all(rule_text(code, locale) for locale in get_args(Locale))


def test_the_warning_may_not_lie_above_the_critical_one_of_plan_or_settings() -> None:
    fits = PlanPolicy(monthly_limit=1, warning_ppm=950_000)
    check_thresholds(fits.warning_ppm, fits.critical_ppm, warning_ppm=800_000, critical_ppm=950_000)
    for policy in (
        PlanPolicy(monthly_limit=1, warning_ppm=960_000),
        PlanPolicy(monthly_limit=1, critical_ppm=700_000),
        PlanPolicy(monthly_limit=1, warning_ppm=600_000, critical_ppm=500_000),
    ):
        with pytest.raises(PlanRefusedError):
            check_thresholds(
                policy.warning_ppm, policy.critical_ppm, warning_ppm=800_000, critical_ppm=950_000
            )


@pytest.mark.parametrize(
    ("plan", "limit", "source"),
    [
        (Plan.BASIC, 1_000_000, LimitSource.PLAN),
        (Plan.PRO, 5_000_000, LimitSource.PLAN),
        (Plan.BASIC, 500_000, LimitSource.DEFAULT),
        (Plan.PRO, 500_000, LimitSource.OWN),
        (Plan.BASIC, 999_999, LimitSource.OWN),
    ],
)
def test_in_an_item_of_a_version_before_the_figure_says_where_it_is_from(
    plan: Plan, limit: int, source: LimitSource
) -> None:
    assert SEEDS.source_of(made(limit, plan)) is source
    for said in LimitSource:
        assert SEEDS.source_of(made(limit, plan, limit_source=said)) is said


def of(user: User, policy: PlanPolicy) -> Terms:
    """What somebody without a group has of a plan."""
    return Terms(user.plan, plan_by_group=False, group_id=None, policy=policy)


@given(user=users, policy=policies)
def test_a_plan_reaches_all_but_what_is_the_users_own(user: User, policy: PlanPolicy) -> None:
    source = SEEDS.source_of(user)
    after = follow_plan(user, of(user, policy), source, rule=RULE, now=LATER)
    # nobody is in a group here: what one stated is the plan's again
    wanted = LimitSource.PLAN if source in INHERITED else source
    assert after.limit_source is wanted
    expected = policy.monthly_limit if wanted is LimitSource.PLAN else user.monthly_limit
    assert after.monthly_limit == expected
    own = OwnField.ENFORCEMENT in user.own
    assert after.enforcement is (user.enforcement if own else policy.enforcement)
    assert (after.warning_ppm, after.critical_ppm) == (policy.warning_ppm, policy.critical_ppm)
    assert after.rate == policy.rate
    assert after.available_tokens == after.quota.available_tokens
    assert after.version == user.version + (after is not user)


@given(user=users, policy=policies)
def test_following_twice_changes_nothing_more(user: User, policy: PlanPolicy) -> None:
    once = follow_plan(user, of(user, policy), SEEDS.source_of(user), rule=RULE, now=LATER)
    again = follow_plan(once, of(once, policy), SEEDS.source_of(once), rule=RULE, now=LATER)
    assert again is once


@given(user=users, first=policies, second=policies)
def test_in_whatever_order_changes_come_the_last_one_holds(
    user: User, first: PlanPolicy, second: PlanPolicy
) -> None:
    source = SEEDS.source_of(user)
    straight = copied(user, second, source)
    by_way = copied(copied(user, first, source), second, source)
    assert by_way == straight


@given(user=users, policy=policies)
def test_items_and_rows_keep_what_is_of_the_plan(user: User, policy: PlanPolicy) -> None:
    after = follow_plan(user, of(user, policy), SEEDS.source_of(user), rule=RULE, now=LATER)
    assert user_from_item(user_to_item(after)) == after
    assert user_from_row(user_to_row(after)) == after


def test_an_item_of_the_version_before_reads_as_it_was_meant() -> None:
    item = user_to_item(made(enforcement=Enforcement.WARN))
    assert not {"limit_source", "own", "warning_ppm", "critical_ppm", "rate"} & item.keys()
    before = user_from_item(item)
    # nobody but a person could choose it
    assert before.own == {OwnField.ENFORCEMENT}
    assert before.limit_source is None
    assert user_from_row(user_to_row(replace(before, own=frozenset()))).own == before.own
    followed = follow_plan(
        before, of(before, PlanPolicy(monthly_limit=2)), LimitSource.PLAN, rule=RULE, now=NOW
    )
    assert followed.enforcement is Enforcement.WARN
    assert user_from_item(user_to_item(made())).own == frozenset()


def test_a_limit_that_is_set_is_the_users_own_and_the_plan_passes_it_by() -> None:
    user = made(limit_source=LimitSource.PLAN)
    own = set_limit(user, 3_000_000, bounds=BOUNDS, rule=RULE, now=LATER)
    assert own.limit_source is LimitSource.OWN
    policy = PlanPolicy(monthly_limit=2_000_000)
    assert follow_plan(own, of(own, policy), SEEDS.source_of(own), rule=RULE, now=LATER) is own
    back = follow_plan(own, of(own, policy), LimitSource.PLAN, rule=RULE, now=LATER)
    assert (back.monthly_limit, back.limit_source) == (2_000_000, LimitSource.PLAN)
    # the limit of now, once more, is nobody's choice; keeping it is
    assert set_limit(user, 1_000_000, bounds=BOUNDS, rule=RULE, now=LATER) is user
    kept = keep_limit(user, LATER)
    assert (kept.monthly_limit, kept.limit_source) == (1_000_000, LimitSource.OWN)
    assert keep_limit(kept, LATER) is kept


def test_another_plan_brings_all_of_it_and_leaves_what_is_own() -> None:
    policy = PlanPolicy(monthly_limit=5_000_000, enforcement=Enforcement.WARN, warning_ppm=500_000)
    given_plan: dict[str, Any] = {
        "bounds": BOUNDS,
        "rule": RULE,
        "now": LATER,
        "terms": Terms(Plan.PRO, plan_by_group=False, group_id=None, policy=policy),
    }
    user = made(limit_source=LimitSource.OWN)
    after = set_plan(user, Plan.PRO, 5_000_000, source=LimitSource.PLAN, **given_plan)
    assert (after.plan, after.monthly_limit) == (Plan.PRO, 5_000_000)
    assert (after.limit_source, after.enforcement) == (LimitSource.PLAN, Enforcement.WARN)
    assert rule_of(after, RULE) == ThresholdRule(500_000, 950_000)
    warned = set_enforcement(user, Enforcement.WARN, LATER)
    blocked = set_enforcement(warned, Enforcement.BLOCK, LATER)
    assert blocked.own == {OwnField.ENFORCEMENT}
    moved = set_plan(blocked, Plan.PRO, 4_000_000, source=LimitSource.OWN, **given_plan)
    assert (moved.enforcement, moved.limit_source) == (Enforcement.BLOCK, LimitSource.OWN)


def test_thresholds_that_move_out_of_reach_are_armed_again() -> None:
    user = made(
        current_usage=850_000,
        limit_source=LimitSource.PLAN,
        alerts_sent=frozenset({Threshold.WARNING}),
    )
    policy = PlanPolicy(monthly_limit=1_000_000, warning_ppm=900_000)
    after = follow_plan(user, of(user, policy), LimitSource.PLAN, rule=RULE, now=LATER)
    assert (after.alerts_sent, after.alert_round) == (frozenset(), 1)
    nearer = PlanPolicy(monthly_limit=1_000_000, warning_ppm=700_000)
    same = follow_plan(user, of(user, nearer), LimitSource.PLAN, rule=RULE, now=LATER)
    assert (same.alerts_sent, same.alert_round) == (user.alerts_sent, 0)


def test_a_newcomer_has_what_the_plan_says() -> None:
    policy = PlanPolicy(monthly_limit=1_000_000, enforcement=Enforcement.WARN, warning_ppm=1)
    user = new_user(
        email="ana@example.com",
        name="",
        plan=Plan.BASIC,
        monthly_limit=300_000,
        period="2026-11",
        block_ppm=500_000,
        now=NOW,
        source=LimitSource.DEFAULT,
        terms=Terms(Plan.BASIC, plan_by_group=False, group_id=None, policy=policy),
    )
    assert (user.monthly_limit, user.available_tokens) == (300_000, 150_000)
    assert (user.limit_source, user.enforcement) == (LimitSource.DEFAULT, Enforcement.WARN)
    assert user.status is UserStatus.ACTIVE


def test_equal_plans_have_one_signature_and_others_another() -> None:
    plain = plans_of(None, LIMITS)
    same = plans_of({"pro": {"monthly_limit": 5_000_000}}, LIMITS)
    assert signature(plain) == signature(same)
    seen = {signature(plain)}
    for stated in (
        {"monthly_limit": 1},
        {"daily_limit": "5"},
        {"enforcement": "warn"},
        {"warning_ppm": 5},
        {"critical_ppm": 5},
        {"rate_per_second": 5, "rate_burst": 5},
    ):
        seen.add(signature(plans_of({"pro": stated}, LIMITS)))
        seen.add(signature(plans_of({"basic": stated}, LIMITS)))
    assert len(seen) == 13
