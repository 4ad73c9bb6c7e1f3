"""What a stage shares with its account: names, keys, executions, budget, time-outs."""

import json
from typing import Any

import pytest

from tests.contract.template_document import document, functions, resources, texts

RESOURCES: dict[str, Any] = document()["Resources"]
PARAMETERS: dict[str, Any] = document()["Parameters"]
# Names that are unique in the world or in the account, not in a region, and how long they may be.
GLOBAL_NAMES = {
    "AWS::S3::Bucket": ("BucketName", 63),
    "AWS::CloudFront::Function": ("Name", 64),
    "AWS::CloudFront::OriginAccessControl": ("Name", 64),
    "AWS::CloudFront::ResponseHeadersPolicy": ("Name", 128),
    "AWS::Budgets::Budget": ("BudgetName", 100),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", 128),
}
LONGEST = {
    "${Stage}": "s" * 20,
    "${AWS::AccountId}": "0" * 12,
    "${AWS::Region}": "ap-southeast-1",
}


def named(value: Any, name: str) -> list[Any]:
    """Every value of a property, however deep."""
    if isinstance(value, list):
        return [found for one in value for found in named(one, name)]
    if not isinstance(value, dict):
        return []
    own = [inner for key, inner in value.items() if key == name]
    return own + [found for inner in value.values() for found in named(inner, name)]


@pytest.mark.parametrize("kind", sorted(GLOBAL_NAMES))
def test_a_name_that_is_no_region_s_own_has_the_region_in_it(kind: str) -> None:
    """So that a stage of the same name can be in two regions."""
    key, most = GLOBAL_NAMES[kind]
    for logical, resource in resources(kind).items():
        for name in named(resource["Properties"], key):
            if isinstance(name, str):  # a reference to another resource's name
                continue
            text = name.get("Fn::Sub", "")
            if text:
                assert "${AWS::Region}" in text, logical
            for part, longest in LONGEST.items():
                text = text.replace(part, longest)
            assert len(text) <= most, logical


def test_buckets_have_names() -> None:
    """Else the test above looks at nothing."""
    assert {
        name: resource["Properties"]["BucketName"]["Fn::Sub"]
        for name, resource in resources("AWS::S3::Bucket").items()
    } == {
        "FilesBucket": "solaris-${Stage}-files-${AWS::AccountId}-${AWS::Region}",
        "SiteBucket": "solaris-${Stage}-site-${AWS::AccountId}-${AWS::Region}",
    }


def test_an_own_key_encrypts_whatever_keeps_data() -> None:
    key = {"Fn::If": ["HasKmsKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
    for name, table in resources("AWS::DynamoDB::Table").items():
        encryption = table["Properties"]["SSESpecification"]
        assert (encryption["SSEEnabled"], encryption["KMSMasterKeyId"]) == (True, key), name
    for name, secret in resources("AWS::SecretsManager::Secret").items():
        assert secret["Properties"]["KmsKeyId"] == key, name
    assert named(RESOURCES["FilesBucket"], "KMSMasterKeyID") == [key]
    statements = RESOURCES["FunctionPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    chosen = [one["Fn::If"] for one in statements if "Fn::If" in one]
    (allowed,) = [one for condition, one, _ in chosen if condition == "HasKmsKey"]
    assert allowed["Resource"] == {"Ref": "KmsKeyArn"}
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(allowed["Action"])
    assert PARAMETERS["KmsKeyArn"]["Default"] == ""


def test_a_budget_tells_whoever_hears_of_alarms() -> None:
    budget = RESOURCES["Budget"]
    assert budget["Condition"] == "HasBudget"
    told = budget["Properties"]["NotificationsWithSubscribers"]
    assert {one["Notification"]["NotificationType"] for one in told} == {"ACTUAL", "FORECASTED"}
    for one in told:
        assert one["Subscribers"] == [
            {"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmEmail"}}
        ]
    assert {"Condition": "HasAlarmEmail"} in document()["Conditions"]["HasBudget"]["Fn::And"]
    assert PARAMETERS["MonthlyBudgetUsd"]["Default"] == 0


def test_recorder_and_authorizer_can_have_executions_of_their_own() -> None:
    """Only when it is asked: a new account has too few for it, and the deployment would fail."""
    reserved = {
        name: one["ReservedConcurrentExecutions"]["Fn::If"]
        for name, one in functions().items()
        if "ReservedConcurrentExecutions" in one
    }
    assert set(reserved) == {"record-usage", "signed-in"}
    for condition, count, otherwise in reserved.values():
        assert (condition, otherwise) == ("HasReserved", {"Ref": "AWS::NoValue"})
        assert count >= 10
    assert PARAMETERS["ReserveConcurrency"]["Default"] == "false"


def test_the_recorder_has_an_execution_for_each_batch_at_once() -> None:
    recorder = functions()["record-usage"]
    most = recorder["Events"]["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert recorder["ReservedConcurrentExecutions"]["Fn::If"][1] >= most


def test_a_stream_gets_its_comment_before_cloudfront_gives_it_up() -> None:
    config = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
    (api,) = [one for one in config["Origins"] if one["Id"] == "api"]
    waits = api["CustomOriginConfig"]["OriginReadTimeout"]
    assert waits == 120
    assert 2 * PARAMETERS["SseCommentSeconds"]["MaxValue"] <= waits


def test_what_an_answer_without_a_reader_costs_can_be_bounded() -> None:
    assert functions()["proxy"]["Timeout"] == {"Ref": "ProxyTimeoutSeconds"}
    assert PARAMETERS["ProxyTimeoutSeconds"]["MaxValue"] == 900


def test_metrics_of_each_method_are_asked_for() -> None:
    (settings,) = RESOURCES["Api"]["Properties"]["MethodSettings"]
    assert settings["MetricsEnabled"] == {"Ref": "DetailedApiMetrics"}
    assert PARAMETERS["DetailedApiMetrics"]["Default"] == "false"


def test_access_logs_hold_no_key_and_no_question() -> None:
    condition, logs, _ = RESOURCES["Api"]["Properties"]["AccessLogSetting"]["Fn::If"]
    assert condition == "HasAccessLogs"
    names = set(json.loads(logs["Format"]).values())
    assert "$context.requestId" in names
    assert not [one for one in texts(list(names)) if "header" in one or "authorizer" in one]
