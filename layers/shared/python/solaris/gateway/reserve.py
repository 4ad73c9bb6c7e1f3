"""The one write on the request path: reserve tokens, or learn why not; to keep them longer, and
to hold more for an answer that runs past what it holds.

A timeline, to read the condition by:

    request 1   available >= required?  yes ─► available -= hold, reservation stored
    request 2   the same, at the same instant: DynamoDB runs one after the other
    refused     the old item comes back with the failure, so no read is needed to say why
    repeated    the same request id again (the answer to the first try was lost): the item that
                comes back holds the reservation, so it is taken as done, not done twice

Of a user with a day's cap (quota/day_cap.py) the day's tokens are taken by the same write, which
is another expression then: a reservation says by its day which of the two it wants. Where the
item wants the other, the write is refused as above (gateway/capped_users.py).

The user's group is not written: it is that of the item that comes back (quota/item.py).

Of a user who may use some models only, the write states the list by which this request was found
allowed (gateway/restricted_users.py): a list that has changed since refuses it.
"""

from dataclasses import dataclass
from datetime import datetime

from solaris.platform.aws.client import CONDITION_FAILED, AsyncAws, AwsCallError
from solaris.platform.aws.items import epoch_milliseconds, number, text
from solaris.platform.instants import iso_milliseconds
from solaris.quota.day_cap import left_tokens
from solaris.quota.item import models_to_item, reservation_to_item, user_from_item
from solaris.quota.reservation import MAX_OPEN_RESERVATIONS, Hold, Reservation
from solaris.quota.user import Enforcement, User, UserStatus

_UPDATE = (
    "SET available_tokens = available_tokens - :hold, "
    "reservations.#request = :reservation, "
    "last_seen_at = :now, "
    "#version = #version + :one"
)
_UPDATE_OF_DAY = _UPDATE + ", day_available = day_available - :hold"
# enough is left: the stored figure already subtracts what is used and what others hold; or it is
# not to matter. And there is no cap of the day's
_ENOUGH = (
    "(available_tokens >= :required OR enforcement = :warn) AND attribute_not_exists(day_available)"
)
# the same of the month and of the day, which is the one that the item has
_ENOUGH_OF_DAY = (
    "((available_tokens >= :required AND day_available >= :required) OR enforcement = :warn) "
    "AND #day = :day"
)
_CONDITION = (
    # nobody suspended meanwhile
    " AND #status = :active "
    # the month is open; otherwise the caller rolls the user over first
    "AND #period = :period "
    # the stored figure was computed with today's block threshold
    "AND block_ppm = :block_ppm "
    # what is granted is as it was when the figure was computed
    "AND (attribute_not_exists(next_change_at) OR next_change_at > :instant) "
    # a bound on open requests, so that the item cannot grow without end
    "AND size(reservations) < :max_open "
    # a repeated write must not take the tokens twice
    "AND attribute_not_exists(reservations.#request)"
)
# any model may be used, or the list is the one by which the request's were found allowed
_ANY_MODEL = " AND attribute_not_exists(models)"
_THESE_MODELS = " AND (attribute_not_exists(models) OR models = :models)"
# the address that the id was made from is still this user's
_BY_ADDRESS = " AND attribute_not_exists(address_of)"


@dataclass(frozen=True, slots=True)
class ReserveResult:
    """`reserved` tells whether tokens are held; `user` is the item after (or, refused, before).

    A refused result with no user means that there is no such user.
    """

    reserved: bool
    user: User | None


