"""Reports by group and key: whoever moved when, all groups are the statistics, to the token."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from solaris.ledger.figures import NO_GROUP, ReportFilters, total_of
from solaris.platform.errors import ValidationFailedError
from solaris.platform.model_weight import ModelWeight
from solaris.quota.usage import Outcome
from solaris.quota.user import User, user_id_for
from solaris.reports.report import GroupBy, grouped
from solaris.reports.statistics import Interval
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import MoneyPath
from tests.integration.reports.reading_support import EMAILS, Readers
from tests.integration.reports.test_reporting import query

GROUPS = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc")
MONTHS = (
    ReportFilters(first_day=date(2026, 10, 1), last_day=date(2026, 10, 31)),
    ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 30)),
)
WEIGHTS = (ModelWeight(), ModelWeight(5_000, 15_000, 2_500), ModelWeight(0, 0, 0))


def move(money: MoneyPath, email: str, group_id: str | None) -> None:
    def rule(user: User) -> User:
        return replace(user, group_id=group_id, version=user.version + 1)

    money.parts.quota.users.change(user_id_for(email), rule)


async def lived(money: MoneyPath, seed: int) -> None:
    """Three weeks over a month's end: people move while requests are open, late and released."""
    chance = random.Random(seed)
    money.clock.now = datetime(2026, 10, 25, 12, tzinfo=UTC)
    for email in EMAILS:
        money.put_user(email, monthly_limit=10**9)
    held: list[tuple[str, Any]] = []
    for _ in range(60):
        money.clock.forward(hours=chance.randrange(1, 15))
        email = chance.choice(EMAILS)
        if chance.random() < 0.4:
            move(money, email, chance.choice((*GROUPS, None)))
        weight = chance.choice(WEIGHTS)
        admission = await money.admit(email, prompt=chance.randrange(1, 900), weight=weight)
        held.append((email, admission.reservation))
        while held and chance.random() < 0.6:
            who, one = held.pop(chance.randrange(len(held)))
            if chance.random() < 0.2:
                money.parts.ledger.recorder.expire(user_id_for(who), [one])
                continue
            is_answered = chance.random() < 0.8
            event = money.event(
                one,
                who,
                completion=chance.randrange(500),
                outcome=Outcome.SETTLED if is_answered else Outcome.RELEASED,
                model=chance.choice(("gpt-4o", "gpt-4o-mini", "of no price")),
                key_id=chance.choice(("key_1", "key_2", None)),
            )
            of_weight = None if one.weight == ModelWeight() else one.weight
            charged = event.counts.charged_tokens(one.weight)
            assert not money.record(replace(event, charged_tokens=charged, weight=of_weight))


@pytest.mark.parametrize("seed", range(3))
async def test_all_groups_are_the_statistics_to_the_token(money: MoneyPath, seed: int) -> None:
    await lived(money, seed)
    readers = Readers.of(money)
    stats = readers.statistics.system()
    seen = set()
    for month in MONTHS:
        lines = list(readers.reporting.iterate_records(month))
        whole = total_of(row.figures for row in grouped(lines, GroupBy.DAY, month))
        if month.first_day.month == stats.updated_at.month:
            assert whole == stats.month
        by_group = list(readers.reporting.iterate_groups(month, GroupBy.GROUP))
        assert by_group == list(grouped(lines, GroupBy.GROUP, month))
        assert total_of(row.figures for row in by_group) == whole
        seen |= {row.key for row in by_group}
        for group_by in (GroupBy.GROUP, GroupBy.KEY):
            assert readers.reporting.page(query(month, group_by)).totals == whole
        members = readers.reporting.members(month)
        assert {key: total_of(one.values()) for key, one in members.items()} == {
            row.key: row.figures for row in by_group
        }
        points = readers.statistics.series(
            month.first_day, month.last_day, Interval.DAY, by_group=True
        )
        assert total_of(one.figures for one in points) == whole
        for one in points:
            assert total_of(part.figures for part in (one.by_group or {}).values()) == one.figures
    assert seen >= {NO_GROUP, *GROUPS[:2]}


