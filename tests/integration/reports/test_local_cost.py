"""Costs in reais: every report, statistic, month and export shows the sum of days by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from solaris.exports.export import GROUPS, ExportFormat, ExportKind
from solaris.ledger.figures import ReportFilters
from solaris.ledger.reviewing import system_sums
from solaris.months.summary import Summary
from solaris.platform.actor import Role
from solaris.platform.web.operations import Call, Caller
from solaris.quota.user import user_id_for
from solaris.reports import routes
from solaris.reports.schemas import TimeSeriesQuery, UsageReportQuery
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.exports.exports_support import Exports
from tests.integration.exports.test_exports import at_once, columns
from tests.integration.reports.reading_support import Readers, use

BEA = "bia@example.com"
ANA_ID = user_id_for(ANA)
RATES = "2026-10-01=5.42,2026-11-01=5.38,2026-11-10=5.3001"
CALL = Call(
    request_id="r1",
    path="/api/admin/stats",
    locale="pt-BR",
    caller=Caller(name="boss@example.com", role=Role.ADMIN),
)
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-15"}
SPENT = ((3, ANA, 123_457), (9, BEA, 7_777), (10, ANA, 999_999), (15, BEA, 31))


@pytest.fixture
def reais(money: MoneyPath) -> MoneyPath:
    """November with four requests, two of them after a new rate."""
    found = money.settings(currency="BRL", exchange_rates=RATES)
    for email in (ANA, BEA):
        found.put_user(email, monthly_limit=10_000_000)
    events = [
        use(found, datetime(2026, 11, day, 12, tzinfo=UTC), email, prompt=tokens)
        for day, email, tokens in SPENT
    ]
    assert found.record(*events) == []
    return found


@pytest.fixture
def reader(reais: MoneyPath) -> Any:
    readers = Readers.of(reais)
    people = {user_id_for(email): (email, "Somebody") for email in (ANA, BEA)}
    return SimpleNamespace(
        group_names=dict,
        statistics=readers.statistics,
        reporting=readers.reporting,
        directory=SimpleNamespace(emails=lambda ids: {one: people[one] for one in ids}),
        platform=SimpleNamespace(settings=reais.parts.settings, clock=reais.clock),
    )


@pytest.fixture
def api(reais: MoneyPath) -> Iterator[Api]:
    reais.parts.platform.files.create()
    api = Api(reais)
    yield api
    api.close()


def nanos(row: dict[str, Any]) -> int:
    return int(row["cost_micros"]) * 1000 + int(row.get("cost_nanos") or 0)


def by_hand(money: MoneyPath, user_id: str | None = None) -> int:
    """Millionths of a real, by the stored records and the rates as they are written above."""
    total = Fraction(0)
    for row in money.rows("usage"):
        if user_id in (None, row["user_id"]):
            rate = "5.3001" if str(row["created_at"]) >= "2026-11-10" else "5.38"
            total += Fraction(nanos(row), 1000) * Fraction(rate)
    return int(total + Fraction(1, 2))


def wire(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return found


@pytest.mark.parametrize("narrowed", [{}, {"statuses": ["2xx"]}, {"userIds": [ANA_ID]}])
async def test_every_report_shows_the_sum_of_its_days(
    reais: MoneyPath, reader: Any, narrowed: dict[str, Any]
) -> None:
    expected = by_hand(reais, ANA_ID if "userIds" in narrowed else None)
    for group in ("user", "model", "day", "none"):
        query = UsageReportQuery.model_validate(NOVEMBER | narrowed | {"groupBy": group})
        body = wire(routes.get_usage_report(reader, CALL, query=query))
        total = body["totals"]["localCost"]
        assert (total["currency"], total["micros"], total["rateSince"]) == ("BRL", expected, None)
        assert total["rate"] == pytest.approx(expected / body["totals"]["costMicros"], abs=1e-4)
        rows = [row["localCost"] for row in body["items"]]
        assert sum(one["micros"] for one in rows) == pytest.approx(expected, abs=len(rows))
        if group in ("day", "none"):
            for row in body["items"]:
                is_later = row["day"] >= "2026-11-10"
                assert (row["localCost"]["rate"], row["localCost"]["rateSince"]) == (
                    (5.3001, "2026-11-10") if is_later else (5.38, "2026-11-01")
                )


async def test_the_dashboard_and_its_chart_show_the_same(reais: MoneyPath, reader: Any) -> None:
    expected = by_hand(reais)
    body = wire(routes.get_system_stats(reader, CALL))
    assert body["cost"]["local"]["micros"] == expected
    assert sum(one["localCost"]["micros"] for one in body["byModel"]) == expected
    today = body["today"]["cost"]
    assert today["local"]["micros"] == pytest.approx(today["usd"] * 5.3001e6, abs=0.5)
    coming = body["forecast"]["cost"]
    rest = coming["micros"] - body["cost"]["micros"]
    assert coming["local"]["micros"] == pytest.approx(expected + rest * 5.3001, abs=10)
    points = wire(
        routes.get_time_series(reader, CALL, query=TimeSeriesQuery.model_validate(NOVEMBER))
    )
    shown = [one["localCost"]["micros"] for one in points["points"]]
    assert sum(shown) == pytest.approx(expected, abs=len(shown))


async def test_in_dollars_nothing_is_converted(
    money: MoneyPath, reader: Any, reais: MoneyPath
) -> None:
    readers = Readers.of(money)
    reader.platform.settings = money.parts.settings
    reader.statistics, reader.reporting = readers.statistics, readers.reporting
    in_dollars = wire(routes.get_system_stats(reader, CALL))
    assert in_dollars["cost"]["local"] is None
    assert in_dollars["cost"]["micros"] > 0
    query = UsageReportQuery.model_validate(NOVEMBER)
    assert wire(routes.get_usage_report(reader, CALL, query=query))["totals"]["localCost"] is None


async def test_a_user_and_a_closed_month_keep_their_rates(reais: MoneyPath, api: Api) -> None:
    path = f"/admin/users/{ANA_ID}"
    expected = by_hand(reais, ANA_ID)
    stats = api.ok("GET", f"{path}/stats")
    assert stats["localCost30Days"]["micros"] == expected
    requests = api.ok("GET", f"{path}/usage?limit=10")["items"]
    assert sorted(one["localCost"]["rate"] for one in requests) == [5.3001, 5.38]
    reais.clock.forward(days=20)
    api.ok("POST", f"{path}/activate")  # a change opens December
    (month,) = api.ok("GET", f"{path}/periods")["items"]
    assert (month["period"], month["localCost"]["micros"]) == ("2026-11", expected)
    later = Api(reais.settings(exchange_rates=f"{RATES},2026-12-01=9"))
    try:
        assert later.ok("GET", f"{path}/periods")["items"] == [month]
    finally:
        later.close()


def test_exports_show_the_same_and_the_rate(reais: MoneyPath) -> None:
    exports = Exports.of(reais)
    days = ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 15))
    expected = by_hand(reais)
    for kind in (ExportKind.USAGE, *GROUPS):
        found = columns(at_once(exports, kind, ExportFormat.XLSX, filters=days))
        *costs, total = found["Custo (BRL)"]
        assert round(total * 1e6) == expected
        assert sum(costs) == pytest.approx(total, abs=1e-5)
        *rates, none = found["Câmbio (BRL por USD)"]
        assert none is None
        if kind in (ExportKind.USAGE, ExportKind.BY_DAY):
            assert sorted(set(rates)) == [5.3001, 5.38]
        csv = at_once(exports, kind, ExportFormat.CSV, filters=days).decode("utf-8-sig")
        assert "Custo (USD);Custo (BRL);Câmbio (BRL por USD)" in csv
        assert f"{costs[0]:.6f}".replace(".", ",") in csv


def test_the_monthly_summary_carries_the_months_sum(reais: MoneyPath) -> None:
    rates = reais.parts.settings.exchange
    (one,) = system_sums("2026-11", rates)
    local = rates.of_days(one.figures.cost, one.figures.local_cost, "2026-11-01", "2026-11-30")
    told = Summary(block_ppm=1_000_000).notice("2026-11", one.figures, {}, local)
    assert told.local_cost is not None
    assert told.local_cost.micros == by_hand(reais)


def test_days_are_the_periods_days_not_utcs(money: MoneyPath) -> None:
    """01:00 UTC of the 10th is the evening of the 9th in São Paulo: the older rate."""
    found = money.settings(currency="BRL", exchange_rates=RATES)
    found.put_user(ANA)
    midnight = datetime(2026, 11, 10, 3, tzinfo=UTC)
    before, after = (midnight + timedelta(hours=n) for n in (-2, 0))
    assert found.record(use(found, before, prompt=50_000), use(found, after, prompt=50_000)) == []
    lines = Readers.of(found).reporting.iterate_records(
        ReportFilters(first_day=date(2026, 11, 9), last_day=date(2026, 11, 10))
    )
    rates = found.parts.settings.exchange
    locals_ = [rates.of_day(line.cost, line.day) for line in lines]
    assert [one.rate for one in locals_ if one] == [5_380_000, 5_300_100]
