"""Users between DynamoDB's typed JSON and the domain. One place, both ways, exact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from solaris.platform.aws.items import _EPOCH, _MILLISECOND, Item, epoch_milliseconds, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Plan, User, UserStatus


def reservation_to_item(reservation: Reservation) -> Item:
    """One entry of the `reservations` map."""
    item = {
        "tokens": number(reservation.tokens),
        "prompt_tokens": number(reservation.prompt_tokens),
        "created_at": number(epoch_milliseconds(reservation.created_at)),
        "expires_at": number(epoch_milliseconds(reservation.expires_at)),
        "period": text(reservation.period),
        "model": text(reservation.model),
        "endpoint": text(reservation.endpoint),
    }
    if reservation.key_id is not None:
        item["key_id"] = text(reservation.key_id)
    return {"M": item}


def reservation_from_item(request_id: str, item: Mapping[str, Any]) -> Reservation:
    """Read one entry of the `reservations` map."""
    entry = item["M"]
    return Reservation(
        request_id=request_id,
        tokens=int(entry["tokens"]["N"]),
        prompt_tokens=int(entry["prompt_tokens"]["N"]),
        created_at=_instant(entry["created_at"]),
        expires_at=_instant(entry["expires_at"]),
        period=entry["period"]["S"],
        model=entry["model"]["S"],
        endpoint=entry["endpoint"]["S"],
        key_id=entry["key_id"]["S"] if "key_id" in entry else None,
    )


def user_to_item(user: User) -> Item:
    """The whole user item."""
    item: Item = {
        "user_id": text(user.user_id),
        "email": text(user.email),
        "name": text(user.name),
        "status": text(user.status.value),
        "plan": text(user.plan.value),
        "monthly_limit": number(user.monthly_limit),
        "additional_tokens": number(user.additional_tokens),
        "current_usage": number(user.current_usage),
        "available_tokens": number(user.available_tokens),
        "block_ppm": number(user.block_ppm),
        "period": text(user.period),
        "reservations": {
            "M": {key: reservation_to_item(one) for key, one in user.reservations.items()}
        },
        "alerts_sent": {"L": [text(one.value) for one in sorted(user.alerts_sent)]},
        "alert_round": number(user.alert_round),
        "created_at": text(iso_milliseconds(user.created_at)),
        "updated_at": text(iso_milliseconds(user.updated_at)),
        "version": number(user.version),
    }
    for name in ("last_alert_at", "last_seen_at"):
        instant = getattr(user, name)
        if instant is not None:
            item[name] = text(iso_milliseconds(instant))
    for name in ("address_of", "merged_into"):
        value = getattr(user, name)
        if value is not None:
            item[name] = text(value)
    for name in ("aliases", "merged_from"):
        values = getattr(user, name)
        if values:
            item[name] = {"L": [text(one) for one in values]}
    return item


def user_from_item(item: Mapping[str, Any]) -> User:
    """Read a user item."""
    return User(
        user_id=item["user_id"]["S"],
        email=item["email"]["S"],
        name=item["name"]["S"],
        status=UserStatus(item["status"]["S"]),
        plan=Plan(item["plan"]["S"]),
        monthly_limit=int(item["monthly_limit"]["N"]),
        additional_tokens=int(item["additional_tokens"]["N"]),
        current_usage=int(item["current_usage"]["N"]),
        available_tokens=int(item["available_tokens"]["N"]),
        block_ppm=int(item["block_ppm"]["N"]),
        period=item["period"]["S"],
        reservations={
            key: reservation_from_item(key, one) for key, one in item["reservations"]["M"].items()
        },
        alerts_sent=frozenset(Threshold(one["S"]) for one in item["alerts_sent"]["L"]),
        alert_round=int(item["alert_round"]["N"]) if "alert_round" in item else 0,
        created_at=parse_instant(item["created_at"]["S"]),
        updated_at=parse_instant(item["updated_at"]["S"]),
        last_alert_at=_optional_instant(item, "last_alert_at"),
        last_seen_at=_optional_instant(item, "last_seen_at"),
        version=int(item["version"]["N"]),
        aliases=_texts(item, "aliases"),
        merged_from=_texts(item, "merged_from"),
        address_of=item["address_of"]["S"] if "address_of" in item else None,
        merged_into=item["merged_into"]["S"] if "merged_into" in item else None,
    )


def _texts(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(one["S"] for one in item[name]["L"]) if name in item else ()


def _instant(value: Mapping[str, str]) -> datetime:
    return _EPOCH + int(value["N"]) * _MILLISECOND


def _optional_instant(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_instant(item[name]["S"]) if name in item else None
