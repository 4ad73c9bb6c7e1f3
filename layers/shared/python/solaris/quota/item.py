"""Users between DynamoDB's typed JSON and the domain. One place, both ways, exact."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from solaris.platform.aws.items import _EPOCH, _MILLISECOND, Item, epoch_milliseconds, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.platform.rate_rule import RateRule
from solaris.quota.daily_limit import DailyLimit, DayCap
from solaris.quota.grant import Grant, GrantKind
from solaris.quota.reservation import Reservation
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, User, UserStatus

_NO_GROUP = ""


def reservation_to_item(reservation: Reservation, group_id: str | None) -> Item:
    """One entry of the `reservations` map; `group_id` is the group that the user is in.

    The reservation's own is left out where it is that.
    """
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
    if reservation.carried_tokens:
        item["carried_tokens"] = number(reservation.carried_tokens)
    if reservation.weight != PLAIN:
        item["weight"] = weight_to_item(reservation.weight)
    if reservation.day is not None:
        item["day"] = text(reservation.day)
    if reservation.group_id != group_id:
        item["group_id"] = text(reservation.group_id or _NO_GROUP)
    return {"M": item}


def weight_to_item(weight: ModelWeight) -> Item:
    """A weight as `[prompt, completion, cached]` in thousandths."""
    return {"L": [number(weight.prompt), number(weight.completion), number(weight.cached)]}


def weight_from_item(item: Mapping[str, Any]) -> ModelWeight:
    """Read a weight."""
    return ModelWeight(*(int(one["N"]) for one in item["L"]))


def reservation_from_item(
    request_id: str, item: Mapping[str, Any], group_id: str | None
) -> Reservation:
    """Read one entry of the `reservations` map of a user who is in this group (None: in none)."""
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
        carried_tokens=int(entry["carried_tokens"]["N"]) if "carried_tokens" in entry else 0,
        weight=weight_from_item(entry["weight"]) if "weight" in entry else PLAIN,
        day=entry["day"]["S"] if "day" in entry else None,
        group_id=entry["group_id"]["S"] or None if "group_id" in entry else group_id,
    )


def group_in_item(item: Mapping[str, Any]) -> str | None:
    """The group that a user is in, of an item or of a projection that has its `group_id`."""
    return item["group_id"]["S"] if "group_id" in item else None


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
            "M": {
                key: reservation_to_item(one, user.group_id)
                for key, one in user.reservations.items()
            }
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
    if user.grants or user.burnt_tokens:
        item["grants"] = _grants_to_item(user)
    if user.enforcement is not Enforcement.BLOCK:
        item["enforcement"] = text(user.enforcement.value)
    if user.next_change_at is not None:
        item["next_change_at"] = number(epoch_milliseconds(user.next_change_at))
    if user.day_cap is not None:
        item |= _day_cap_to_item(user.day_cap)
    return item | _of_plan_to_item(user)


def user_from_item(item: Mapping[str, Any]) -> User:
    """Read a user item; one of a version before grants had an end has granted every month."""
    granted = item["grants"]["M"] if "grants" in item else None
    group_id = group_in_item(item)
    change_at = item.get("next_change_at")
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
            key: reservation_from_item(key, one, group_id)
            for key, one in item["reservations"]["M"].items()
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
        grants=grants_from_item(item),
        burnt_tokens=int(granted["burnt"]["N"]) if granted else 0,
        burnt_at_usage=int(granted["at_usage"]["N"]) if granted else 0,
        next_change_at=_instant(change_at) if change_at else None,
        enforcement=Enforcement(item["enforcement"]["S"])
        if "enforcement" in item
        else Enforcement.BLOCK,
        day_cap=_day_cap_from_item(item) if "day_available" in item else None,
        group_id=group_id,
        plan_by_group="plan_by_group" in item,
        models=_texts(item, "models") if "models" in item else None,
        **_of_plan_from_item(item),
    )


def _day_cap_to_item(cap: DayCap) -> Item:
    item = {
        "daily_limit": text(str(cap.limit)),
        "day": text(cap.day),
        "day_available": number(cap.available_tokens),
    }
    if cap.lifted_day is not None:
        item["day_lifted"] = text(cap.lifted_day)
    return item


def _day_cap_from_item(item: Mapping[str, Any]) -> DayCap:
    return DayCap(
        limit=DailyLimit.parse(item["daily_limit"]["S"]),
        day=item["day"]["S"],
        available_tokens=int(item["day_available"]["N"]),
        lifted_day=item["day_lifted"]["S"] if "day_lifted" in item else None,
    )


def _of_plan_to_item(user: User) -> Item:
    item: Item = {}
    if user.limit_source is not None:
        item["limit_source"] = text(user.limit_source.value)
    if user.own:
        item["own"] = {"L": [text(one.value) for one in sorted(user.own)]}
    for name in ("warning_ppm", "critical_ppm"):
        value = getattr(user, name)
        if value is not None:
            item[name] = number(value)
    if user.rate is not None:
        rate = {"per_second": text(repr(user.rate.per_second)), "burst": number(user.rate.burst)}
        item["rate"] = {"M": rate}
    if user.group_id is not None:
        item["group_id"] = text(user.group_id)
    if user.plan_by_group:
        item["plan_by_group"] = {"BOOL": True}
    if user.models is not None:
        item["models"] = models_to_item(user.models)
    return item


def models_to_item(models: Iterable[str]) -> Item:
    """The attribute `models`, which the reserve compares whole (gateway/reserve.py)."""
    return {"L": [text(one) for one in models]}


def _of_plan_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a user has of their plan; a version before knew of nothing that only warns but people's
    own choice.
    """
    own = frozenset(OwnField(one) for one in _texts(item, "own"))
    if "limit_source" not in item:
        return {"own": own or frozenset({OwnField.ENFORCEMENT} if "enforcement" in item else ())}
    rate = item["rate"]["M"] if "rate" in item else None
    return {
        "limit_source": LimitSource(item["limit_source"]["S"]),
        "own": own,
        "warning_ppm": int(item["warning_ppm"]["N"]) if "warning_ppm" in item else None,
        "critical_ppm": int(item["critical_ppm"]["N"]) if "critical_ppm" in item else None,
        "rate": RateRule(float(rate["per_second"]["S"]), int(rate["burst"]["N"])) if rate else None,
    }


