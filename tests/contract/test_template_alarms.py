"""Whatever can fail without anybody seeing it has an alarm."""

from typing import Any

import pytest

from tests.contract.template_document import FUNCTION, document, resources

ALARMS = {name: one["Properties"] for name, one in resources("AWS::CloudWatch::Alarm").items()}
FUNCTIONS = resources(FUNCTION)
DEAD_LETTERS = [name for name in resources("AWS::SQS::Queue") if name.endswith("DeadLetters")]


def metrics(alarm: Any) -> list[dict[str, Any]]:
    """Every metric of an alarm, whether it stands alone or in a formula."""
    if "MetricName" in alarm:
        return [alarm]
    return [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]


def watched(metric: str) -> list[Any]:
    """What the alarms on a metric look at."""
    return [
        dimension["Value"]
        for alarm in ALARMS.values()
        for one in metrics(alarm)
        if one["MetricName"] == metric
        for dimension in one["Dimensions"]
    ]


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_that_fails_or_is_throttled_is_seen(function: str, metric: str) -> None:
    assert {"Ref": function} in watched(metric)


@pytest.mark.parametrize("queue", sorted(DEAD_LETTERS))
def test_one_dead_letter_is_seen(queue: str) -> None:
    seen = [
        alarm
        for alarm in ALARMS.values()
        if {"Fn::GetAtt": [queue, "QueueName"]}
        in [one["Value"] for one in alarm.get("Dimensions", ())]
        and alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]
    assert [(one["Threshold"], one["ComparisonOperator"]) for one in seen] == [
        (1, "GreaterThanOrEqualToThreshold")
    ]


def test_a_month_that_is_not_opened_is_seen() -> None:
    alarm = ALARMS["ResetNotRunAlarm"]
    assert alarm["Dimensions"][0]["Value"] == {"Ref": "OpenPeriodFunction"}
    assert (alarm["MetricName"], alarm["Period"], alarm["Threshold"]) == ("Invocations", 86400, 1)
    assert alarm["TreatMissingData"] == "breaching"


def test_books_that_differ_are_seen() -> None:
    alarm = ALARMS["BooksDifferAlarm"]
    (transformation,) = resources("AWS::Logs::MetricFilter")["ReconcileBooksDifferences"][
        "Properties"
    ]["MetricTransformations"]
    assert alarm["Namespace"] == transformation["MetricNamespace"]
    assert alarm["MetricName"] == transformation["MetricName"]
    assert alarm["Threshold"] == 1


def test_a_slow_proxy_a_failing_api_and_busy_tables_are_seen() -> None:
    assert ALARMS["ProxySlowAlarm"]["ExtendedStatistic"] == "p99"
    assert watched("5XXError")
    for name in ("ReadThrottleEvents", "WriteThrottleEvents"):
        assert {"Ref": "UsersTable"} in watched(name)


def test_busy_indexes_are_seen() -> None:
    """Throttled, an index holds up the writes of its table, whose own metrics stay quiet."""
    indexed = {
        (name, index["IndexName"])
        for name, table in resources("AWS::DynamoDB::Table").items()
        for index in table["Properties"].get("GlobalSecondaryIndexes", ())
    }
    assert indexed
    for kind in ("ReadThrottleEvents", "WriteThrottleEvents"):
        seen = {
            (table["Value"]["Ref"], index["Value"])
            for one in metrics(ALARMS["IndexesThrottledAlarm"])
            if one["MetricName"] == kind
            for table, index in [one["Dimensions"]]
        }
        assert seen == indexed


def test_transactions_in_one_another_s_way_are_seen() -> None:
    seen = watched("TransactionConflict")
    assert {"Ref": "UsersTable"} in seen
    assert {"Ref": "CountersTable"} in seen


@pytest.mark.parametrize("alarm", sorted(ALARMS))
def test_an_alarm_reaches_somebody_and_can_be_switched_off(alarm: str) -> None:
    assert ALARMS[alarm]["AlarmActions"] == [{"Ref": "AlarmsTopic"}]
    assert document()["Resources"][alarm]["Condition"] == "HasAlarms"
    # CloudWatch takes ten metrics in a formula
    assert len(metrics(ALARMS[alarm])) <= 10
