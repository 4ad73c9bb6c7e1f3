"""A boto3 client for reading much: its answers to reads are parsed by orjson.

boto3 walks every attribute of every item by the service's model, which takes ten times as long
as reading the JSON; DynamoDB's typed JSON needs none of it. Signatures, time-outs, retries and
errors stay boto3's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from solaris.storage.aws import boto_client, store_errors

Item = Mapping[str, Any]

_OK = 200
# 1 MB each: 40 GB, far beyond anything that one index partition is asked for
MAX_PAGES = 40_000


def lean_dynamodb(region: str) -> Any:
    """A DynamoDB client as `boto_client` makes it, quick at reading."""
    client = boto_client("dynamodb", region)
    for operation in ("Query", "Scan", "BatchGetItem"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _parse)
    return client


def _parse(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    if response_dict["status_code"] != _OK:
        return
    customized_response_dict.update(orjson.loads(response_dict["body"]))
    response_dict["body"] = b"{}"


def query_items(client: Any, request: Mapping[str, Any]) -> Iterator[Item]:
    """Every item of a query, page by page as they are asked for; one page in memory at a time.

    Raises StoreUnavailableError, AwsCallError.
    """
    start: dict[str, Any] = {}
    for _ in range(MAX_PAGES):
        with store_errors():
            page = client.query(**request, **start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