def _grants_to_item(user: User) -> Item:
    return {
        "M": {
            "list": {"L": [_grant_to_item(one) for one in user.grants]},
            "burnt": number(user.burnt_tokens),
            "at_usage": number(user.burnt_at_usage),
        }
    }


def _grant_to_item(grant: Grant) -> Item:
    item = {
        "id": text(grant.grant_id),
        "kind": text(grant.kind.value),
        "granted": number(grant.granted_tokens),
        "tokens": number(grant.tokens),
        "created_at": number(epoch_milliseconds(grant.created_at)),
    }
    if grant.until is not None:
        item["until"] = text(grant.until)
    if grant.burnt_tokens:
        item["burnt"] = number(grant.burnt_tokens)
    if grant.is_announced:
        item["announced"] = {"BOOL": True}
    if grant.ends_at is not None:
        item["ends_at"] = number(epoch_milliseconds(grant.ends_at))
    return {"M": item}


def grants_from_item(item: Mapping[str, Any]) -> tuple[Grant, ...]:
    """The grants that end, of a user item or of a projection that has its `grants`."""
    if "grants" not in item:
        return ()
    return tuple(_grant_from_item(one["M"]) for one in item["grants"]["M"]["list"]["L"])


def _grant_from_item(item: Mapping[str, Any]) -> Grant:
    return Grant(
        grant_id=item["id"]["S"],
        kind=GrantKind(item["kind"]["S"]),
        granted_tokens=int(item["granted"]["N"]),
        tokens=int(item["tokens"]["N"]),
        created_at=_instant(item["created_at"]),
        until=item["until"]["S"] if "until" in item else None,
        ends_at=_instant(item["ends_at"]) if "ends_at" in item else None,
        burnt_tokens=int(item["burnt"]["N"]) if "burnt" in item else 0,
        is_announced="announced" in item,
    )


def _texts(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(one["S"] for one in item[name]["L"]) if name in item else ()


def _instant(value: Mapping[str, str]) -> datetime:
    return _EPOCH + int(value["N"]) * _MILLISECOND


def _optional_instant(item: Mapping[str, Any], name: str) -> datetime | None:
    return parse_instant(item[name]["S"]) if name in item else None
