"""Figures in CloudWatch's Embedded Metric Format: bounded, one line a flush, no names."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from solaris.ledger.refusals import REASONS
from solaris.platform import metrics as names
from solaris.platform.aws.metric_lines import FIGURES, MAX_VALUES, MetricLines
from solaris.platform.cache import AsyncCache, Cache
from solaris.platform.metrics import Metrics, publish_metrics, publish_now
from solaris.platform.parts import PlatformParts
from solaris.platform.settings import Settings

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
# AWS's manual: units of a metric, metrics of a directive, characters of a name
UNITS = {"Seconds", "Count", "None"}
MAX_METRICS = 100


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def metrics(written: list[str]) -> Metrics:
    return Metrics(MetricLines("solaris-prod", lambda: AT, written.append))


def only(written: list[str]) -> dict[str, Any]:
    (line,) = written
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_is_what_the_specification_asks_for(metrics: Metrics, written: list[str]) -> None:
    metrics.count(names.REQUESTS, "/v1/chat/completions", "gpt", "200")
    metrics.observe(names.FIRST_BYTE, 0.25, "/v1/chat/completions")
    metrics.write_line()
    found = only(written)
    assert set(found["_aws"]) == {"Timestamp", "CloudWatchMetrics"}
    assert found["_aws"]["Timestamp"] == 1_796_040_000_000
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "solaris-prod",
        "Dimensions": [[]],
        "Metrics": [
            {"Name": "Requests", "Unit": "Count"},
            {"Name": "FirstByteSeconds", "Unit": "Seconds"},
        ],
    }
    assert found["Requests"] == 1
    assert found["FirstByteSeconds"] == [0.25]


def test_a_flush_writes_once_and_then_nothing(metrics: Metrics, written: list[str]) -> None:
    for _ in range(3):
        metrics.count(names.TOKENS_CHARGED, "gpt", amount=40)
    metrics.write_line()
    metrics.write_line()
    assert only(written)["TokensBooked"] == 120


def test_names_that_others_choose_make_no_metric(metrics: Metrics, written: list[str]) -> None:
    """Each name and dimension is charged: models and endpoints are not told apart."""
    for n in range(500):
        metrics.count(names.REQUESTS, f"/v1/{n}", f"model-{n}", "200")
        metrics.count(names.REFUSALS, f"reason-{n}")
        metrics.count(names.LOGIN_FAILURES, f"ana{n}@example.com")
    metrics.write_line()
    found = only(written)
    assert found.keys() - {"_aws", "message"} == {"Requests", "RefusedOther", "LoginsRefused"}
    for text in ("model-", "/v1/", "reason-", "ana"):
        assert text not in written[0]


@pytest.mark.parametrize("reason", [*REASONS, "upstream_error", "internal_error"])
def test_a_refusal_is_one_of_one_kind(metrics: Metrics, written: list[str], reason: str) -> None:
    metrics.count(names.REFUSALS, reason)
    metrics.write_line()
    ((kind, number),) = [
        (key, value) for key, value in only(written).items() if key not in {"_aws", "message"}
    ]
    assert kind.startswith(("Refused", "Upstream"))
    assert number == 1


def test_server_errors_are_those_of_500_and_more(metrics: Metrics, written: list[str]) -> None:
    for status in ("200", "429", "500", "503"):
        metrics.count(names.REQUESTS, "other", "-", status)
    metrics.write_line()
    assert only(written)["ServerErrors"] == 2


def test_values_of_a_line_are_bounded(metrics: Metrics, written: list[str]) -> None:
    for n in range(MAX_VALUES + 50):
        metrics.observe(names.FIRST_BYTE, n, "other")
    metrics.write_line()
    assert len(only(written)["FirstByteSeconds"]) == MAX_VALUES == 100


def test_a_correction_is_set_off_as_in_the_counter(metrics: Metrics, written: list[str]) -> None:
    metrics.count(names.TOKENS_CHARGED, "gpt", amount=-30)
    metrics.write_line()
    assert written == []
    metrics.count(names.TOKENS_CHARGED, "gpt", amount=100)
    metrics.write_line()
    assert only(written)["TokensBooked"] == 70


def test_figures_have_names_and_units_that_cloudwatch_takes() -> None:
    assert len({one.name for one in FIGURES}) == len(FIGURES) <= MAX_METRICS
    assert all(one.name.isalnum() and one.unit in UNITS for one in FIGURES)


@pytest.mark.parametrize("by", ["function", "proxy"])
def test_publishing_writes_the_line_without_redis(
    metrics: Metrics, written: list[str], by: str
) -> None:
    metrics.count(names.ALERT_MAILS, "user", "failed")
    metrics.count(names.ALERT_MAILS, "user", "sent")
    if by == "function":
        publish_now(metrics, Cache(None))
    else:
        asyncio.run(publish_metrics(metrics, AsyncCache(None)))
    assert only(written)["MailsFailed"] == 1


def test_nothing_is_written_unless_the_setting_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDWATCH_METRICS", raising=False)
    for is_on in (False, True):
        settings = Settings(cloudwatch_metrics=is_on)
        platform = PlatformParts(settings, lambda: AT)
        platform.metrics.count(names.REQUESTS, "other", "-", "200")
        platform.metrics.write_line()
        out = capsys.readouterr().err
        assert bool(out) is is_on
    assert json.loads(out)["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "solaris-local"


def test_a_gauge_is_written_where_lines_are(metrics: Metrics, written: list[str]) -> None:
    Metrics().note(names.UNWELL, 2)
    metrics.note(names.UNWELL, 2)
    assert only(written)["UnwellParts"] == [2]
