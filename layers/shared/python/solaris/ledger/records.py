"""Usage records between DynamoDB's typed JSON and the domain: one place, both ways."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from solaris.ledger.figures import FIGURE_NAMES, Figures, UsageLine, is_error
from solaris.ledger.shards import usage_shard
from solaris.platform.aws.items import Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.quota.item import weight_from_item, weight_to_item
from solaris.quota.usage import UsageEvent

RECORD_DAYS = 400  # 13 months and a few days
_COUNTED = frozenset({"requests", "errors", "unpriced_requests", "over_limit_requests"})
SUMMED_OF_A_RECORD = tuple(name for name in FIGURE_NAMES if name not in _COUNTED)
"""Figures that a record has by these names; the others are counted of it."""


def usage_item(
    event: UsageEvent,
    *,
    cost_micros: int,
    day: str,
    recorded_at: datetime,
    cost_nanos: int = 0,
    unpriced: bool = False,
) -> Item:
    """The whole record; `day` is the booked day, by which reports find it.

    The cost is the sum of both figures (ledger/figures.py). `cost_nanos`, `unpriced` and the cache
    writes are left out where they are 0 or False, as records of the versions before lack them.
    """
    numbers = {
        "prompt_tokens": event.counts.prompt_tokens,
        "completion_tokens": event.counts.completion_tokens,
        "cached_tokens": event.counts.cached_tokens,
        "reasoning_tokens": event.counts.reasoning_tokens,
        "total_tokens": event.counts.total_tokens,
        "charged_tokens": event.charged_tokens,
        "cost_micros": cost_micros,
        "cost_nanos": cost_nanos or None,
        "cache_write_tokens": event.counts.cache_write_tokens or None,
        "cache_write_1h_tokens": event.counts.cache_write_1h_tokens or None,
        "status_code": event.status_code,
        "response_time_ms": event.response_time_ms,
        "first_byte_ms": event.first_byte_ms,
        "expires_at": int(event.created_at.timestamp()) + RECORD_DAYS * 86_400,
    }
    texts = {
        "user_id": event.user_id,
        "record_key": event.record_key,
        "day_shard": usage_shard(day, event.request_id),
        "request_id": event.request_id,
        "period": event.period,
        "outcome": event.outcome.value,
        "created_at": iso_milliseconds(event.created_at),
        "recorded_at": iso_milliseconds(recorded_at),
        "model": event.model,
        "endpoint": event.endpoint,
        "method": event.method,
        "error_message": event.error_message,
        "key_id": event.key_id,
        "conversation_id": event.conversation_id,
        "user_agent": event.user_agent,
        "ip_address": event.ip_address,
        "asked_model": event.asked_model,
        "answered_model": event.answered_model,
        "group_id": event.group_id,
    }
    item: Item = {name: text(value) for name, value in texts.items() if value is not None}
    item |= {name: number(value) for name, value in numbers.items() if value is not None}
    item["estimated"] = {"BOOL": event.estimated}
    if unpriced:
        item["unpriced"] = {"BOOL": True}
    if event.over_limit:
        item["over_limit"] = {"BOOL": True}
    for name, weight in (("weight", event.weight), ("held_weight", event.held_weight)):
        if weight is not None:
            item[name] = weight_to_item(weight)
    return item


def line_from_item(item: Mapping[str, Any]) -> UsageLine:
    """Read a record as a report's line."""
    return UsageLine(
        record_key=item["record_key"]["S"],
        request_id=item["request_id"]["S"],
        user_id=item["user_id"]["S"],
        day=item["day_shard"]["S"].partition("#")[0],
        created_at=parse_instant(item["created_at"]["S"]),
        model=item["model"]["S"],
        endpoint=item["endpoint"]["S"],
        method=item["method"]["S"],
        status_code=int(item["status_code"]["N"]),
        outcome=item["outcome"]["S"],
        prompt_tokens=int(item["prompt_tokens"]["N"]),
        completion_tokens=int(item["completion_tokens"]["N"]),
        cached_tokens=int(item["cached_tokens"]["N"]),
        reasoning_tokens=int(item["reasoning_tokens"]["N"]),
        total_tokens=int(item["total_tokens"]["N"]),
        charged_tokens=int(item["charged_tokens"]["N"]),
        cost_micros=int(item["cost_micros"]["N"]),
        estimated=item["estimated"]["BOOL"],
        response_time_ms=_optional_number(item, "response_time_ms"),
        first_byte_ms=_optional_number(item, "first_byte_ms"),
        error_message=_optional_text(item, "error_message"),
        key_id=_optional_text(item, "key_id"),
        conversation_id=_optional_text(item, "conversation_id"),
        user_agent=_optional_text(item, "user_agent"),
        ip_address=_optional_text(item, "ip_address"),
        cost_nanos=_optional_number(item, "cost_nanos") or 0,
        unpriced=_is(item, "unpriced"),
        over_limit=_is(item, "over_limit"),
        cache_write_tokens=_optional_number(item, "cache_write_tokens") or 0,
        cache_write_1h_tokens=_optional_number(item, "cache_write_1h_tokens") or 0,
        asked_model=_optional_text(item, "asked_model"),
        answered_model=_optional_text(item, "answered_model"),
        weight=weight_from_item(item["weight"]) if "weight" in item else None,
        held_weight=weight_from_item(item["held_weight"]) if "held_weight" in item else None,
        group_id=_optional_text(item, "group_id"),
    )


def figures_of_record(item: Mapping[str, Any]) -> Figures:
    """What is counted of a record: a third of what a line reads of it."""
    sums = {name: int(item[name]["N"]) for name in SUMMED_OF_A_RECORD if name in item}
    return Figures(
        requests=1,
        errors=int(is_error(int(item["status_code"]["N"]))),
        unpriced_requests=int(_is(item, "unpriced")),
        over_limit_requests=int(_is(item, "over_limit")),
        **sums,
    )


def _is(item: Mapping[str, Any], name: str) -> bool:
    return bool(item.get(name, {"BOOL": False})["BOOL"])


def _optional_number(item: Mapping[str, Any], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def _optional_text(item: Mapping[str, Any], name: str) -> str | None:
    return str(item[name]["S"]) if name in item else None
