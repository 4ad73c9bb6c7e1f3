"""Clients of AWS with bounded waiting: a synchronous one (boto3) and a lean asynchronous one.

The asynchronous client signs and posts one JSON call. It exists for the request path alone,
where it was measured against boto3 in threads and aiobotocore (ARCHITECTURE.md, "Hot path");
credentials and endpoints are botocore's own, the signature is platform/aws/signature.py's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import generate_idempotent_uuid
from pynamodb.exceptions import PynamoDBException

from solaris.platform.aws.retry import CALL, UNREAD, attempts
from solaris.platform.aws.signature import Signer
from solaris.platform.errors import SolarisError, StoreUnavailableError

if TYPE_CHECKING:
    import aiohttp  # slow to load, and of use to the request path alone

    from solaris.platform.aws.items import Item

CONNECT_TIMEOUT_SECONDS = 1.0
CALL_TIMEOUT_SECONDS = 5.0
BATCH_READ_ITEMS = 100  # DynamoDB's limit

# Codes that mean "try again": throttling, and a write that met a running transaction.
RETRYABLE_CODES = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

CONDITION_FAILED = "ConditionalCheckFailedException"
"""Code of a single write whose condition did not hold."""
CANCELLED = "TransactionCanceledException"
"""Code of a transaction of which nothing was written; why, each action's reason says."""
CONDITION_REASON = "ConditionalCheckFailed"
"""Reason of the action whose condition did not hold."""
LOST_RACE = frozenset({"None", CONDITION_REASON, "TransactionConflict"})
"""Reasons of a transaction that met another write."""
CURABLE = LOST_RACE | {"ThrottlingError", "ProvisionedThroughputExceeded"}
"""Reasons that reading again and trying again may cure."""

# service → prefix of its operations' names on the wire, content type
TARGETS = {
    "dynamodb": ("DynamoDB_20120810", "application/x-amz-json-1.0"),
    "sqs": ("AmazonSQS", "application/x-amz-json-1.0"),
}


def boto_client(service: str, region: str) -> Any:
    """A boto3 client with this project's time-outs; the endpoint comes from boto3's variables."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=CALL_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": CALL.most},
        max_pool_connections=20,
    )
    client = boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]
    # Every transaction here is safe to repeat by its own conditions. The token that boto3 would
    # add makes DynamoDB (and an emulator, in memory) remember each request for ten minutes.
    client.meta.events.unregister("before-parameter-build", generate_idempotent_uuid)
    return client


class AwsCallError(SolarisError):
    """AWS refused a call.

    `item` is the old item of a failed condition, if asked for; `reasons` are the codes of a
    cancelled transaction, one an action.
    """

    code = "service_unavailable"

    def __init__(
        self,
        code: str,
        message: str,
        item: dict[str, Any] | None = None,
        reasons: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.aws_code = code
        self.item = item
        self.reasons = reasons


class WriteConflictError(StoreUnavailableError):
    """A write met a transaction on the same item that was under way: nothing was written."""


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what boto3 and PynamoDB raise into AwsCallError or StoreUnavailableError."""
    try:
        yield
    except ClientError as error:
        raise _translated(error) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(str(error)) from error
    except PynamoDBException as error:
        if isinstance(error.cause, ClientError):
            raise _translated(error.cause) from error
        raise StoreUnavailableError(str(error)) from error


def read_items(client: Any, table: str, keys: Sequence[Item]) -> list[Item]:
    """The items of some keys in as few calls as possible; those that are not there are left out.

    Strongly consistent. Raises as `read_together`.
    """
    found: list[Item] = []
    for start in range(0, len(keys), BATCH_READ_ITEMS):
        found += read_together(client, {table: keys[start : start + BATCH_READ_ITEMS]})[table]
    return found


def read_together(client: Any, keys: Mapping[str, Sequence[Item]]) -> dict[str, list[Item]]:
    """By table, the items of at most 100 keys in one call, strongly consistent.

    Raises AwsCallError, and StoreUnavailableError when DynamoDB keeps leaving some of them unread.
    """
    found: dict[str, list[Item]] = {table: [] for table in keys}
    left = {table: {"Keys": some} for table, some in keys.items()}
    for _ in attempts(UNREAD):
        request = {
            table: {"Keys": one["Keys"], "ConsistentRead": True} for table, one in left.items()
        }
        with store_errors():
            answer = client.batch_get_item(RequestItems=request)
        for table, items in answer["Responses"].items():
            found[table] += items
        left = answer.get("UnprocessedKeys") or {}
        if not left:
            return found
    count = sum(len(one["Keys"]) for one in left.values())
    msg = f"{count} items of {', '.join(sorted(left))} unread after {UNREAD.most} attempts"
    raise StoreUnavailableError(msg)


