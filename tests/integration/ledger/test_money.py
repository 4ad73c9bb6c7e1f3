"""What requests cost, from the booking to every place that shows it, on a real store."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from solaris.exports.export import ExportFormat, ExportKind
from solaris.exports.exporter import ReadyFile
from solaris.ledger.booking import SYSTEM_SHARDS, system_owner, user_owner
from solaris.ledger.events import event_to_dict
from solaris.ledger.figures import Figures
from solaris.ledger.reviewing import last_records, sums_by_model, system_sums
from solaris.ledger.shards import counter_shard, usage_shard
from solaris.months.closed import closed_months
from solaris.platform.aws.queues import Message
from solaris.platform.model_weight import ModelWeight
from solaris.quota.usage import Outcome, TokenCounts
from solaris.quota.user import user_id_for
from solaris.reconciliation.books import Fault
from solaris.reports.report import GroupBy
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.exports.exports_support import BOSS, NOVEMBER, Exports, order
from tests.integration.reconciliation.test_reconciling import disturb, faults, run

ANA_ID = user_id_for(ANA)
ANA_PATH = f"/admin/users/{ANA_ID}"
DAY = "2026-11-15"
MINI = "gpt-4o-mini"  # 0.15 USD per million prompt tokens
UNKNOWN = "no-such-model"
REPORT = "/admin/reports/usage?from=2026-11-01&to=2026-11-30"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def exported(money: MoneyPath, kind: ExportKind, form: ExportFormat = ExportFormat.JSON) -> Any:
    ready = Exports.of(money).jobs.export(order(kind, form), BOSS)
    assert isinstance(ready, ReadyFile)
    if form is ExportFormat.JSON:
        return json.loads(ready.content)
    text = ready.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def reported(money: MoneyPath, group_by: GroupBy) -> list[Figures]:
    return [one.figures for one in money.parts.reports.reporting.iterate_groups(NOVEMBER, group_by)]


def test_a_hundred_requests_of_three_tokens_cost_45_micro_dollars(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    events = [money.event(None, prompt=3) for _ in range(100)]
    assert money.record(*events) == []
    assert {row["cost_micros"] for row in money.rows("usage")} == {0}
    assert {row["cost_nanos"] for row in money.rows("usage")} == {450}

    stats = api.ok("GET", f"{ANA_PATH}/stats")
    assert (stats["cost30DaysMicros"], stats["cost30Days"]) == (45, 4.5e-05)
    (of_user,), of_system = sums_by_model(ANA_ID, "2026-11"), system_sums("2026-11")
    assert of_user.figures.total_cost == of_system[0].figures.total_cost == 45_000
    for group_by in (GroupBy.USER, GroupBy.MODEL, GroupBy.DAY):
        assert [one.shown_micros for one in reported(money, group_by)] == [45]
        by_counters = api.ok("GET", f"{REPORT}&groupBy={group_by.value}")["totals"]
        by_records = api.ok("GET", f"{REPORT}&groupBy={group_by.value}&statuses=2xx")["totals"]
        assert by_counters == by_records
        assert (by_counters["costMicros"], by_counters["cost"]) == (45, 4.5e-05)
    for kind in (ExportKind.BY_USER, ExportKind.BY_MODEL, ExportKind.BY_DAY):
        assert [one["cost"] for one in exported(money, kind)] == [4.5e-05]
    lines = exported(money, ExportKind.USAGE, ExportFormat.CSV)
    assert sum(Decimal(one["Custo (USD)"].replace(",", ".")) for one in lines) == Decimal(
        "0.000045"
    )
    money.assert_books_balance()
    assert not run(money).findings


def test_both_figures_of_a_cost_are_proved_and_mended(money: MoneyPath) -> None:
    money.put_user()
    event = money.event(None, prompt=10_003)
    assert money.record(event, money.event(None, prompt=7, model=UNKNOWN)) == []
    day_model = f"{DAY}#{MINI}"
    key = {"owner": user_owner(ANA_ID), "day_model": day_model}
    disturb(money, "counters", key, cost_nanos=3, unpriced_requests=1)
    found = faults(run(money))
    assert found[Fault.COUNTER, "cost_nanos"] == (450, 453)
    assert found[Fault.COUNTER, "unpriced_requests"] == (0, 1)
    # the users' counters are believed before they are mended themselves
    assert found[Fault.SYSTEM_COUNTER, "cost_nanos"] == (453, 450)
    assert run(money, repair=True).open_findings == 0
    assert not run(money).findings
    disturb(
        money, "counters", {"owner": user_owner(ANA_ID), "day_model": f"{DAY}#{UNKNOWN}"},
        unpriced_requests=-1,
    )  # fmt: skip
    assert run(money, repair=True).open_findings == 0
    money.assert_books_balance()


def test_what_has_no_price_is_shown_so_everywhere(money: MoneyPath, api: Api) -> None:
    money.put_user()
    known = money.event(None, prompt=1_000)
    unknown = money.event(None, prompt=500, model=UNKNOWN)
    failed = money.event(None, outcome=Outcome.RELEASED, model=UNKNOWN)
    assert money.record(known, unknown, failed) == []
    records = {one["requestId"]: one for one in api.ok("GET", f"{ANA_PATH}/usage")["items"]}
    one = records[unknown.request_id]
    assert (one["costMicros"], one["totalCost"], one["costPerToken"]) == (None, None, None)
    # nothing used is nothing paid, whatever it would have cost
    assert records[failed.request_id]["costMicros"] == 0
    assert records[known.request_id]["costMicros"] == 150

    stats = api.ok("GET", f"{ANA_PATH}/stats")
    assert (stats["cost30DaysMicros"], stats["unpriced30Days"]) == (150, 1)
    by_model = {
        one["key"]: (one["costMicros"], one["unpricedRequests"])
        for one in api.ok("GET", f"{REPORT}&groupBy=model")["items"]
    }
    assert by_model == {MINI: (150, 0), UNKNOWN: (None, 1), "-": (0, 0)}
    single = api.ok("GET", f"{REPORT}&groupBy=none")
    assert sorted(str(one["costMicros"]) for one in single["items"]) == ["0", "150", "None"]
    assert (single["totals"]["costMicros"], single["totals"]["unpricedRequests"]) == (150, 1)

    assert {one["model"]: one["cost"] for one in exported(money, ExportKind.BY_MODEL)} == {
        "-": 0,
        MINI: 0.00015,
        UNKNOWN: None,
    }
    (by_day,) = exported(money, ExportKind.BY_DAY, ExportFormat.CSV)
    assert (by_day["Custo (USD)"], by_day["Requisições sem preço"]) == ("0,000150", "1")
    lines = exported(money, ExportKind.USAGE, ExportFormat.CSV)
    assert sorted(one["Custo (USD)"] for one in lines) == ["0,000000", "0,000150", "sem preço"]
    shown = {one.request_id: one.cost_micros for one in last_records(ANA_ID)}
    assert shown[unknown.request_id] is None
    money.assert_books_balance()
    assert not run(money).findings


def test_a_free_model_is_not_one_without_a_price(money: MoneyPath, api: Api) -> None:
    free = money.settings(model_prices={UNKNOWN: {"prompt": 0, "completion": 0}})
    free.put_user()
    event = free.event(None, prompt=500, model=UNKNOWN)
    assert free.record(event) == []
    (record,) = api.ok("GET", f"{ANA_PATH}/usage")["items"]
    assert (record["costMicros"], record["totalCost"]) == (0, 0)
    (row,) = api.ok("GET", f"{REPORT}&groupBy=model")["items"]
    assert (row["costMicros"], row["unpricedRequests"]) == (0, 0)


def test_an_alias_costs_what_the_model_that_answered_costs(money: MoneyPath, api: Api) -> None:
    money.put_user()
    names: dict[str, Any] = {
        "model": "alias",
        "asked_model": "team/alias",
        "answered_model": MINI,
    }
    counts = TokenCounts(1_000, 0, 0, 0, 400, 100)
    event = money.event(None, prompt=1_000, counts=counts, **names)
    assert money.record(event) == []
    (record,) = api.ok("GET", f"{ANA_PATH}/usage")["items"]
    # 600 plain, 300 written for minutes at 1.25, 100 for an hour at 2 times 0.15
    assert record["costMicros"] == round(0.15 * (600 + 300 * 1.25 + 100 * 2))
    assert (record["model"], record["askedModel"], record["answeredModel"]) == tuple(names.values())
    assert (record["cacheWriteTokens"], record["cacheWrite1HTokens"]) == (400, 100)
    (line,) = exported(money, ExportKind.USAGE)
    assert (line["model"], line["askedModel"], line["answeredModel"]) == tuple(names.values())
    assert (line["cacheWriteTokens"], line["cacheWrite1HTokens"]) == (400, 100)
    (row,) = api.ok("GET", f"{REPORT}&groupBy=none")["items"]
    assert (row["askedModel"], row["answeredModel"]) == ("team/alias", MINI)


def test_by_what_weight_a_request_was_charged_is_told_everywhere(
    money: MoneyPath, api: Api
) -> None:
    money.put_user()
    event = replace(
        money.event(None, prompt=100),
        charged_tokens=200,
        weight=ModelWeight(2_000, 5_000, 500),
        held_weight=ModelWeight(0, 0, 0),
    )
    assert money.record(event) == []
    told = {"prompt": 2, "completion": 5, "cached": 0.5}
    held = {"prompt": 0, "completion": 0, "cached": 0}
    (record,) = api.ok("GET", f"{ANA_PATH}/usage")["items"]
    assert (record["totalTokens"], record["chargedTokens"]) == (100, 200)
    assert (record["weight"], record["heldWeight"]) == (told, held)
    (row,) = api.ok("GET", f"{REPORT}&groupBy=none")["items"]
    assert (row["tokens"], row["weight"], row["heldWeight"]) == (200, told, held)
    (sum_of,) = api.ok("GET", f"{REPORT}&groupBy=model")["items"]
    assert (sum_of["weight"], sum_of["heldWeight"]) == (None, None)
    (line,) = exported(money, ExportKind.USAGE)
    assert [line[f"{part}Weight"] for part in told] == [2, 5, 0.5]
    (cells,) = exported(money, ExportKind.USAGE, ExportFormat.CSV)
    assert [*cells.items()][-5:-2] == [
        ("Peso da entrada", "2"),
        ("Peso da saída", "5"),
        ("Peso do cache", "0,5"),
    ]


async def test_a_late_answer_takes_the_expirys_unknown_cost_out(money: MoneyPath) -> None:
    admission = await money.admit(prompt=100)
    expired = money.event(
        admission.reservation, outcome=Outcome.EXPIRED, status_code=0, model=UNKNOWN
    )
    late = money.event(admission.reservation, completion=3)
    assert money.record(expired) == []
    assert system_sums("2026-11")[0].figures.unpriced_requests == 1
    assert money.record(late) == []
    assert {one.model: one.figures.unpriced_requests for one in system_sums("2026-11")} == {
        MINI: 0,
        UNKNOWN: 0,
    }
    money.assert_books_balance()
    assert not run(money).findings


# -- data of the version before ------------------------------------------------------------


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def put_rows_of_the_version_before(money: MoneyPath) -> None:
    """A request of 1,000 prompt tokens as it was booked before there were nano-dollars."""
    created_at = f"{DAY}T15:00:00.000Z"
    figures = {
        "prompt_tokens": number(1_000),
        "completion_tokens": number(0),
        "cached_tokens": number(0),
        "charged_tokens": number(1_000),
        "cost_micros": number(150),
    }
    record = {
        "user_id": ANA_ID,
        "record_key": f"{created_at}#req-old",
        "day_shard": usage_shard(DAY, "req-old"),
        "request_id": "req-old",
        "period": "2026-11",
        "outcome": "settled",
        "created_at": created_at,
        "recorded_at": created_at,
        "model": MINI,
        "endpoint": "/v1/chat/completions",
        "method": "POST",
    }
    numbers = {"reasoning_tokens": 0, "total_tokens": 1_000, "status_code": 200}
    rows: list[tuple[str, dict[str, Any]]] = [
        (
            "usage",
            {name: {"S": value} for name, value in record.items()}
            | {name: number(value) for name, value in numbers.items()}
            | figures
            | {"estimated": {"BOOL": False}, "expires_at": number(1_900_000_000)},
        )
    ]
    counted = figures | {"requests": number(1), "errors": number(0)}
    day_model = {"day_model": {"S": f"{DAY}#{MINI}"}}
    shard = {"day_shard": {"S": counter_shard(DAY, ANA_ID)}}
    hours = {"tokens_12": number(1_000), "requests_12": number(1)}
    rows += [
        ("counters", {"owner": {"S": user_owner(ANA_ID)}} | day_model | shard | counted),
        ("counters", {"owner": {"S": system_owner(0)}} | day_model | hours | counted),
    ]
    money.put_user(current_usage=1_000)
    for table, item in rows:
        name = money.parts.settings.table_name(table)
        money.parts.platform.dynamodb.put_item(TableName=name, Item=item)


def test_rows_of_the_version_before_are_read_and_reconciled(money: MoneyPath, api: Api) -> None:
    put_rows_of_the_version_before(money)
    money.assert_books_balance()
    assert not run(money).findings
    (record,) = api.ok("GET", f"{ANA_PATH}/usage")["items"]
    assert (record["costMicros"], record["totalCost"]) == (150, 0.00015)
    assert (record["askedModel"], record["answeredModel"]) == (None, None)
    assert (record["cacheWriteTokens"], record["cacheWrite1HTokens"]) == (0, 0)
    for group_by in ("user", "model", "day", "none"):
        totals = api.ok("GET", f"{REPORT}&groupBy={group_by}")["totals"]
        assert (totals["costMicros"], totals["unpricedRequests"]) == (150, 0)
    assert (record["weight"], record["heldWeight"]) == (None, None)
    (line,) = exported(money, ExportKind.USAGE)
    assert (line["cost"], line["askedModel"], line["promptWeight"]) == (0.00015, None, None)
    # an unknown model of that version was booked as costing nothing, and stays so
    assert api.ok("GET", f"{ANA_PATH}/stats")["cost30DaysMicros"] == 150


def test_new_bookings_add_to_the_counters_of_the_version_before(money: MoneyPath) -> None:
    put_rows_of_the_version_before(money)
    events = [money.event(None, prompt=3, request_id=f"req-{n}") for n in range(20)]
    assert money.record(*events) == []
    money.assert_books_balance()
    assert not run(money).findings
    (of_user,), (of_system,) = sums_by_model(ANA_ID, "2026-11"), system_sums("2026-11")
    assert of_user.figures.total_cost == of_system.figures.total_cost == 150_000 + 20 * 450


def test_a_counter_of_the_version_before_can_be_mended(money: MoneyPath) -> None:
    put_rows_of_the_version_before(money)
    key = {"owner": user_owner(ANA_ID), "day_model": f"{DAY}#{MINI}"}
    disturb(money, "counters", key, cost_micros=7)
    assert run(money, repair=True).open_findings == 0
    assert not run(money).findings
    shards = [row for row in money.rows("counters") if row["owner"].startswith("system#")]
    assert len(shards) <= SYSTEM_SHARDS
    money.assert_books_balance()


def test_a_message_of_the_version_before_is_booked(money: MoneyPath) -> None:
    money.put_user()
    body = event_to_dict(money.event(None, prompt=1_000))
    later = {"cache_write_tokens", "cache_write_1h_tokens", "asked_model", "answered_model"}
    assert later.isdisjoint(body)
    message = Message("m", orjson.dumps(body).decode())
    assert money.parts.ledger.recorder.record_messages([message]) == []
    (row,) = money.rows("usage")
    assert row["cost_micros"] == 150
    # a record of the version before is the same but for what is not there
    assert {"cost_nanos", "unpriced", *later}.isdisjoint(row)


async def test_a_closed_month_says_what_it_does_not_know(money: MoneyPath, api: Api) -> None:
    money.put_user()
    priced, unpriced = money.event(None, prompt=10), money.event(None, prompt=5, model=UNKNOWN)
    assert money.record(unpriced) == []
    money.clock.forward(days=20)
    api.ok("POST", f"{ANA_PATH}/activate")  # a change opens the month
    (month,) = api.ok("GET", f"{ANA_PATH}/periods")["items"]
    assert (month["costMicros"], month["totalCost"], month["unpricedRequests"]) == (None, None, 1)
    assert money.record(replace(priced, period="2026-11")) == []
    (found,) = closed_months(ANA_ID)
    assert (found.cost, found.cost_micros, found.unpriced_requests) == (1_500, 2, 1)
