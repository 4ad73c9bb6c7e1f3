"""Who is let in to the store's services, and how a refusal is told; without sockets."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.local.store.errors import ServiceError
from infra.local.store.queues import Queues
from infra.local.store.server import MAX_BODY_BYTES, App, Message, Receive, Send
from infra.local.store.signatures import Verifier

HOST = "127.8.9.10:4566"
OURS = Credentials("AKIDEXAMPLE", "secret")
SQS = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}


class Files:
    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a file"})


class Mails:
    def answer(self, form: dict[str, str]) -> bytes:
        if form["Action"] != "Known":
            raise ServiceError(400, "InvalidAction", f"<{form['Action']}>")
        return b"<Mailed/>"


class Browser:
    """Sends requests to the application and keeps how much of their bodies it has read."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.read = 0

    async def send(
        self,
        headers: list[tuple[bytes, bytes]],
        body: bytes = b"{}",
        *,
        method: str = "POST",
        path: str = "/",
    ) -> tuple[int, bytes, dict[bytes, bytes]]:
        source = io.BytesIO(body)
        sent: list[Message] = []

        async def receive() -> Message:
            piece = source.read(65536)
            self.read += len(piece)
            return {"type": "http.request", "body": piece, "more_body": source.tell() < len(body)}

        async def answer(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "raw_path": path.encode(), "query_string": b""}
        await self.app({**scope, "headers": headers}, receive, answer)
        found = dict(sent[0]["headers"])
        return sent[0]["status"], b"".join(one["body"] for one in sent[1:]), found


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    queues = Queues(tmp_path / "queues.sqlite")
    verifier = Verifier(OURS.access_key, OURS.secret_key)
    yield Browser(App(HOST, verifier, queues, Files(), Mails()))
    queues.close()


def signed(
    service: str = "sqs",
    *,
    by: Credentials = OURS,
    host: str = HOST,
    body: bytes = b"{}",
    more: dict[str, str] | None = None,
    path: str = "/",
    method: str = "POST",
) -> list[tuple[bytes, bytes]]:
    given = SQS if service == "sqs" else {}
    request = AWSRequest(method, f"http://{host}{path}", headers=given | (more or {}), data=body)
    kind: Any = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(by, service, "sa-east-1").add_auth(request)
    headers = {"host": host, **{n.lower(): v for n, v in request.headers.items()}}
    return [(name.encode(), str(value).encode()) for name, value in headers.items()]


async def test_each_service_answers_whom_it_knows(browser: Browser) -> None:
    assert (await browser.send(signed()))[:2] == (200, b"{}")
    form = b"Action=Known&A=%C3%A9"
    assert (await browser.send(signed("ses", body=form), form))[:2] == (200, b"<Mailed/>")
    headers = signed("s3", path="/bucket/key", method="GET")
    status, body, _ = await browser.send(headers, method="GET", path="/bucket/key")
    assert (status, body) == (200, b"a file")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", HOST.encode())],
        signed(by=Credentials("OTHER", "secret")),
        signed(host="localhost:4566"),
        signed(host="127.8.9.10"),
        signed(host="evil.example:4566"),
        [*signed(), (b"host", HOST.encode())],
        [*signed(), (b"origin", b"http://127.8.9.10:4566")],
        [*signed(), (b"origin", b"null")],
        signed("dynamodb"),
        signed("sts"),
    ],
)
async def test_a_stranger_gets_403_and_nothing_of_the_body_is_read(
    browser: Browser, headers: list[tuple[bytes, bytes]]
) -> None:
    status, body, answered = await browser.send(headers)
    assert (status, body) == (403, b"forbidden\n")
    assert answered[b"connection"] == b"close"
    assert browser.read == 0


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/health"), ("PUT", "/")])
async def test_nothing_else_answers(browser: Browser, method: str, path: str) -> None:
    headers = signed(method=method, path=path)
    assert (await browser.send(headers, method=method, path=path))[0] == 403


async def test_a_wrong_signature_is_told_in_the_services_own_form(browser: Browser) -> None:
    wrong = Credentials(OURS.access_key, "wrong")
    status, body, headers = await browser.send(signed(by=wrong))
    assert status == 403
    assert json.loads(body)["__type"] == "com.amazonaws.sqs#SignatureDoesNotMatch"
    assert headers[b"x-amzn-query-error"] == b"SignatureDoesNotMatch;Sender"
    for service, start in (("s3", b"<Error><Code>"), ("ses", b"<ErrorResponse><Error>")):
        status, body, _ = await browser.send(signed(service, by=wrong))
        assert status == 403
        assert body.startswith(start)
    assert (await browser.send(signed(), b"{ }"))[0] == 403  # another body


async def test_a_refusal_of_the_mails_is_xml(browser: Browser) -> None:
    form = b"Action=Other"
    status, body, _ = await browser.send(signed("ses", body=form), form)
    assert status == 400
    assert b"<Code>InvalidAction</Code><Message>&lt;Other&gt;</Message>" in body


async def test_ses_list_of_addresses_is_one_that_nobody_knows(browser: Browser) -> None:
    path = "/v2/email/suppression/addresses/ana%40example.com"
    headers = signed("ses", method="DELETE", path=path, body=b"")
    status, _, answered = await browser.send(headers, b"", method="DELETE", path=path)
    assert (status, answered[b"x-amzn-errortype"]) == (400, b"UnknownOperationException")
    headers = signed("ses", by=Credentials("AKIDEXAMPLE", "x"), method="DELETE", path=path)
    assert (await browser.send(headers, method="DELETE", path=path))[0] == 403


async def test_sqs_errors_have_both_names(browser: Browser) -> None:
    body = b'{"QueueName": "none"}'
    more = {"X-Amz-Target": "AmazonSQS.GetQueueUrl"}
    status, answer, headers = await browser.send(signed(body=body, more=more), body)
    assert status == 400
    assert json.loads(answer)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    named = headers[b"x-amzn-query-error"]
    assert named == b"AWS.SimpleQueueService.NonExistentQueue;Sender"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": "\\ud800"}', b"\xff"])
async def test_what_is_no_json_is_refused(browser: Browser, body: bytes) -> None:
    assert (await browser.send(signed(body=body), body))[0] == 400


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_body_that_is_too_large_is_not_read_on(browser: Browser, is_told: bool) -> None:
    body = b" " * (MAX_BODY_BYTES * 2)
    headers = signed()
    if is_told:
        headers.append((b"content-length", str(len(body)).encode()))
    assert (await browser.send(headers, body))[0] == 413
    assert browser.read <= (0 if is_told else MAX_BODY_BYTES + 65536)
