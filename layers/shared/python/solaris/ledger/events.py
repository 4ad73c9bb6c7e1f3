"""Usage events as JSON: the message on the queue, and the line that `solaris replay` reads.

A message without a field the ledger needs, or with a wrong type, raises MalformedEventError and
ends in the dead-letter queue; it never becomes a half-right record.
"""

from dataclasses import fields
from datetime import date
from typing import Any

import orjson

from solaris.platform.errors import SolarisError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.model_weight import ModelWeight
from solaris.quota.periods import next_period
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

EVENT_VERSION = 1
MAX_TOKENS = 10**12
_WEIGHT_PARTS = len(fields(ModelWeight))

# Told apart later: a message without them has none, and a reader from before passes them over.
_LATER_COUNTS = ("cache_write_tokens", "cache_write_1h_tokens")
_COUNTS = tuple(one.name for one in fields(TokenCounts) if one.name not in _LATER_COUNTS)
_TEXTS = ("request_id", "user_id", "model", "endpoint", "method")
_NUMBERS = ("charged_tokens", "reserved_tokens", "status_code")
_OPTIONAL_TEXTS = (
    *("error_message", "key_id", "conversation_id", "user_agent", "ip_address"),
    *("asked_model", "answered_model", "group_id"),
)
_WEIGHTS = ("weight", "held_weight")
_OPTIONAL_NUMBERS = ("response_time_ms", "first_byte_ms")


class MalformedEventError(SolarisError):
    """The message is not a usage event of a known version."""

    code = "malformed_event"


def event_to_dict(event: UsageEvent) -> dict[str, Any]:
    """The event as JSON-serialisable values; empty fields are left out."""
    body: dict[str, Any] = {
        "version": EVENT_VERSION,
        "outcome": event.outcome.value,
        "created_at": iso_milliseconds(event.created_at),
        "estimated": event.estimated,
        "period": event.period,
    }
    body |= {name: getattr(event, name) for name in (*_TEXTS, *_NUMBERS)}
    body |= {name: getattr(event.counts, name) for name in _COUNTS}
    body |= {name: value for name in _LATER_COUNTS if (value := getattr(event.counts, name))}
    if event.over_limit:
        body["over_limit"] = True
    for name in _WEIGHTS:
        weight = getattr(event, name)
        if weight is not None:
            body[name] = [weight.prompt, weight.completion, weight.cached]
    if event.day is not None:
        body["day"] = event.day
    for name in (*_OPTIONAL_TEXTS, *_OPTIONAL_NUMBERS):
        value = getattr(event, name)
        if value is not None and value != "":
            body[name] = value
    return body


def event_to_json(event: UsageEvent) -> str:
    """The message body."""
    return orjson.dumps(event_to_dict(event)).decode()


def event_from_json(body: str | bytes) -> UsageEvent:
    """Read a message body; raises MalformedEventError saying what is wrong."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        msg = "not JSON"
        raise MalformedEventError(msg) from error
    return event_from_dict(value)


def event_from_dict(value: Any) -> UsageEvent:
    """Read an event; raises MalformedEventError saying what is wrong."""
    if not isinstance(value, dict):
        msg = "not an object"
        raise MalformedEventError(msg)
    # type(): True and 1.0 are equal to 1 as well
    if type(value.get("version")) is not int or value["version"] != EVENT_VERSION:
        msg = f"unknown version {value.get('version')!r}"
        raise MalformedEventError(msg)
    try:
        fields_read: dict[str, Any] = {
            "outcome": Outcome(_text(value, "outcome")),
            "created_at": parse_instant(_text(value, "created_at")),
            "counts": _counts(value),
            "estimated": _flag(value, "estimated"),
            "period": _period(value),
            "over_limit": "over_limit" in value and _flag(value, "over_limit"),
            "day": _day(value) if value.get("day") is not None else None,
        }
    except (ValueError, OverflowError) as error:
        raise MalformedEventError(str(error)) from error
    fields_read |= {name: _tokens(value, name) for name in _NUMBERS}
    fields_read |= {name: _text(value, name) for name in _TEXTS}
    for name in _OPTIONAL_TEXTS:
        if value.get(name) is not None:
            fields_read[name] = _text(value, name)
    if "#" in fields_read.get("group_id", ""):  # what separates it in a counter's key
        msg = "group_id is no id"
        raise MalformedEventError(msg)
    for name in _OPTIONAL_NUMBERS:
        if value.get(name) is not None:
            fields_read[name] = _tokens(value, name)
    for name in _WEIGHTS:
        if value.get(name) is not None:
            fields_read[name] = _weight(value, name)
    return UsageEvent(**fields_read)


def _weight(value: dict[str, Any], name: str) -> ModelWeight:
    parts = value[name]
    if not isinstance(parts, list) or len(parts) != _WEIGHT_PARTS:
        msg = f"{name} is not three whole numbers"
        raise MalformedEventError(msg)
    return ModelWeight(*(_tokens({name: part}, name) for part in parts))


def _counts(value: dict[str, Any]) -> TokenCounts:
    later = [name for name in _LATER_COUNTS if name in value]
    return TokenCounts(**{name: _tokens(value, name) for name in (*_COUNTS, *later)})


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        msg = f"{name} is not a text"
        raise MalformedEventError(msg)
    return found


def _flag(value: dict[str, Any], name: str) -> bool:
    found = value.get(name)
    if not isinstance(found, bool):
        msg = f"{name} is not true or false"
        raise MalformedEventError(msg)
    return found


def _period(value: dict[str, Any]) -> str:
    period = _text(value, "period")
    next_period(period)  # raises ValueError on anything that is no month
    return period


def _day(value: dict[str, Any]) -> str:
    day = _text(value, "day")
    if date.fromisoformat(day).isoformat() != day:
        msg = f"a day is written YYYY-MM-DD, got {day!r}"
        raise ValueError(msg)
    return day


def _tokens(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= MAX_TOKENS:
        msg = f"{name} is not a whole number from 0 to {MAX_TOKENS}"
        raise MalformedEventError(msg)
    return found
