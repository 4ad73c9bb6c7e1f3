"""Queues and what reads them, against platform/aws/queues.py and Lambda's and SQS's rules."""

from typing import Any

import pytest

from solaris.platform.aws import queues as code
from tests.contract.template_document import document, functions, resources

STAGE = "solaris-${Stage}-"
WRITTEN = {
    one["Properties"]["QueueName"]["Fn::Sub"].removeprefix(STAGE): (name, one["Properties"])
    for name, one in resources("AWS::SQS::Queue").items()
}
# Failures of what no queue invokes.
OTHER_DEAD_LETTERS = {"schedules-dlq", "mail-events-dlq"}
READERS = {
    "usage": "record-usage",
    "alerts": "send-alert",
    "exports": "run-exports",
    "channels": "deliver-to-channels",
}
# AWS's advice. Exports: one message at a time, and a lease that makes a repeat harmless, so what
# a crash has left need not wait for an hour and a half.
VISIBILITY_TIMES_TIMEOUT = {"usage": 6, "alerts": 6, "exports": 1, "channels": 6}


def test_the_queues_are_the_code_s_each_with_its_dead_letters() -> None:
    expected = {name for queue in code.QUEUES for name in (queue, f"{queue}-dlq")}
    assert set(WRITTEN) == expected | OTHER_DEAD_LETTERS


@pytest.mark.parametrize("queue", code.QUEUES)
def test_a_message_is_tried_and_kept_as_the_code_says(queue: str) -> None:
    properties = WRITTEN[queue][1]
    dead_letters = WRITTEN[f"{queue}-dlq"][0]
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]},
        "maxReceiveCount": code.MAX_RECEIVES,
    }
    least = (
        code.EXPORT_VISIBILITY_SECONDS if queue == code.EXPORTS_QUEUE else code.VISIBILITY_SECONDS
    )
    assert properties["VisibilityTimeout"] >= least


@pytest.mark.parametrize("queue", code.QUEUES)
def test_a_message_stays_hidden_while_its_function_runs(queue: str) -> None:
    timeout = functions()[READERS[queue]]["Timeout"]
    hidden = WRITTEN[queue][1]["VisibilityTimeout"]
    assert hidden >= VISIBILITY_TIMES_TIMEOUT[queue] * timeout
    assert hidden > timeout


@pytest.mark.parametrize("queue", sorted(WRITTEN))
def test_a_queue_is_encrypted_kept_two_weeks_and_only_for_tls(queue: str) -> None:
    logical, properties = WRITTEN[queue]
    assert properties["SqsManagedSseEnabled"] is True
    assert properties["MessageRetentionPeriod"] == code.RETENTION_SECONDS
    assert is_only_for_tls("AWS::SQS::QueuePolicy", "Queues", logical)


@pytest.mark.parametrize("topic", sorted(resources("AWS::SNS::Topic")))
def test_a_topic_is_only_for_tls(topic: str) -> None:
    assert is_only_for_tls("AWS::SNS::TopicPolicy", "Topics", topic)


@pytest.mark.parametrize("bucket", sorted(resources("AWS::S3::Bucket")))
def test_a_bucket_is_private_encrypted_and_only_for_tls(bucket: str) -> None:
    properties = resources("AWS::S3::Bucket")[bucket]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert properties["BucketEncryption"]
    assert is_only_for_tls("AWS::S3::BucketPolicy", "Bucket", bucket)


def is_only_for_tls(kind: str, names: str, resource: str) -> bool:
    """Whether a policy of this type denies everything without TLS to the resource."""
    for one in resources(kind).values():
        properties = one["Properties"]
        if {"Ref": resource} in (properties[names], *as_list(properties[names])):
            for written in properties["PolicyDocument"]["Statement"]:
                conditional = written.get("Fn::If", ["", written])
                assert "RequiresTls" in (conditional[0], one.get("Condition")) or (
                    written.get("Sid") != "OnlyTls"
                )
                statement = conditional[1]
                if statement.get("Sid") == "OnlyTls":
                    assert statement["Effect"] == "Deny"
                    assert statement["Principal"] == "*"
                    return bool(statement["Condition"] == {"Bool": {"aws:SecureTransport": False}})
    return False


@pytest.mark.parametrize("queue", code.QUEUES)
def test_a_queue_s_function_names_what_failed(queue: str) -> None:
    events = list(functions()[READERS[queue]]["Events"].values())
    assert len(events) == 1
    mapping = events[0]["Properties"]
    assert mapping["Queue"] == {"Fn::GetAtt": [WRITTEN[queue][0], "Arn"]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2  # SQS's least
    assert mapping["BatchSize"] == (1 if queue == "exports" else code.BATCH_MESSAGES)


def test_failures_of_what_no_queue_invokes_are_kept() -> None:
    for name in (
        *("open-period", "sweep-reservations", "reconcile-books"),
        *("keep-directory", "record-mail-event"),
    ):
        target = functions()[name]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert target["Type"] == "SQS"
        assert target["Destination"]["Fn::GetAtt"][0] in {
            WRITTEN[one][0] for one in OTHER_DEAD_LETTERS
        }


@pytest.mark.parametrize("schedule", sorted(resources("AWS::Scheduler::Schedule")))
def test_a_schedule_knows_the_time_zone_and_keeps_its_failures(schedule: str) -> None:
    properties = resources("AWS::Scheduler::Schedule")[schedule]["Properties"]
    assert properties["ScheduleExpressionTimezone"] == {"Ref": "PeriodTimezone"}
    target = properties["Target"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["SchedulesDeadLetters", "Arn"]}}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 3600


def test_every_scheduled_function_has_its_schedule() -> None:
    targets = {
        one["Properties"]["Target"]["Arn"]["Fn::GetAtt"][0]
        for one in resources("AWS::Scheduler::Schedule").values()
    }
    assert targets == {
        *("OpenPeriodFunction", "SweepReservationsFunction", "ReconcileBooksFunction"),
        "KeepDirectoryFunction",
    }


def test_files_are_cleaned_as_the_code_does_elsewhere() -> None:
    from solaris.platform.aws.files import _lifecycle  # noqa: PLC0415

    rules = document()["Resources"]["FilesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [as_boto3(one) for one in rules] == _lifecycle()


def as_boto3(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule of CloudFormation as boto3 has it."""
    made: dict[str, Any] = {"ID": rule["Id"], "Status": rule["Status"]}
    made["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return made


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
