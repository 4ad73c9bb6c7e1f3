"""The dashboard names metrics that somebody writes, and is what CloudWatch takes."""

import json
import re
from typing import Any

from infra.deploy import cost
from solaris.platform.aws.metric_lines import FIGURES
from tests.contract.template_document import document, resources

MAX_FREE_METRICS = 50
OURS = "solaris-${Stage}"
SQS_AGE = "ApproximateAgeOfOldestMessage"
# What AWS writes by itself (its manuals, by service) and the dimensions by which it does.
OF_AWS: dict[tuple[str, str], set[tuple[str, ...]]] = {
    ("AWS/Lambda", "Errors"): {("FunctionName",)},
    ("AWS/Lambda", "Throttles"): {("FunctionName",)},
    ("AWS/Lambda", "ConcurrentExecutions"): {(), ("FunctionName",)},
    ("AWS/ApiGateway", "5XXError"): {("ApiName", "Stage")},
    ("AWS/SQS", SQS_AGE): {("QueueName",)},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {("QueueName",)},
    ("AWS/DynamoDB", "WriteThrottleEvents"): {("TableName",)},
    ("AWS/SES", "Send"): {()},
    ("AWS/SES", "Bounce"): {()},
    ("AWS/SES", "Complaint"): {()},
    ("AWS/Billing", "EstimatedCharges"): {("Currency",)},
}


def properties() -> dict[str, Any]:
    ((_, dashboard),) = resources("AWS::CloudWatch::Dashboard").items()
    assert dashboard["Condition"] == "HasDashboard"
    found: dict[str, Any] = dashboard["Properties"]
    return found


def widgets() -> list[dict[str, Any]]:
    body = properties()["DashboardBody"]["Fn::Sub"].replace("${MonthlyBudgetUsd}", "100")
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def metrics() -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Namespace, name, names and values of the dimensions of every line drawn."""
    found = []
    for widget in widgets():
        for written in widget["properties"]["metrics"]:
            words = [one for one in written if isinstance(one, str)]
            found.append((words[0], words[1], tuple(words[2::2]), tuple(words[3::2])))
    return found


def written_by_filters() -> set[str]:
    return {
        one["MetricName"]
        for filtered in resources("AWS::Logs::MetricFilter").values()
        for one in filtered["Properties"]["MetricTransformations"]
        if one["MetricNamespace"] == {"Fn::Sub": OURS}
    }


def test_each_metric_is_one_that_is_written() -> None:
    ours = {one.name for one in FIGURES} | written_by_filters()
    for namespace, name, dimensions, _ in metrics():
        if namespace == OURS:
            assert name in ours
            assert dimensions == ()
        else:
            assert dimensions in OF_AWS[namespace, name]


def test_each_figure_is_shown() -> None:
    shown = {name for namespace, name, _, _ in metrics() if namespace == OURS}
    assert shown == {one.name for one in FIGURES} | written_by_filters()


def test_what_is_named_in_it_is_in_the_template() -> None:
    known = {*document()["Resources"], *document()["Parameters"], "AWS::Region"}
    body = properties()["DashboardBody"]["Fn::Sub"]
    assert {one.split(".")[0] for one in re.findall(r"\$\{([^}]+)\}", body)} <= known
    conditional = {n for n, one in document()["Resources"].items() if "Condition" in one}
    named = {one.split(".")[0] for one in re.findall(r"\$\{([^}]+)\}", body)}
    assert not named & conditional  # or the dashboard would fail where they are not made


def test_every_queue_is_looked_at() -> None:
    by_name = {
        name: {values[0] for _, one, _, values in metrics() if one == name}
        for name in (SQS_AGE, "ApproximateNumberOfMessagesVisible")
    }
    queues = {f"${{{one}.QueueName}}" for one in resources("AWS::SQS::Queue")}
    dead = {one for one in queues if "DeadLetters" in one}
    assert by_name == {
        SQS_AGE: queues - dead,
        "ApproximateNumberOfMessagesVisible": dead,
    }


def test_the_first_bytes_are_shown_as_percentiles() -> None:
    (widget,) = [one for one in widgets() if "first byte" in one["properties"]["title"]]
    assert [one[-1]["stat"] for one in widget["properties"]["metrics"]] == ["p50", "p95"]


def test_it_is_what_cloudwatch_takes() -> None:
    places = set()
    for widget in widgets():
        assert widget["type"] == "metric"
        assert widget["x"] + widget["width"] <= 24
        places.add((widget["x"], widget["y"]))
        assert {"title", "region", "stat", "period", "view"} <= widget["properties"].keys()
        assert widget["properties"]["period"] % 60 == 0
    assert len(places) == len(widgets())
    # three dashboards of 50 metrics each are free
    assert len(metrics()) <= MAX_FREE_METRICS
    name = properties()["DashboardName"]["Fn::Sub"]
    assert name == f"{OURS}-${{AWS::Region}}"  # names of dashboards are the whole account's


def test_the_cost_counts_them() -> None:
    assert cost.own_metrics() == len(FIGURES) + len(written_by_filters())


def test_one_parameter_switches_figures_and_dashboard_off() -> None:
    condition = document()["Conditions"]["HasDashboard"]
    assert condition == {"Fn::Equals": [{"Ref": "CloudwatchMetrics"}, "true"]}
    variables = document()["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["CLOUDWATCH_METRICS"] == {"Ref": "CloudwatchMetrics"}
