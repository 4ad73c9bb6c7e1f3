"""Rows as released versions have written them, by hand: what today's code must still open.

    gateway     9f0f501   users, usage, counters, periods, keys; no day index
    month       2e3c180   alert_round of a user; transactions, alerts
    admin_api   3e33085   the day index, hours of the system's counters, terms of keys, admins …

A change of a row's shape adds a version here, and the one before stays.
"""

from typing import Any

from solaris.platform.aws.tables import CounterModel, UsageModel, create_tables
from solaris.quota.user import user_id_for
from tests.integration.conftest import ANA, MoneyPath

VERSIONS = ("gateway", "month", "admin_api")
WITHOUT_INDEX = VERSIONS[:2]
ANA_ID = user_id_for(ANA)
CREATED = "2026-11-15T12:00:00.000Z"
# begun in October's last second (São Paulo), booked to November
EARLY = "2026-11-01T02:59:59.900Z"
CHARGED = {"req-1": 130, "req-2": 0, "req-3": 70}
_EXPIRES_AT = 1_900_000_000


def tables_of_version(money: MoneyPath, version: str) -> None:
    """Make the tables anew, as that version made them."""
    if version not in WITHOUT_INDEX:
        return
    client = money.parts.platform.dynamodb
    for model, keys in (
        (UsageModel, ("user_id", "record_key")),
        (CounterModel, ("owner", "day_model")),
    ):
        name = model.Meta.table_name
        client.delete_table(TableName=name)
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in keys],
            KeySchema=[
                {"AttributeName": one, "KeyType": kind}
                for one, kind in zip(keys, ("HASH", "RANGE"), strict=True)
            ],
        )
    create_tables()


def put_rows(money: MoneyPath, version: str) -> None:
    """One user with three records, one closed month, a key, and what the version had besides."""
    at = VERSIONS.index(version)
    rows = [
        ("users", _user(with_round=at >= 1)),
        *(("usage", _record(one, with_day=at >= 2)) for one in _RECORDS),
        *(("counters", one) for one in _counters(with_day=at >= 2)),
        ("periods", _CLOSED),
        ("keys", _KEY),
    ]
    if at >= 1:
        rows += [("transactions", _TRANSACTION), ("alerts", _ALERT)]
    for table, item in rows:
        money.parts.platform.dynamodb.put_item(
            TableName=money.parts.settings.table_name(table), Item=_typed(item)
        )


def _typed(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in plain.items()}


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [_value(one) for one in value]}
        case _:
            return {"M": _typed(value)}


def _user(*, with_round: bool) -> dict[str, Any]:
    item = {
        "user_id": ANA_ID,
        "email": ANA,
        "name": "Ana",
        "status": "active",
        "plan": "basic",
        "monthly_limit": 1_000_000,
        "additional_tokens": 0,
        "current_usage": 200,
        "available_tokens": 999_800,
        "block_ppm": 1_000_000,
        "period": "2026-11",
        "reservations": {},
        "alerts_sent": [],
        "created_at": "2026-10-02T12:00:00.000Z",
        "updated_at": CREATED,
        "last_seen_at": CREATED,
        "version": 4,
    }
    return item | ({"alert_round": 1} if with_round else {})


# request, created, model, outcome, status, prompt, completion, day#shard of crc32
_RECORDS = (
    ("req-1", CREATED, "gpt-4o-mini", "settled", 200, 100, 30, "2026-11-15#1"),
    ("req-2", CREATED, "gpt-4o-mini", "released", 502, 0, 0, "2026-11-15#3"),
    ("req-3", EARLY, "gpt-4o-mini", "settled", 200, 70, 0, "2026-11-01#5"),
)


def _record(row: tuple[Any, ...], *, with_day: bool) -> dict[str, Any]:
    request, created, model, outcome, status, prompt, completion, shard = row
    item = {
        "user_id": ANA_ID,
        "record_key": f"{created}#{request}",
        "request_id": request,
        "period": "2026-11",
        "outcome": outcome,
        "created_at": created,
        "recorded_at": created,
        "model": model,
        "endpoint": "/v1/chat/completions",
        "method": "POST",
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "cached_tokens": 0,
        "reasoning_tokens": 0,
        "total_tokens": prompt + completion,
        "charged_tokens": prompt + completion,
        "cost_micros": 0,
        "status_code": status,
        "estimated": False,
        "expires_at": _EXPIRES_AT,
    }
    return item | ({"day_shard": shard} if with_day else {})


def _counters(*, with_day: bool) -> list[dict[str, Any]]:
    found = []
    for day, model, requests, errors, prompt, completion in (
        ("2026-11-15", "gpt-4o-mini", 1, 0, 100, 30),
        ("2026-11-15", "-", 1, 1, 0, 0),
        ("2026-11-01", "gpt-4o-mini", 1, 0, 70, 0),
    ):
        figures = {
            "day_model": f"{day}#{model}",
            "requests": requests,
            "errors": errors,
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "cached_tokens": 0,
            "charged_tokens": prompt + completion,
            "cost_micros": 0,
        }
        hour = "00" if day == "2026-11-01" else "09"
        hours = {f"tokens_{hour}": prompt + completion, f"requests_{hour}": requests}
        mine = {"owner": f"user#{ANA_ID}"} | figures
        system = {"owner": "system#3"} | figures
        found += (
            [mine | {"day_shard": f"{day}#{_SHARD}"}, system | hours]
            if with_day
            else [
                mine,
                system,
            ]
        )
    return found


_SHARD = 1  # crc32 of Ana's id, of four
_CLOSED = {
    "user_id": ANA_ID,
    "period": "2026-10",
    "monthly_limit": 1_000_000,
    "additional_tokens": 0,
    "current_usage": 0,
    "closed_at": "2026-11-01T03:00:00.000Z",
}
_KEY = {
    "key_hash": "0" * 64,
    "key_id": "key_000000000000",
    "prefix": "sk-solaris-000",
    "name": "librechat",
    "kind": "service",
    "created_at": "2026-10-02T12:00:00.000Z",
}
_TRANSACTION = {
    "user_id": ANA_ID,
    "transaction_key": f"{CREATED}#t-1",
    "transaction_id": "t-1",
    "kind": "status_change",
    "amount": 0,
    "reason": "back again",
    "actor": "cli:root",
    "before": {"status": "suspended"},
    "after": {"status": "active"},
    "balance_after": 999_800,
    "period": "2026-11",
    "version": 4,
    "created_at": CREATED,
}
_ALERT = {
    "alert_id": f"{ANA_ID}#2026-11#warning",
    "type": "warning",
    "title": "80 %",
    "message": f"{ANA} used 80 %",
    "user_id": ANA_ID,
    "period": "2026-11",
    "threshold": "warning",
    "current_usage": 200,
    "monthly_limit": 1_000_000,
    "additional_tokens": 0,
    "block_ppm": 1_000_000,
    "created_at": CREATED,
    "resolved_at": CREATED,
    "mail_state": "sent",
    "admin_mail_state": "sent",
    "expires_at": _EXPIRES_AT,
}
