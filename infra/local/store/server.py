"""The store's own server: queues, files and mails behind one address of this machine.

Whoever does not sign with this store's key gets 403, and so does a page in a browser (Origin),
or one that has pointed a name of its own here (Host). Nothing else answers.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson

from infra.local.store.errors import ServiceError
from infra.local.store.queues import Queues
from infra.local.store.signatures import Claim, Verifier
from infra.local.store.sqs_fields import Call

MAX_BODY_BYTES = 2 * 1024**2
WARN_SECONDS = 60.0  # a full disk fails every call, and holds the log perhaps
_OUR_FAULT = 500
_TARGET = "AmazonSQS."
_MAIL_SERVICES = frozenset({"ses", "email"})
_SERVICES = _MAIL_SERVICES | {"s3", "sqs"}
_JSON, _XML, _TEXT = b"application/x-amz-json-1.0", b"text/xml", b"text/plain"
# what SQS's older protocol calls an error, which boto3 goes by
_QUERY_CODES = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    **{
        code: f"AWS.SimpleQueueService.{code}"
        for code in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]
log = logging.getLogger(__name__)


class Files(Protocol):
    """What answers s3 (files.py); it holds each body against its signed hash."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""


class Mails(Protocol):
    """What answers ses (mails.py)."""

    def answer(self, form: dict[str, str]) -> bytes:
        """The XML that answers a call; blocks. Raises ServiceError."""


class App:
    """The ASGI application; `host` is the only Host that it answers to."""

    def __init__(
        self, host: str, verifier: Verifier, queues: Queues, files: Files, mails: Mails
    ) -> None:
        self._host = host
        self._verifier = verifier
        self._queues = queues
        self._files = files
        self._mails = mails
        self._warn_at = 0.0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; nothing of a body is read before its head names our key."""
        headers: list[Header] = scope["headers"]
        try:
            claim = self._claim(scope)
        except ServiceError:
            await _answer(send, 403, _TEXT, b"forbidden\n", (b"connection", b"close"))
            return
        signed = (scope["method"], scope["raw_path"], scope["query_string"], headers)
        try:
            if claim.service == "s3":
                self._verifier.verify(claim, *signed)
            else:
                body = await _body(headers, receive)
                self._verifier.verify(claim, *signed, body_sha256=sha256(body).hexdigest())
                answer, kind = await self._called(claim, scope, body, receive)
        except ServiceError as error:
            self._warn(claim, error)
            await _refuse(send, claim, error)
            return
        except ConnectionError:
            return  # it went away before its body had come
        if claim.service == "s3":
            await self._files(scope, receive, send)
        else:
            await _answer(send, 200, kind, answer)

    def _claim(self, scope: Message) -> Claim:
        headers: list[Header] = scope["headers"]
        hosts = [value for name, value in headers if name == b"host"]
        if hosts != [self._host.encode()] or any(name == b"origin" for name, _ in headers):
            raise ServiceError(403, "AccessDenied", "not from here")
        claim = self._verifier.claim(headers, scope["query_string"])
        if claim.service not in _SERVICES or (claim.service == "sqs" and not _is_call(scope)):
            raise ServiceError(403, "AccessDenied", "no such service")
        return claim

    def _warn(self, claim: Claim, error: ServiceError) -> None:
        if error.status >= _OUR_FAULT and time.monotonic() >= self._warn_at:
            self._warn_at = time.monotonic() + WARN_SECONDS
            log.warning("%s: %s", claim.service, error)

    async def _called(
        self, claim: Claim, scope: Message, body: bytes, receive: Receive
    ) -> tuple[bytes, bytes]:
        """The answer of the queues or the mails, and its type."""
        headers: list[Header] = scope["headers"]
        if claim.service in _MAIL_SERVICES:
            if not _is_call(scope):  # SES's second protocol, for its list of addresses
                raise ServiceError(400, "UnknownOperationException", "this store has no such list")
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            return await asyncio.to_thread(self._mails.answer, form), _XML
        target = next((value for name, value in headers if name == b"x-amz-target"), b"").decode(
            "latin-1"
        )
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ServiceError(400, "SerializationException", "not JSON") from error
        if not isinstance(fields, dict) or not target.startswith(_TARGET):
            raise ServiceError(400, "InvalidAction", "not a call of SQS")
        operation = target.removeprefix(_TARGET)
        call = Call(operation, fields, self._host, claim.region, receive)
        return orjson.dumps(await self._queues.answer(call)), _JSON


def _is_call(scope: Message) -> bool:
    return (scope["method"], scope["raw_path"]) == ("POST", b"/")


async def _body(headers: list[Header], receive: Receive) -> bytes:
    """The whole body; raises ServiceError (413), or ConnectionError when the client has gone."""
    length = next((value for name, value in headers if name == b"content-length"), b"0")
    pieces: list[bytes] = []
    size, more = int(length), True
    while more:
        if size > MAX_BODY_BYTES:
            raise ServiceError(413, "RequestEntityTooLarge", f"at most {MAX_BODY_BYTES} bytes")
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        pieces.append(message.get("body", b""))
        size = sum(map(len, pieces))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _refuse(send: Send, claim: Claim, error: ServiceError) -> None:
    """Say why, to somebody who has named our key, as the service's clients read it."""
    fault = "Sender" if error.status < _OUR_FAULT else "Receiver"
    more: list[Header] = []
    if error.status in (403, 413) or claim.service == "s3":
        more.append((b"connection", b"close"))  # the body may not have been read
    if claim.service == "sqs":
        code = f"{_QUERY_CODES.get(error.code, error.code)};{fault}"
        more.append((b"x-amzn-query-error", code.encode()))
        said = {"__type": f"com.amazonaws.sqs#{error.code}", "message": error.message}
        await _answer(send, error.status, _JSON, orjson.dumps(said), *more)
        return
    text = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
    if claim.service in _MAIL_SERVICES:
        more.append((b"x-amzn-errortype", error.code.encode()))
        text = f"<ErrorResponse><Error><Type>{fault}</Type>{text}</Error></ErrorResponse>"
    else:
        text = f"<Error>{text}</Error>"
    await _answer(send, error.status, _XML, text.encode("utf-8", "replace"), *more)


async def _answer(send: Send, status: int, kind: bytes, body: bytes, *more: Header) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
