"""Statistics and reports as they go over the wire."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from solaris.platform.actor import Role
from solaris.platform.web.operations import Call, Caller
from solaris.quota.user import user_id_for
from solaris.reports import routes
from solaris.reports.schemas import TimeSeriesQuery, UsageReportQuery
from tests.integration.conftest import MoneyPath
from tests.integration.reports.reading_support import EMAILS, Readers, a_month_of_usage

CALL = Call(
    request_id="r1",
    path="/api/admin/stats",
    locale="en",
    caller=Caller(name="boss@example.com", role=Role.ADMIN),
)
RANGE = {"from": "2026-11-01", "to": "2026-11-15"}


@pytest.fixture
def reader(money: MoneyPath) -> Any:
    readers = Readers.of(money)
    people = {user_id_for(email): (email, "Somebody") for email in EMAILS}
    directory = SimpleNamespace(emails=lambda ids: {one: people[one] for one in ids})
    return SimpleNamespace(
        group_names=dict,
        statistics=readers.statistics,
        reporting=readers.reporting,
        directory=directory,
        platform=SimpleNamespace(settings=money.parts.settings, clock=money.clock),
    )


def wire(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return found


async def test_the_contracts_names_are_on_the_wire(money: MoneyPath, reader: Any) -> None:
    events = a_month_of_usage(money)
    body = wire(routes.get_system_stats(reader, CALL))
    assert {"total", "active", "suspended", "blocked"} <= set(body["users"])
    assert {"monthlyTotal", "averagePerUser"} <= set(body["usage"])
    assert body["topUsers"] == []
    assert body["usage"]["monthlyTotal"] == sum(one.charged_tokens for one in events)
    assert body["cost"]["micros"] == pytest.approx(body["cost"]["usd"] * 1e6, abs=0.5)
    assert body["cost"]["unpricedRequests"] == 0
    assert body["renewsAt"] == "2026-12-01T03:00:00.000Z"


async def test_a_report_by_user_names_people_and_has_the_months_total(
    money: MoneyPath, reader: Any
) -> None:
    a_month_of_usage(money)
    query = UsageReportQuery.model_validate(RANGE)
    body = wire(routes.get_usage_report(reader, CALL, query=query))
    assert {row["email"] for row in body["items"]} == set(EMAILS)
    tokens = [row["tokens"] for row in body["items"]]
    assert tokens == sorted(tokens, reverse=True)
    stats = wire(routes.get_system_stats(reader, CALL))
    assert body["totals"]["tokens"] == sum(tokens) == stats["usage"]["monthlyTotal"]
    assert body["totals"]["costMicros"] == stats["cost"]["micros"]


async def test_a_report_without_days_is_the_current_months(money: MoneyPath, reader: Any) -> None:
    a_month_of_usage(money)
    of_month, asked = (
        wire(routes.get_usage_report(reader, CALL, query=UsageReportQuery.model_validate(query)))
        for query in ({}, RANGE)
    )
    assert of_month == asked
    assert of_month["totals"]["tokens"] > 0


async def test_days_come_in_order_and_requests_newest_first(money: MoneyPath, reader: Any) -> None:
    a_month_of_usage(money)
    by_day = UsageReportQuery.model_validate(RANGE | {"groupBy": "day"})
    days = [
        row["day"] for row in wire(routes.get_usage_report(reader, CALL, query=by_day))["items"]
    ]
    assert days == sorted(days)
    single = UsageReportQuery.model_validate(RANGE | {"groupBy": "none", "limit": 10})
    rows = wire(routes.get_usage_report(reader, CALL, query=single))["items"]
    times = [row["createdAt"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert {row["email"] for row in rows} <= set(EMAILS)


async def test_a_series_by_hour_tells_only_what_is_known(money: MoneyPath, reader: Any) -> None:
    a_month_of_usage(money)
    by_hour = TimeSeriesQuery.model_validate(RANGE | {"interval": "hour", "groupBy": "model"})
    points = wire(routes.get_time_series(reader, CALL, query=by_hour))["points"]
    assert [(one["day"], one["hour"]) for one in points[:2]] == [
        ("2026-11-01", 0),
        ("2026-11-01", 1),
    ]
    assert {one["errors"] for one in points} == {None}
    by_day = TimeSeriesQuery.model_validate(RANGE)
    daily = wire(routes.get_time_series(reader, CALL, query=by_day))["points"]
    assert sum(one["tokens"] for one in points) == sum(one["tokens"] for one in daily)
    assert all(one["byModel"] is None and one["errors"] is not None for one in daily)


async def test_a_forecast_is_a_date_or_null(money: MoneyPath, reader: Any) -> None:
    user = money.put_user()
    body = wire(routes.get_user_forecast(reader, CALL, user_id=user.user_id))
    assert body == {
        "pacePerDay": 0,
        "runsOutOn": None,
        "monthTotal": 0,
        "method": "no_usage",
        "basedOnDays": 0,
    }


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (UsageReportQuery, {"to": "2026-10-31"}),
        (UsageReportQuery, {"to": "2027-12-31"}),
        (TimeSeriesQuery, {"to": "2026-12-02", "interval": "hour"}),
        (TimeSeriesQuery, {"to": "2026-10-31"}),
    ],
)
def test_a_wrong_range_is_named_at_its_end(model: Any, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(RANGE | wrong)
    (problem,) = caught.value.errors(include_url=False)
    assert problem["loc"] == ("to",)
    assert problem["type"] in ("range_backwards", "range_too_long")


def test_a_query_knows_its_filters() -> None:
    query = UsageReportQuery.model_validate(RANGE | {"statuses": ["4xx", "0"], "models": ["-"]})
    found = query.filters(date(2026, 11, 22))
    assert (found.first_day, found.last_day) == (date(2026, 11, 1), date(2026, 11, 15))
    assert found.status_ranges == ((400, 499), (0, 0))
    with pytest.raises(ValidationError):
        UsageReportQuery.model_validate(RANGE | {"statuses": ["6xx"]})
