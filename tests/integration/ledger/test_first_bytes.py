"""First bytes and refusals from the gateway's end of them to the series, on a real store."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

from solaris.app import Parts
from solaris.ledger.figures import ReportFilters
from solaris.ledger.refusals import Refusals
from solaris.reports.report import GroupBy
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, NOON, MoneyPath
from tests.integration.reports.reading_support import Readers

PROXY = Path(__file__).parents[3] / "functions" / "proxy" / "app.py"
DAY = NOON.date()
SERIES = f"/admin/stats/timeseries?from={DAY}&to={DAY}"
TODAY = ReportFilters(first_day=DAY, last_day=DAY)


@pytest.fixture
def api(money: MoneyPath) -> Any:
    found = Api(money)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write may take its time here: a busy machine's two seconds are soon over."""
    monkeypatch.setattr("solaris.ledger.refusals.WRITE_SECONDS", 60.0)


def refusals_of(money: MoneyPath) -> Refusals:
    settings = money.parts.settings
    return Refusals(
        money.aws, settings.table_name("counters"), zone=settings.zone, clock=money.clock
    )


async def test_streamed_answers_are_counted_in_the_write_that_books_them(
    money: MoneyPath, api: Any, calls: list[str]
) -> None:
    money.put_user()
    before = len(money.rows("counters"))
    for ms in (150, 150, 300, 9_000):
        assert money.record(money.event(None, ANA, prompt=5, first_byte_ms=ms)) == []
    assert money.record(money.event(None, ANA, prompt=5, model="gpt-4o", first_byte_ms=50)) == []
    assert money.record(money.event(None, ANA, prompt=5)) == []
    # the user's and the system's, by model: no more items than without first bytes
    owners = {(one["owner"], one["day_model"]) for one in money.rows("counters")}
    assert {day_model for _, day_model in owners} == {f"{DAY}#gpt-4o-mini", f"{DAY}#gpt-4o"}
    assert before == 0
    assert "UpdateItem" not in calls
    whole = api.ok("GET", f"{SERIES}&groupBy=model")
    (point,) = whole["points"]
    assert whole["firstByte"] == {"answers": 5, "p50Ms": 175, "p95Ms": 11_200}
    assert (point["firstByteP50Ms"], point["firstByteP95Ms"]) == (175, 11_200)
    by_model = {model: one["firstByteP50Ms"] for model, one in point["byModel"].items()}
    assert by_model == {"gpt-4o-mini": 200, "gpt-4o": 50}
    only = api.ok("GET", f"{SERIES}&model=gpt-4o")
    assert (only["firstByte"]["answers"], only["refusals"]) == (1, None)
    by_hour = api.ok("GET", f"{SERIES}&interval=hour")
    assert (by_hour["firstByte"], by_hour["refusals"]) == (None, None)
    assert {one["firstByteP95Ms"] for one in by_hour["points"]} == {None}


async def test_what_several_processes_refuse_is_one_series(money: MoneyPath, api: Any) -> None:
    one, other = refusals_of(money), refusals_of(money)
    for _ in range(3):
        one.count("insufficient_quota")
    other.count("insufficient_quota")
    other.count("invalid_api_key")
    assert await one.flush()
    assert await other.flush()
    found = api.ok("GET", SERIES)
    assert found["refusals"] == {"insufficient_quota": 4, "invalid_api_key": 1}
    (point,) = found["points"]
    assert (point["refusals"], point["requests"]) == (found["refusals"], 0)
    (row,) = money.rows("counters")
    assert (row["owner"], row["day_model"]) == ("refusals", f"{DAY}#-")


async def test_a_day_of_nothing_but_refusals_is_a_row_of_the_report(
    money: MoneyPath, api: Any
) -> None:
    refusals = refusals_of(money)
    refusals.count("rate_limit_exceeded")
    money.clock.forward(days=-1)
    refusals.count("overloaded")
    refusals.count("overloaded")
    money.clock.forward(days=1)
    await refusals.flush()
    money.put_user()
    assert money.record(money.event(None, ANA, prompt=5, first_byte_ms=90)) == []
    yesterday = DAY - timedelta(days=1)
    report = api.ok("GET", f"/admin/reports/usage?from={yesterday}&to={DAY}&groupBy=day")
    rows = [(one["key"], one["requests"], one["refusals"]) for one in report["items"]]
    assert rows == [(str(yesterday), 0, 2), (str(DAY), 1, 1)]
    assert [one["firstByteP95Ms"] for one in report["items"]] == [None, 95]
    assert report["totals"]["requests"] == 1
    of_ana = f"/admin/reports/usage?groupBy=day&userIds={money.user().user_id}"
    (row,) = api.ok("GET", of_ana)["items"]
    assert (row["refusals"], row["firstByteP95Ms"]) == (None, None), "of one person, not known"


async def test_refusals_are_no_model_and_no_month(money: MoneyPath, api: Any) -> None:
    refusals = refusals_of(money)
    refusals.count("insufficient_quota")
    await refusals.flush()
    assert api.ok("GET", "/admin/stats")["requests"] == 0
    readers = Readers.of(money)
    assert list(readers.reporting.iterate_groups(TODAY, GroupBy.MODEL)) == []


def proxy_of(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """functions/proxy/app.py as a program has it, over a test's stage."""
    monkeypatch.setattr("solaris.app.process_parts", lambda: parts)
    spec = importlib.util.spec_from_file_location("proxy_of_a_test", PROXY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_a_gateway_that_stops_writes_what_it_has_counted(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = money.settings(litellm_base_url="http://127.0.0.1:9/v1").parts
    app: Starlette = proxy_of(parts, monkeypatch).app
    async with app.router.lifespan_context(app):
        parts.ledger.refusals.count("invalid_api_key")
        assert money.rows("counters") == []
    (row,) = money.rows("counters")
    assert row["invalid_api_key"] == 1