async def test_a_group_is_the_same_by_counters_and_by_records(money: MoneyPath) -> None:
    await lived(money, 7)
    readers = Readers.of(money)
    month = MONTHS[1]
    lines = [
        line for line in readers.reporting.iterate_records(month) if line.outcome != "released"
    ]
    for chosen in ((GROUPS[0],), (NO_GROUP,), (GROUPS[1], NO_GROUP)):
        filters = replace(month, group_ids=chosen)
        mine = [line for line in lines if filters.matches(line)]
        tokens = sum(line.charged_tokens for line in mine)
        for group_by in GroupBy:
            page = readers.reporting.page(query(filters, group_by))
            assert page.totals is not None
            assert page.totals.charged_tokens == tokens, group_by
        series = readers.statistics.series(
            month.first_day, month.last_day, Interval.DAY, groups=chosen, by_model=True
        )
        assert total_of(one.figures for one in series).charged_tokens == tokens
        of_person = replace(filters, user_ids=(user_id_for(EMAILS[0]),))
        totals = readers.reporting.page(query(of_person, GroupBy.GROUP)).totals
        assert totals is not None
        assert totals.charged_tokens == sum(
            line.charged_tokens for line in mine if of_person.matches(line)
        )
        by_key = replace(filters, key_ids=("key_1", "-"))
        totals = readers.reporting.page(query(by_key, GroupBy.KEY)).totals
        assert totals is not None
        assert totals.charged_tokens == sum(
            line.charged_tokens for line in mine if line.key_id != "key_2"
        )


async def test_groups_are_not_known_by_hour(money: MoneyPath) -> None:
    with pytest.raises(ValidationFailedError):
        Readers.of(money).statistics.series(
            MONTHS[1].first_day, MONTHS[1].first_day, Interval.HOUR, groups=GROUPS
        )


async def test_rows_pages_and_statistics_have_names_of_deleted_groups_too(
    money: MoneyPath,
) -> None:
    api = Api(money)
    try:
        first, second = (
            api.ok("POST", "/admin/groups", {"name": name}) for name in ("Vendas", "Jurídico")
        )
        for n, one in enumerate((first, second, None)):
            event = money.event(None, EMAILS[n], prompt=100 - n)
            money.put_user(EMAILS[n])
            group_id = None if one is None else one["id"]
            assert not money.record(replace(event, group_id=group_id))
        api.ok("DELETE", f"/admin/groups/{second['id']}", {})
        report = api.ok("GET", "/admin/reports/usage?groupBy=group")
        assert [
            (row["key"], row["groupId"], row["groupName"], row["tokens"]) for row in report["items"]
        ] == [
            (first["id"], first["id"], "Vendas", 100),
            (second["id"], second["id"], "Jurídico", 99),
            ("-", None, None, 98),
        ]
        stats = api.ok("GET", "/admin/stats")
        assert [(row["groupId"], row["name"], row["tokens"]) for row in stats["byGroup"]] == [
            (first["id"], "Vendas", 100),
            (second["id"], "Jurídico", 99),
            (None, None, 98),
        ]
        single = api.ok("GET", f"/admin/reports/usage?groupBy=none&groups={second['id']}")
        assert [(row["groupName"], row["tokens"]) for row in single["items"]] == [("Jurídico", 99)]
        assert single["totals"]["tokens"] == 99
        keys = api.ok("GET", "/admin/reports/usage?groupBy=key")
        assert [(row["key"], row["keyId"], row["keyName"]) for row in keys["items"]] == [
            ("-", None, None)
        ]
        day = money.clock().date().isoformat()
        target = f"/admin/stats/timeseries?from={day}&to={day}&groupBy=group"
        series = api.ok("GET", target)
        assert series["groupNames"] == {first["id"]: "Vendas", second["id"]: "Jurídico"}
        (point,) = series["points"]
        assert {key: one["tokens"] for key, one in point["byGroup"].items()} == {
            first["id"]: 100,
            second["id"]: 99,
            "-": 98,
        }
    finally:
        api.close()


async def test_who_never_had_groups_sees_nothing_of_them(money: MoneyPath) -> None:
    money.put_user()
    assert not money.record(money.event(None, prompt=5))
    readers = Readers.of(money)
    assert readers.statistics.system().by_group == []
    report = readers.reporting.page(query(MONTHS[1], GroupBy.GROUP))
    assert [(row.key, row.figures.charged_tokens) for row in report.groups] == [(NO_GROUP, 5)]
