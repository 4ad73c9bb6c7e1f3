"""What a group states, and what its members have by it: the rules alone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.texts import Locale, rule_text
from solaris.quota.changes import LimitBounds, follow_plan, new_user, set_models, set_plan
from solaris.quota.daily_limit import DailyLimit
from solaris.quota.day_cap import with_limit
from solaris.quota.feed import user_from_row, user_to_row
from solaris.quota.groups.group import (
    MAX_NAME_CHARACTERS,
    MAX_PEOPLE,
    Group,
    GroupTerms,
    group_of,
    name_key,
)
from solaris.quota.groups.member import has_own_plan, laid_over, signature, terms_for, terms_of
from solaris.quota.item import user_from_item, user_to_item
from solaris.quota.plans import PlanPolicy, PlanRefusedError, Seeds
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, User

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
RULE = ThresholdRule(800_000, 950_000)
BOUNDS = LimitBounds(0, 10_000_000)
LIMITS = {Plan.TRIAL: 100, Plan.BASIC: 1_000_000, Plan.PRO: 5_000_000, Plan.ENTERPRISE: 50_000_000}
PLANS = {plan: PlanPolicy(monthly_limit=limit) for plan, limit in LIMITS.items()}
SEEDS = Seeds(LIMITS, 500_000)
SALES, LAW = "0123456789ab", "ba9876543210"

terms = st.builds(
    GroupTerms,
    plan=st.none() | st.sampled_from(Plan),
    monthly_limit=st.none() | st.integers(0, 10_000_000),
    daily_limit=st.sampled_from([None, "none", "5000", "auto:25"]),
    enforcement=st.none() | st.sampled_from(Enforcement),
    warning_ppm=st.none() | st.integers(1, 950_000),
    critical_ppm=st.none() | st.integers(950_000, 1_000_000),
    models=st.sampled_from([None, ("gpt-4o",), ("claude-*", "o3")]),
)


def made(**fields: Any) -> User:
    given_fields: dict[str, Any] = {"plan": Plan.BASIC, "monthly_limit": 1_000_000} | fields
    user = new_user(
        email="ana@example.com",
        name="Ana",
        period="2026-11",
        block_ppm=1_000_000,
        now=NOW,
        plan=given_fields.pop("plan"),
        monthly_limit=given_fields.pop("monthly_limit"),
        source=given_fields.pop("source", LimitSource.PLAN),
    )
    return replace(user, **given_fields)


def groups_of(**stated: GroupTerms) -> dict[str, Group]:
    ids = {"sales": SALES, "law": LAW}
    return {
        ids[name]: Group(group_id=ids[name], name=name, terms=one) for name, one in stated.items()
    }


def daily(user: User, limit: DailyLimit | None) -> User:
    return with_limit(
        user, limit, day="2026-11-30", charged_on=lambda _: 0, booked_on=lambda _: "2026-11-30"
    )


def followed(user: User, groups: dict[str, Group]) -> User:
    given_terms = terms_of(user, PLANS, groups)
    return follow_plan(user, given_terms, SEEDS.source_of(user), daily=daily, rule=RULE, now=NOW)


def joined(user: User, group_id: str | None, groups: dict[str, Group]) -> User:
    place = terms_of(replace(user, group_id=group_id), PLANS, groups)
    return follow_plan(user, place, SEEDS.source_of(user), daily=daily, rule=RULE, now=NOW)


@given(stated=terms, source=st.sampled_from(LimitSource), plan=st.sampled_from(Plan))
def test_own_comes_before_the_groups_and_that_before_the_plans(
    stated: GroupTerms, source: LimitSource, plan: Plan
) -> None:
    user = made(plan=plan, monthly_limit=777, source=source)
    after = joined(user, SALES, groups_of(sales=stated))
    assert after.group_id == SALES
    if source is LimitSource.OWN:
        assert (after.monthly_limit, after.limit_source) == (777, LimitSource.OWN)
    elif stated.monthly_limit is not None:
        assert (after.monthly_limit, after.limit_source) == (
            stated.monthly_limit,
            LimitSource.GROUP,
        )
    elif source is LimitSource.DEFAULT:
        assert (after.monthly_limit, after.limit_source) == (777, LimitSource.DEFAULT)
    else:
        assert after.limit_source is LimitSource.PLAN
        assert after.monthly_limit == LIMITS[after.plan]
    wanted = plan if plan is not Plan.BASIC else stated.plan or Plan.BASIC
    assert after.plan is wanted
    assert after.enforcement is (stated.enforcement or Enforcement.BLOCK)
    assert after.models == stated.models
    assert after.daily_limit == (None if stated.daily_limit == "none" else stated.daily_limit)
    assert after.available_tokens == after.quota.available_tokens
    assert followed(after, groups_of(sales=stated)) is after


@given(first=terms, second=terms)
def test_the_way_does_not_matter_only_where_one_is(first: GroupTerms, second: GroupTerms) -> None:
    groups = groups_of(sales=first, law=second)
    straight = joined(made(), LAW, groups)
    by_way = joined(joined(made(), SALES, groups), LAW, groups)
    assert replace(by_way, version=straight.version) == straight


@given(stated=terms)
def test_who_leaves_has_what_the_plan_says(stated: GroupTerms) -> None:
    user = made()
    back = joined(joined(user, SALES, groups_of(sales=stated)), None, groups_of(sales=stated))
    assert replace(back, version=user.version) == user


@given(stated=terms, used=st.integers(0, 2_000_000))
def test_usage_stays_with_the_person(stated: GroupTerms, used: int) -> None:
    user = made(current_usage=used)
    after = joined(user, SALES, groups_of(sales=stated))
    assert after.current_usage == used
    assert after.quota.granted_tokens == after.monthly_limit


def test_a_group_that_is_no_more_leaves_its_members_what_their_plans_say() -> None:
    groups = groups_of(sales=GroupTerms(monthly_limit=5, plan=Plan.PRO, models=("gpt-4o",)))
    member = joined(made(), SALES, groups)
    assert (member.plan, member.plan_by_group, member.monthly_limit) == (Plan.PRO, True, 5)
    released = followed(member, {})
    assert (released.group_id, released.plan, released.monthly_limit) == (
        None,
        Plan.BASIC,
        1_000_000,
    )
    assert (released.limit_source, released.models) == (LimitSource.PLAN, None)


def test_a_plan_that_somebody_set_against_the_groups_is_their_own() -> None:
    groups = groups_of(sales=GroupTerms(plan=Plan.PRO))
    member = joined(made(), SALES, groups)
    assert not has_own_plan(member)
    chosen = set_plan(
        member,
        Plan.BASIC,
        1_000_000,
        bounds=BOUNDS,
        rule=RULE,
        now=NOW,
        terms=terms_for(Plan.BASIC, SALES, PLANS, groups),
        source=LimitSource.PLAN,
        own=frozenset({OwnField.PLAN}),
    )
    assert (chosen.plan, chosen.plan_by_group) == (Plan.BASIC, False)
    assert followed(chosen, groups) is chosen
    # a plan other than basic is nobody else's either
    pro = made(plan=Plan.PRO, monthly_limit=5_000_000)
    assert joined(pro, SALES, groups_of(sales=GroupTerms(plan=Plan.TRIAL))).plan is Plan.PRO


def test_models_of_ones_own_come_before_the_groups() -> None:
    groups = groups_of(sales=GroupTerms(models=("gpt-4o-mini",)))
    member = joined(made(), SALES, groups)
    assert member.models == ("gpt-4o-mini",)
    own = set_models(member, [" o3 ", "o3", "claude-*"], NOW)
    assert (own.models, OwnField.MODELS in own.own) == (("o3", "claude-*"), True)
    assert set_models(own, ["o3", "claude-*"], NOW) is own
    assert followed(own, groups).models == ("o3", "claude-*")


@given(stated=terms)
def test_items_and_rows_keep_what_is_of_the_group(stated: GroupTerms) -> None:
    member = joined(made(), SALES, groups_of(sales=stated))
    assert user_from_item(user_to_item(member)) == member
    row = user_from_row(user_to_row(member))
    fields = ("group_id", "plan_by_group", "models", "plan", "limit_source", "monthly_limit")
    assert [getattr(row, one) for one in fields] == [getattr(member, one) for one in fields]


def test_an_item_without_a_group_has_nothing_of_it() -> None:
    item = user_to_item(made())
    assert not {"group_id", "plan_by_group", "models"} & item.keys()
    read = user_from_item(item)
    assert (read.group_id, read.plan_by_group, read.models) == (None, False, None)


@given(stated=terms)
def test_what_is_not_stated_is_the_plans(stated: GroupTerms) -> None:
    over = laid_over(PLANS[Plan.PRO], stated)
    expected = LIMITS[Plan.PRO] if stated.monthly_limit is None else stated.monthly_limit
    assert over.monthly_limit == expected
    if stated.is_empty:
        assert over is PLANS[Plan.PRO]


def test_the_signature_tells_what_members_get_and_nothing_else() -> None:
    plain = groups_of(sales=GroupTerms())
    assert signature(plain) == signature({}) == ""
    stated = groups_of(sales=GroupTerms(monthly_limit=5))
    renamed = {SALES: replace(stated[SALES], name="Vendas", managers=("a@example.com",))}
    assert signature(renamed) == signature(stated) != ""
    seen = {
        signature(groups_of(sales=one))
        for one in (
            GroupTerms(monthly_limit=5),
            GroupTerms(monthly_limit=6),
            GroupTerms(plan=Plan.PRO),
            GroupTerms(daily_limit="5"),
            GroupTerms(enforcement=Enforcement.WARN),
            GroupTerms(warning_ppm=5),
            GroupTerms(critical_ppm=5),
            GroupTerms(models=("5",)),
        )
    }
    assert len(seen) == 8
    assert signature(groups_of(law=GroupTerms(monthly_limit=5))) != signature(stated)


@pytest.mark.parametrize(
    ("stated", "field", "code"),
    [
        ({"name": ""}, "name", "group_name"),
        ({"name": "\u200b \t"}, "name", "group_name"),
        ({"name": "x" * (MAX_NAME_CHARACTERS + 1)}, "name", "group_name"),
        ({"name": 5}, "name", "group_name"),
        ({"cost_center": "x" * 41}, "cost_center", "group_cost_center"),
        ({"plan": "gold"}, "plan", "group_plan"),
        ({"enforcement": "hard"}, "enforcement", "plan_enforcement_unknown"),
        ({"monthly_limit": -1}, "monthly_limit", "plan_not_a_count"),
        ({"monthly_limit": True}, "monthly_limit", "plan_not_a_count"),
        ({"ceiling_tokens": 1.5}, "ceiling_tokens", "plan_not_a_count"),
        ({"daily_limit": "auto:9999"}, "daily_limit", "plan_daily_limit"),
        ({"warning_ppm": 0}, "warning", "plan_threshold"),
        ({"models": []}, "models", "invalid_models"),
        ({"models": "gpt-4o"}, "models", "invalid_models"),
        ({"models": ["a*b"]}, "models", "invalid_models"),
        ({"managers": ["nobody"]}, "managers", "not_an_email"),
        ({"managers": "a@example.com"}, "managers", "group_people"),
        (
            {"recipients": [f"p{n}@example.com" for n in range(MAX_PEOPLE + 1)]},
            "recipients",
            "group_people",
        ),
    ],
)
def test_nonsense_is_refused_by_its_field(stated: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(PlanRefusedError) as refused:
        group_of(SALES, {"name": "Vendas"} | stated)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert all(rule_text(code, locale) for locale in get_args(Locale))


def test_a_group_reads_as_it_was_stated() -> None:
    group = group_of(
        SALES,
        {
            "name": "  Jurídico\t e  Compliance ",
            "cost_center": "CC-104",
            "managers": ["Ana@Example.com", "ana@example.com"],
            "models": ["gpt-4o", "claude-*"],
            "daily_limit": "none",
            "ceiling_tokens": 5,
        },
    )
    assert group.name == "Jurídico e Compliance"
    assert group.managers == ("ana@example.com",)
    assert group.terms.models == ("gpt-4o", "claude-*")
    assert group.terms.daily_limit == "none"
    assert not group.is_deleted
    assert name_key("JURÍDICO  e compliance") == group.key
