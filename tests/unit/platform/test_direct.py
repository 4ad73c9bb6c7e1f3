"""Calls past boto3's models: what goes over the wire, what comes back, what is tried again."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from solaris.platform.aws.client import AwsCallError, WriteConflictError, store_errors
from solaris.platform.aws.direct import LeanDynamoDb, LeanQueues
from solaris.platform.aws.retry import CALL
from solaris.platform.errors import StoreUnavailableError

REGION = "sa-east-1"
KEY = {"TableName": "books", "Key": {"id": {"S": "São"}}}
Wire = Callable[..., list[Any]]


def answer(status: int, **body: Any) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, content=orjson.dumps(body))


def refused(code: str, status: int = 400, **more: Any) -> SimpleNamespace:
    return answer(status, __type=f"com.amazonaws.dynamodb.v20120810#{code}", message="no", **more)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials, an address where nobody listens, and no pauses."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setattr("solaris.platform.aws.direct.CALL", replace(CALL, pause_seconds=0))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bound.getsockname()[1]}")
        yield


@pytest.fixture
def wire() -> Wire:
    """Answers in the service's place, one a request; gives the requests as they come."""

    def answering(client: Any, *answers: SimpleNamespace) -> list[Any]:
        requests: list[Any] = []

        def before_send(request: Any, **_: Any) -> SimpleNamespace:
            requests.append(request)
            return answers[len(requests) - 1]

        client.meta.events.register("before-send.*.*", before_send)
        return requests

    return answering


def test_a_call_is_the_callers_own_json_signed(wire: Wire) -> None:
    client = LeanDynamoDb(REGION)
    item = {"id": {"S": "São"}, "n": {"N": "1"}}
    requests = wire(client, answer(200, Item=item))
    assert client.get_item(**KEY) == {"Item": item}
    (request,) = requests
    assert orjson.loads(request.body) == KEY
    assert request.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert f"/{REGION}/dynamodb/aws4_request" in request.headers["authorization"]


@pytest.mark.parametrize(
    ("method", "operation"),
    [
        ("batch_get_item", "BatchGetItem"),
        ("put_item", "PutItem"),
        ("query", "Query"),
        ("scan", "Scan"),
        ("transact_write_items", "TransactWriteItems"),
    ],
)
def test_each_method_is_its_operation(wire: Wire, method: str, operation: str) -> None:
    client = LeanDynamoDb(REGION)
    requests = wire(client, answer(200))
    assert getattr(client, method)(TableName="books") == {}
    assert requests[0].headers["x-amz-target"] == f"DynamoDB_20120810.{operation}"


def test_queues_have_their_own(wire: Wire) -> None:
    client = LeanQueues(REGION)
    messages = [{"MessageId": "1", "Body": "{}", "ReceiptHandle": "r"}]
    requests = wire(client, answer(200, Messages=messages), answer(200, Successful=[]))
    assert client.receive_message(QueueUrl="q", MaxNumberOfMessages=10)["Messages"] == messages
    client.delete_message_batch(QueueUrl="q", Entries=[{"Id": "0", "ReceiptHandle": "r"}])
    targets = [request.headers["x-amz-target"] for request in requests]
    assert targets == ["AmazonSQS.ReceiveMessage", "AmazonSQS.DeleteMessageBatch"]


def test_a_refusal_is_raised_with_all_that_it_says(wire: Wire) -> None:
    client = LeanDynamoDb(REGION)
    old = {"id": {"S": "a"}}
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    requests = wire(
        client,
        refused("ConditionalCheckFailedException", Item=old),
        refused("TransactionCanceledException", CancellationReasons=reasons),
    )
    with pytest.raises(AwsCallError) as caught:
        client.put_item(**KEY)
    assert (caught.value.aws_code, caught.value.item) == ("ConditionalCheckFailedException", old)
    with pytest.raises(AwsCallError) as caught:
        client.transact_write_items(TransactItems=[])
    assert caught.value.reasons == ("None", "ConditionalCheckFailed")
    assert len(requests) == 2, "a refusal is final"


@pytest.mark.parametrize(
    "passing",
    [refused("ProvisionedThroughputExceededException"), answer(503), refused("Whatever", 500)],
)
def test_what_passes_is_tried_three_times(wire: Wire, passing: SimpleNamespace) -> None:
    client = LeanDynamoDb(REGION)
    requests = wire(client, passing, passing, answer(200), passing, passing, passing)
    assert client.get_item(**KEY) == {}
    assert len(requests) == 3
    with pytest.raises(StoreUnavailableError, match="dynamodb GetItem"):
        client.get_item(**KEY)
    assert len(requests) == 6


def test_a_write_that_met_a_transaction_is_the_callers_to_try_again(wire: Wire) -> None:
    client = LeanDynamoDb(REGION)
    requests = wire(client, refused("TransactionConflictException"))
    with pytest.raises(WriteConflictError):
        client.put_item(**KEY)
    assert len(requests) == 1


def test_a_store_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(StoreUnavailableError, match="Could not connect"):
        LeanDynamoDb(REGION).get_item(**KEY)


def test_without_credentials_nothing_is_sent(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # which remembers the credentials
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    client = LeanDynamoDb(REGION)
    requests = wire(client)
    with pytest.raises(StoreUnavailableError, match="credentials"), store_errors():
        client.get_item(**KEY)
    assert requests == []


def test_all_else_is_boto3s() -> None:
    client = LeanDynamoDb(REGION)
    assert client.meta.service_model.service_name == "dynamodb"
    with pytest.raises(StoreUnavailableError), store_errors():
        client.describe_table(TableName="books")
