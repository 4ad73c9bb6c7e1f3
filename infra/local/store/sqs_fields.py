"""The fields of SQS's calls: what may be in them, and what stands in the answers."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import md5
from typing import Any

import orjson

from infra.local.store.errors import ServiceError
from infra.local.store.messages import Message

MAX_BATCH_BYTES = 1024**2  # of one message, and of all messages in a batch
MAX_BATCH = 10
MAX_HIDDEN_SECONDS = 12 * 3600
MAX_DELAY_SECONDS = 900
MAX_WAIT_SECONDS = 20
ACCOUNT = "000000000000"
# attribute → column, least, most
SETTINGS = {
    "VisibilityTimeout": ("visibility", 0, MAX_HIDDEN_SECONDS),
    "MessageRetentionPeriod": ("retention", 60, 14 * 24 * 3600),
    "DelaySeconds": ("delay", 0, MAX_DELAY_SECONDS),
    "ReceiveMessageWaitTimeSeconds": ("wait", 0, MAX_WAIT_SECONDS),
}
NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_REFUSED_FIELDS = frozenset(
    {"MessageAttributes", "MessageSystemAttributes", "MessageGroupId", "MessageDeduplicationId"}
)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Fields = dict[str, Any]
HungUp = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call: its operation and fields, the Host and region it was made for.

    `hung_up` returns when the client goes away.
    """

    operation: str
    fields: Fields
    host: str
    region: str
    hung_up: HungUp

    def url(self, name: str) -> str:
        """A queue's URL, at the address that the client knows."""
        return f"http://{self.host}/{ACCOUNT}/{name}"

    def arn(self, name: str) -> str:
        """A queue's ARN."""
        return f"arn:aws:sqs:{self.region}:{ACCOUNT}:{name}"

    def queue(self) -> str:
        """The name of the queue that the call is about; its URL may name any address."""
        return text_of(self.fields, "QueueUrl").rpartition("/")[2]


def entries_of(fields: Fields) -> list[Fields]:
    """A batch's entries, 1 to 10 with different ids; raises ServiceError."""
    entries = fields.get("Entries") or []
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise invalid("Entries is no list of entries")
    ids = [str(entry.get("Id", "")) for entry in entries]
    if not entries:
        raise ServiceError(400, "EmptyBatchRequest", "There should be at least one entry.")
    if len(entries) > MAX_BATCH:
        said = f"Maximum number of entries per request are {MAX_BATCH}."
        raise ServiceError(400, "TooManyEntriesInBatchRequest", said)
    if not all(NAME.fullmatch(one) for one in ids):
        said = "An entry's id is 1 to 80 letters, digits, - and _"
        raise ServiceError(400, "InvalidBatchEntryId", said)
    if len(set(ids)) < len(ids):
        raise ServiceError(400, "BatchEntryIdsNotDistinct", "Two entries have the same id.")
    return entries


def message_of(fields: Fields) -> tuple[str, int | None]:
    """A message's body, and its delay in seconds; raises ServiceError."""
    if given := [name for name in fields if name in _REFUSED_FIELDS and fields[name]]:
        said = f"this store keeps no {given[0]}"
        raise ServiceError(400, "UnsupportedOperation", said)
    body = text_of(fields, "MessageBody")
    if len(body.encode()) > MAX_BATCH_BYTES:
        raise invalid(f"Message must be shorter than {MAX_BATCH_BYTES} bytes.")
    if _FORBIDDEN.search(body):
        said = "The message contains characters outside the allowed set."
        raise ServiceError(400, "InvalidMessageContents", said)
    return body, whole_of(fields, "DelaySeconds", 0, MAX_DELAY_SECONDS)


def received(message: Message, wanted: set[str]) -> Fields:
    attributes = {
        "SenderId": ACCOUNT,
        "SentTimestamp": str(int(message.sent * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(int(message.first * 1000)),
    }
    chosen = {n: value for n, value in attributes.items() if "All" in wanted or n in wanted}
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": md5_of(message.body),
        "Body": message.body,
        **({"Attributes": chosen} if chosen else {}),
    }


def settings_of(fields: Fields) -> dict[str, Any]:
    """A call's attributes as columns; raises ServiceError for one that is not known."""
    found: dict[str, Any] = {}
    for name, value in (fields.get("Attributes") or {}).items():
        if name == "RedrivePolicy":
            found |= _redrive(str(value))
        elif name in SETTINGS:
            column, least, most = SETTINGS[name]
            found[column] = _in_range(name, value, least, most)
        else:
            raise ServiceError(400, "InvalidAttributeName", f"Unknown Attribute {name[:100]}.")
    return found


def _redrive(text: str) -> dict[str, Any]:
    if not text:
        return {"dead_letters": "", "max_receives": 0}
    try:
        policy = orjson.loads(text)
        name = str(policy["deadLetterTargetArn"]).rpartition(":")[2]
        count = _in_range("maxReceiveCount", policy["maxReceiveCount"], 1, 1000)
    except (ValueError, LookupError, TypeError) as error:
        said = "RedrivePolicy is JSON with deadLetterTargetArn and maxReceiveCount."
        raise ServiceError(400, "InvalidAttributeValue", said) from error
    return {"dead_letters": name, "max_receives": count}


def _in_range(name: str, value: Any, least: int, most: int) -> int:
    text = str(value)
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        said = f"Invalid value for the parameter {name}: it is a number from {least} to {most}."
        raise ServiceError(400, "InvalidAttributeValue", said)
    return int(text)


def text_of(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ServiceError(400, "MissingParameter", f"The request must contain {name}.")
    return value


def whole_of(fields: Fields, name: str, least: int, most: int) -> int | None:
    value = fields.get(name)
    if value is not None and (type(value) is not int or not least <= value <= most):
        raise invalid(f"{name} is a whole number from {least} to {most}.")
    return value


def hidden_of(fields: Fields) -> int:
    seconds = whole_of(fields, "VisibilityTimeout", 0, MAX_HIDDEN_SECONDS)
    if seconds is None:
        raise ServiceError(400, "MissingParameter", "The request must contain VisibilityTimeout.")
    return seconds


def md5_of(body: str) -> str:
    return md5(body.encode(), usedforsecurity=False).hexdigest()


def invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameterValue", message)