async def reserve(
    aws: AsyncAws,
    table: str,
    *,
    user_id: str,
    hold: Hold,
    reservation: Reservation,
    block_ppm: int,
    now: datetime,
    by_address: bool = True,
    models: tuple[str, ...] | None = None,
) -> ReserveResult:
    """Hold tokens for one request by a single conditional update.

    `by_address`: the id was made from an address; who was moved is refused then, and the item
    says whose the address is (quota/moving.py). Not so for the id that it says. A reservation with
    a `day` is one of a user with a day's cap. `models` is the list that allows what the request
    names, for whom there is one; a user with another is refused.

    Raises StoreUnavailableError when DynamoDB does not answer within its bounded attempts.
    """
    names = {
        "#request": reservation.request_id,
        "#status": "status",
        "#period": "period",
        "#version": "version",
    }
    values = {
        ":hold": number(hold.tokens),
        ":required": number(hold.required_tokens),
        ":reservation": reservation_to_item(reservation, reservation.group_id),
        ":active": text(UserStatus.ACTIVE.value),
        ":warn": text(Enforcement.WARN.value),
        ":period": text(reservation.period),
        ":block_ppm": number(block_ppm),
        ":max_open": number(MAX_OPEN_RESERVATIONS),
        ":now": text(iso_milliseconds(now)),
        ":instant": number(epoch_milliseconds(now)),
        ":one": number(1),
    }
    enough = _ENOUGH
    if reservation.day is not None:
        enough = _ENOUGH_OF_DAY
        names["#day"] = "day"
        values[":day"] = text(reservation.day)
    of_models = _ANY_MODEL
    if models is not None:
        of_models = _THESE_MODELS
        values[":models"] = models_to_item(models)
    payload = {
        "TableName": table,
        "Key": {"user_id": text(user_id)},
        "UpdateExpression": _UPDATE if reservation.day is None else _UPDATE_OF_DAY,
        "ConditionExpression": enough
        + _CONDITION
        + of_models
        + (_BY_ADDRESS if by_address else ""),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    try:
        answer = await aws.call("dynamodb", "UpdateItem", payload)
    except AwsCallError as error:
        if error.aws_code != CONDITION_FAILED:
            raise
        if not error.item:
            return ReserveResult(reserved=False, user=None)
        user = user_from_item(error.item)
        return ReserveResult(reserved=reservation.request_id in user.reservations, user=user)
    return ReserveResult(reserved=True, user=user_from_item(answer["Attributes"]))


_MORE = (
    "SET available_tokens = available_tokens - :more, "
    "reservations.#request.#tokens = :wanted, "
    "#version = #version + :one"
)
_MORE_OF_DAY = _MORE + ", day_available = day_available - :more"
# what it holds does not count for the day that the item has
_MORE_IS_LEFT = (
    "(available_tokens >= :more OR enforcement = :warn) "
    "AND (attribute_not_exists(day_available) "
    "OR attribute_not_exists(reservations.#request.#day) "
    "OR #day <> reservations.#request.#day)"
)
# it does, and that day has as much left
_MORE_OF_DAY_IS_LEFT = (
    "((available_tokens >= :more AND day_available >= :more) OR enforcement = :warn) "
    "AND #day = reservations.#request.#day"
)


async def hold_more(
    aws: AsyncAws,
    table: str,
    *,
    user_id: str,
    reservation: Reservation,
    more_tokens: int,
    of_day: bool,
) -> tuple[int, int, bool]:
    """Let a reservation hold so many tokens more, if they are left and its month is open.

    `of_day`: they count for a day's cap, too; a wrong guess is refused. Returns what it holds then
    (less than asked for: refused), what is available beside it, and whether it counts for the day
    that the user has. A repeated write, whose first answer was lost, finds what the first one did.
    Raises StoreUnavailableError when DynamoDB does not answer, AwsCallError when it refuses.
    """
    wanted = reservation.tokens + more_tokens
    payload = {
        "TableName": table,
        "Key": {"user_id": text(user_id)},
        "UpdateExpression": _MORE_OF_DAY if of_day else _MORE,
        "ConditionExpression": (_MORE_OF_DAY_IS_LEFT if of_day else _MORE_IS_LEFT)
        + " AND #period = :period AND reservations.#request.#tokens = :held",
        "ExpressionAttributeNames": {
            "#request": reservation.request_id,
            "#tokens": "tokens",
            "#period": "period",
            "#version": "version",
            "#day": "day",
        },
        "ExpressionAttributeValues": {
            ":more": number(more_tokens),
            ":wanted": number(wanted),
            ":held": number(reservation.tokens),
            ":warn": text(Enforcement.WARN.value),
            ":period": text(reservation.period),
            ":one": number(1),
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    try:
        item = (await aws.call("dynamodb", "UpdateItem", payload))["Attributes"]
    except AwsCallError as error:
        if error.aws_code != CONDITION_FAILED:
            raise
        item = error.item
    if not item:
        return reservation.tokens, 0, of_day
    user = user_from_item(item)
    found = user.reservations.get(reservation.request_id)
    if found is None or found.tokens not in (reservation.tokens, wanted):
        return reservation.tokens, 0, of_day  # booked, or of a month that is closed
    counts = found.day is not None and found.day == user.cap_day
    return found.tokens, left_tokens(user) if counts else user.available_tokens, counts


async def renew(
    aws: AsyncAws, table: str, *, user_id: str, request_id: str, expires_at: datetime
) -> bool:
    """Let a reservation that is still held expire later; False when it is not held any more.

    Raises StoreUnavailableError when DynamoDB does not answer, AwsCallError when it refuses.
    """
    payload = {
        "TableName": table,
        "Key": {"user_id": text(user_id)},
        "UpdateExpression": "SET reservations.#request.expires_at = :expires, "
        "#version = #version + :one",
        "ConditionExpression": "attribute_exists(reservations.#request)",
        "ExpressionAttributeNames": {"#request": request_id, "#version": "version"},
        "ExpressionAttributeValues": {
            ":expires": number(epoch_milliseconds(expires_at)),
            ":one": number(1),
        },
    }
    try:
        await aws.call("dynamodb", "UpdateItem", payload)
    except AwsCallError as error:
        if error.aws_code != CONDITION_FAILED:
            raise
        return False
    return True