def _translated(error: ClientError) -> SolarisError:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "TransactionConflictException":
        return WriteConflictError(str(error))
    if code in RETRYABLE_CODES:
        return StoreUnavailableError(str(error))
    answer: dict[str, Any] = dict(error.response)
    reasons = tuple(str(reason.get("Code")) for reason in answer.get("CancellationReasons", ()))
    return AwsCallError(code, str(error), answer.get("Item"), reasons)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service answers, and what signs calls to it."""

    url: str
    signer: Signer

    @classmethod
    def of(cls, client: Any, service: str, region: str) -> Endpoint:
        """Those that boto3 has found for a client of its own."""
        credentials = client._request_signer._credentials  # noqa: SLF001 - botocore keeps the resolved, refreshing credentials only there
        url = client.meta.endpoint_url.rstrip("/") + "/"
        return cls(url, Signer(credentials, service, region, url))


class AsyncAws:
    """Signed JSON calls to DynamoDB and SQS over kept-alive connections.

    Every call is bounded: connect 1 s, whole attempt 5 s, three attempts with jitter for
    throttling, server errors and broken connections. Callers make their writes safe to repeat.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._endpoints: dict[str, Endpoint] = {}
        self._session: aiohttp.ClientSession | None = None

    async def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Make one call; raises AwsCallError on a refusal, StoreUnavailableError otherwise."""
        data = orjson.dumps(payload)
        failure: Exception | None = None
        for attempt in range(CALL.most):
            if attempt:  # the first of a request goes without an await more
                await asyncio.sleep(CALL.pause(attempt))
            try:
                return await self._attempt(service, operation, data)
            except AwsCallError as error:
                if error.aws_code not in RETRYABLE_CODES:
                    raise
                failure = error
            except (_client_error(), TimeoutError, OSError) as error:
                failure = error
        msg = f"{service} {operation}: {type(failure).__name__}: {failure}"
        raise StoreUnavailableError(msg) from failure

    def prepare(self, *services: str) -> None:
        """Look up endpoints and credentials ahead of the first call (0.3 s of imports)."""
        for service in services:
            self._endpoint(service)

    async def close(self) -> None:
        """Close the kept-alive connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt(self, service: str, operation: str, data: bytes) -> dict[str, Any]:
        endpoint = self._endpoint(service)
        prefix, content_type = TARGETS[service]
        headers = endpoint.signer.headers(f"{prefix}.{operation}", content_type, data)
        session = self._session or self._open_session()
        async with session.post(endpoint.url, data=data, headers=headers) as answer:
            body = await answer.read()
            if answer.status == 200:  # noqa: PLR2004 - HTTP's OK
                return orjson.loads(body) if body else {}
            raise refusal(answer.status, body)

    def _open_session(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415

        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(
                total=CALL_TIMEOUT_SECONDS, sock_connect=CONNECT_TIMEOUT_SECONDS
            ),
            connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("accept", "accept-encoding", "user-agent"),
        )
        return self._session

    def _endpoint(self, service: str) -> Endpoint:
        known = self._endpoints.get(service)
        if known is None:
            client = boto_client(service, self._region)
            known = Endpoint.of(client, service, self._region)
            self._endpoints[service] = known
        return known


def _client_error() -> type[Exception]:
    import aiohttp  # noqa: PLC0415

    return aiohttp.ClientError


def refusal(status: int, body: bytes) -> AwsCallError:
    """What an answer other than 200 says."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    code = str(answer.get("__type", "")).rsplit("#", maxsplit=1)[-1]
    if status >= 500 and code not in RETRYABLE_CODES:  # noqa: PLR2004 - any server error
        code = "InternalServerError"
    message = str(answer.get("message") or answer.get("Message") or f"HTTP {status}")
    reasons = tuple(str(reason.get("Code")) for reason in answer.get("CancellationReasons") or ())
    return AwsCallError(code or f"HTTP{status}", message, answer.get("Item"), reasons)
