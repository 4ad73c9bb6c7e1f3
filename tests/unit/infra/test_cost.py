"""The cost of a month: exact sums, prices for every line, figures that are the template's."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import cost
from infra.deploy.cost_model import (
    CONSUMED_QUEUES,
    MEMORY_MB,
    SCHEDULES,
    WRITE_UNITS,
    Assumptions,
    break_even_requests,
    month,
    total,
)

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = (ROOT / "template.yaml").read_text(encoding="utf-8")
PRICES: dict[str, Any] = json.loads(cost.PRICES.read_text(encoding="utf-8"))
USUAL = Assumptions(
    users=500,
    requests=200_000,
    alarm_metrics=cost.alarm_metrics(),
    api_methods=cost.api_methods(),
    own_metrics=cost.own_metrics(),
)
TABLES = [pytest.param(PRICES["regions"][name], id=name) for name in PRICES["regions"]]


def usd(a: Assumptions, price: dict[str, float], service: str, what: str) -> float:
    (line,) = [one for one in month(a, price) if (one.service, one.what) == (service, what)]
    return line.usd


def test_the_lines_that_weigh_are_reckoned_right() -> None:
    price = PRICES["regions"]["us-east-1"]
    assert usd(USUAL, price, "Lambda", "proxy") == pytest.approx(200_000 * 8 * 0.0000133334)
    assert usd(USUAL, price, "DynamoDB", "writes") == pytest.approx(0.2 * WRITE_UNITS * 0.625)
    assert usd(USUAL, price, "API Gateway", "REST requests") == pytest.approx(0.22 * 3.5)
    assert usd(USUAL, price, "CloudFront", "answers") == pytest.approx(20 * 0.085)


def test_twice_the_answer_is_twice_the_proxys_time() -> None:
    price = PRICES["regions"]["us-east-1"]
    longer = replace(USUAL, answer_seconds=16)
    assert usd(longer, price, "Lambda", "proxy") == 2 * usd(USUAL, price, "Lambda", "proxy")


def test_ten_megabytes_streamed_are_a_request() -> None:
    price = PRICES["regions"]["us-east-1"]
    large = replace(USUAL, answer_kb=25_000, admin_requests=0)
    assert usd(large, price, "API Gateway", "REST requests") == pytest.approx(0.6 * 3.5)
    assert usd(large, price, "Lambda", "streamed") == pytest.approx(200_000 * 19 / 1000 * 0.008)


@pytest.mark.parametrize("price", TABLES)
def test_every_price_is_used_and_every_line_has_one(price: dict[str, float]) -> None:
    used: set[str] = set()

    class Watched(dict[str, float]):
        def __getitem__(self, name: str) -> float:
            used.add(name)
            return super().__getitem__(name)

    options = {"has_cache": True, "has_nat": True, "has_waf": True, "has_detailed_metrics": True}
    for architecture in ("arm64", "x86_64"):
        month(replace(USUAL, architecture=architecture, **options), Watched(price))
    assert used == set(price)
    assert all(value > 0 for value in price.values())


@pytest.mark.parametrize("price", TABLES)
@pytest.mark.parametrize("is_free_tier", [False, True])
def test_the_break_even_is_where_the_server_becomes_cheaper(
    price: dict[str, float], is_free_tier: bool
) -> None:
    a = replace(USUAL, is_free_tier=is_free_tier)
    even = break_even_requests(a, price, 24.0)
    assert total(month(replace(a, requests=even - 1), price)) < 24.0
    assert total(month(replace(a, requests=even), price)) >= 24.0
    assert break_even_requests(a, price, 0.0) == 0


@pytest.mark.parametrize("price", TABLES)
def test_what_is_free_only_takes_off(price: dict[str, float]) -> None:
    paid, given = month(USUAL, price), month(replace(USUAL, is_free_tier=True), price)
    assert all(after.usd <= before.usd for before, after in zip(paid, given, strict=True))
    assert total(given) < total(paid)


@pytest.mark.parametrize("name", sorted(MEMORY_MB))
def test_memory_is_the_templates(name: str) -> None:
    after = TEMPLATE.split(f"FunctionName: !Sub solaris-${{Stage}}-{name}\n")
    assert len(after) == 2, f"template.yaml has no function {name}"
    found = re.search(r"MemorySize: (\d+)", after[1])
    assert found
    assert int(found[1]) == MEMORY_MB[name]


def test_alarms_queues_and_schedules_are_the_templates() -> None:
    alarms = TEMPLATE.split("# ---- Alarms")[1]
    assert cost.alarm_metrics() == len(re.findall(r"^ +MetricName: ", alarms, re.MULTILINE)) > 48
    assert cost.api_methods() == TEMPLATE.count("x-amazon-apigateway-integration:")
    assert len(re.findall(r"^ +Type: SQS$", TEMPLATE, re.MULTILINE)) == CONSUMED_QUEUES
    assert len(re.findall(r"ScheduleExpression: ", TEMPLATE)) == SCHEDULES


def test_the_table_is_dated_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost.main(["--users", "500", "--requests-per-user", "400", "--explain"]) == 0
    printed = capsys.readouterr().out
    assert PRICES["as_of"] in printed
    assert "check them before you rely on them" in printed
    assert "200,000 calls × 8 s × 1024 MB" in printed
    assert "R$ " in printed


def test_json_holds_what_the_table_shows(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--users", "10", "--requests-per-user", "5", "--usd-brl", "5", "--json"]
    assert cost.main([*arguments, "--region", "sa-east-1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["aws_usd"] == pytest.approx(sum(one["usd"] for one in found["lines"]))
    assert found["aws_brl"] == pytest.approx(5 * found["aws_usd"])


@pytest.mark.parametrize("wrong", ["-1", "many", "1e99"])
def test_a_wrong_number_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cost.main(["--users", wrong, "--requests-per-user", "1"])
    assert "--users" in capsys.readouterr().err


def test_starts_of_lambdas_are_paid() -> None:
    price = PRICES["regions"]["us-east-1"]
    cold = replace(USUAL, cold_share=1.0, init_seconds=2.0, admin_requests=0)
    # the proxy's gigabyte, and the recorder's half one
    assert usd(cold, price, "Lambda", "starts") == pytest.approx(200_000 * 3 * 0.0000133334)
    assert usd(replace(cold, cold_share=0.0), price, "Lambda", "starts") == 0


@pytest.mark.parametrize(
    ("given", "region"),
    [("sa-east-1", "sa-east-1"), ("", "us-east-1"), ("eu-nowhere-9", "us-east-1")],
)
def test_the_region_is_the_one_that_is_deployed(
    given: str, region: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", given)
    assert cost.main(["--users", "10", "--requests-per-user", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["region"] == region


def test_it_is_said_that_stop_does_not_stop(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost.main(["--users", "10", "--requests-per-user", "5"]) == 0
    assert "An answer that its reader stops runs to its end on AWS" in capsys.readouterr().out
