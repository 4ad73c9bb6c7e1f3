"""The running programs answer nobody but who signs with their key, at their address."""

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.local.store.embedded import running_store

BODY = b'{"QueueName": "events"}'
CREATE = {"X-Amz-Target": "AmazonSQS.CreateQueue", "Content-Type": "application/x-amz-json-1.0"}
OTHERS = ("lambda", "iam", "sts", "cloudformation", "secretsmanager", "dynamodb")


class Store:
    """Where it is, and its key."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.netloc = urlsplit(variables["AWS_ENDPOINT_URL"]).netloc
        self.key = variables["AWS_ACCESS_KEY_ID"]
        self.secret = variables["AWS_SECRET_ACCESS_KEY"]

    def signed(
        self,
        *,
        service: str = "sqs",
        host: str = "",
        by: tuple[str, str] | None = None,
        more: dict[str, str] | None = None,
        path: str = "/",
    ) -> dict[str, str]:
        host = host or self.netloc
        headers = CREATE | {"Host": host} | (more or {})
        request = AWSRequest("POST", f"http://{host}{path}", headers=headers, data=BODY)
        who = Credentials(*(by or (self.key, self.secret)))
        SigV4Auth(who, service, "us-east-1").add_auth(request)
        return dict(request.headers.items())

    def status(self, headers: dict[str, str], path: str = "/", body: bytes = BODY) -> int:
        connection = HTTPConnection(self.netloc, timeout=10)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        assert answer.getheader("access-control-allow-origin") is None
        answer.read()
        connection.close()
        return answer.status


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with running_store(tmp_path_factory.mktemp("data with spaces")) as variables:
        yield Store(variables)


def test_its_own_processes_are_answered(store: Store) -> None:
    assert store.status(store.signed()) == 200


def test_who_does_not_sign_with_its_key_is_refused(store: Store) -> None:
    assert store.status(dict(CREATE)) == 403
    assert store.status(store.signed(by=("AKIDOTHER", store.secret))) == 403
    assert store.status(store.signed(by=(store.key, "another secret"))) == 403
    assert store.status(store.signed(), body=b'{"QueueName": "others"}') == 403
    assert store.status(store.signed() | {"X-Amz-Target": "AmazonSQS.DeleteQueue"}) == 403


def test_a_page_in_a_browser_is_refused(store: Store) -> None:
    for origin in ("http://127.0.0.1:8080", f"http://{store.netloc}", "null"):
        assert store.status(store.signed(more={"Origin": origin})) == 403, origin
    port = store.netloc.rpartition(":")[2]
    for host in (f"rebound.example.com:{port}", f"localhost:{port}", f"127.0.0.1:{port}"):
        assert store.status(store.signed(host=host)) == 403, host


def test_no_other_service_and_no_other_path_answers(store: Store) -> None:
    for service in OTHERS:
        assert store.status(store.signed(service=service)) == 403, service
    for path in ("/2015-03-31/functions", "/_ministack/reset", "/health"):
        assert store.status(store.signed(path=path), path) == 403, path
        assert store.status({}, path) == 403, path
