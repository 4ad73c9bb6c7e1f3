"""The users table outside the request path: read, create once, compare and swap, roll over.

Every change of an existing item is a pure function from user to user, written under the
condition that nobody wrote in between (`version`). The reserve of the request path is in
gateway/reserve.py, the settlement in ledger/ledger.py.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    CONDITION_REASON,
    CURABLE,
    LOST_RACE,
    AwsCallError,
    WriteConflictError,
    read_items,
    store_errors,
)
from solaris.platform.aws.items import Action, Item, Write, number, text
from solaris.platform.aws.retry import CONFLICT, Attempts, attempts
from solaris.platform.email import normalise_email
from solaris.platform.errors import ConflictError, NotFoundError
from solaris.platform.instants import iso_milliseconds
from solaris.quota.grants import CarriedGrants
from solaris.quota.item import user_from_item, user_to_item
from solaris.quota.periods import period_of
from solaris.quota.rollover import ClosedPeriod, open_period
from solaris.quota.user import NOBODY, User, user_id_before, user_id_for

# Optimistic writes lose races against each other: the pauses grow to half a second, so that a
# change gives up after 60 attempts and 24 seconds of pauses at most (12 on average). Of 200 mixed
# operations on one user at the same moment none needed more than 22 attempts
# (integration/quota/test_grants.py).
SWAPS = Attempts(60, pause_seconds=0.02, max_pause_seconds=0.5)
PAGE_SIZE = 500
MAX_ROWS = 50  # of a change, besides the user; DynamoDB allows 100 actions a transaction
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Writes:
    """Users before (None: new) and after, and the rows that are written with them."""

    changes: Sequence[tuple[User | None, User]] = ()
    rows: Sequence[Action] = ()


class UserStore:
    """Users in one table; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, *, users_table: str, periods_table: str) -> None:
        self._client = client
        self._users = users_table
        self._periods = periods_table

    def get(self, user_id: str) -> User | None:
        """Read one user, strongly consistent; None if there is none."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._users, Key={"user_id": text(user_id)}, ConsistentRead=True
            )
        item = answer.get("Item")
        return user_from_item(item) if item else None

    def get_many(self, user_ids: Iterable[str]) -> list[User]:
        """Read users in as few calls as possible, strongly consistent; unknown ids are left out.

        Raises StoreUnavailableError when DynamoDB keeps leaving some of them unread.
        """
        keys = [{"user_id": text(one)} for one in sorted(set(user_ids))]
        return [user_from_item(item) for item in read_items(self._client, self._users, keys)]

    def in_month(self, user: User, period: str) -> User | None:
        """The user with limit, grants and usage of a month: the open one, or one that was closed.

        Without reservations when it is closed; None for a month that the user was not in.
        """
        if period == user.period:
            return user
        item = self._closed(user.user_id, period)
        if not item:
            return None
        return replace(
            user,
            period=period,
            reservations={},
            monthly_limit=int(item["monthly_limit"]["N"]),
            additional_tokens=int(item["additional_tokens"]["N"]),
            current_usage=int(item["current_usage"]["N"]),
        )

    def closed_grants(self, user_id: str, period: str) -> tuple[int, CarriedGrants] | None:
        """What a closed month has used, and the grants that outlived it; None without any.

        Strongly consistent. Raises StoreUnavailableError.
        """
        item = self._closed(user_id, period)
        if not item or "carried_grants" not in item:
            return None
        carried = item["carried_grants"]["M"]
        grants = tuple(
            (one["M"]["id"]["S"], int(one["M"]["tokens"]["N"])) for one in carried["list"]["L"]
        )
        usage, free = int(carried["usage"]["N"]), int(carried["free"]["N"])
        return int(item["current_usage"]["N"]), CarriedGrants(usage, free, grants)

    def _closed(self, user_id: str, period: str) -> Item | None:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._periods,
                Key={"user_id": text(user_id), "period": text(period)},
                ConsistentRead=True,
            )
        item: Item | None = answer.get("Item")
        return item

    def of_address(self, email: str, spelled: str = "") -> User | None:
        """The user whose an address is; None: nobody's. One read for whoever never moved.

        `spelled` is how a version before may have stored it (quota/identity.py).
        """
        item = self.get(user_id_for(email))
        if item is None and spelled:
            return self.owner(user_id_before(spelled))
        return self._owner(item)

    def named(self, reference: str) -> User:
        """The user of an address, or of an id, by which those are named whom no address can.

        Raises NotFoundError.
        """
        by_id = _ID.fullmatch(reference.strip())
        user = self.get(by_id[0]) if by_id else self.of_address(reference)
        if user is None:
            raise NotFoundError(f"no such user: {normalise_email(reference)}")
        return user

    def owner(self, user_id: str) -> User | None:
        """The user whose the address is that an id was made from; None: nobody's."""
        return self._owner(self.get(user_id))

    def _owner(self, item: User | None) -> User | None:
        if item is None or item.address_of is None:
            return item
        return self.get(item.address_of) if item.address_of != NOBODY else None

    def of_addresses(self, emails: Iterable[str]) -> dict[str, User]:
        """The same for many addresses, by address; those that are nobody's are left out."""
        wanted = {email: user_id_for(email) for email in emails}
        items = {one.user_id: one for one in self.get_many(wanted.values())}
        others = {one.address_of for one in items.values() if one.address_of}
        items |= {one.user_id: one for one in self.get_many(others - items.keys())}
        found = {}
        for email, user_id in wanted.items():
            item = items.get(user_id)
            if item is not None and item.address_of is not None:
                item = items.get(item.address_of)
            if item is not None:
                found[email] = item
        return found

    def change_together(self, plan: Callable[[], Writes]) -> Writes:
        """Write several users at once, all or none; `plan` reads them and says what is to be.

        Again, from what is there by then, while others come in between. A plan that finds its
        work done returns no changes: so ends a write whose answer was lost. Raises what the plan
        raises, StoreUnavailableError, and ConflictError after 60 lost races.
        """
        for _ in attempts(SWAPS):
            writes = plan()
            if not writes.changes or self.write(writes):
                return writes
        msg = f"users changed under {SWAPS.most} attempts"
        raise ConflictError(msg)

    def put_actions(self, changes: Iterable[tuple[User | None, User]]) -> list[Action]:
        """The actions that write users: from None, who is new; none where nothing changes."""
        return [
            {"Put": self._new_put(after) if before is None else self._swap_put(before, after)}
            for before, after in changes
            if before is not after
        ]

    def write(self, writes: Writes) -> bool:
        """Write several users at once, all or none; False when one has changed, or is changing."""
        actions = [*self.put_actions(writes.changes), *writes.rows]
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=actions)
        except AwsCallError as error:
            if error.aws_code == CANCELLED and set(error.reasons) <= CURABLE:
                return False
            raise
        return True

    def create(self, user: User, rows: Sequence[Action] = ()) -> bool:
        """Write a new user; False if somebody else made it first (nothing is changed then).

        `rows` are written with the user, all or nothing; raises WriteConflictError when one of
        them met another write, or its condition did not hold.
        """
        put = self._new_put(user)
        try:
            with store_errors():
                if rows:
                    self._client.transact_write_items(TransactItems=[{"Put": put}, *rows])
                else:
                    self._client.put_item(**put)
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            if error.reasons[:1] == (CONDITION_REASON,):
                return False
            if error.reasons and set(error.reasons) <= LOST_RACE:
                raise WriteConflictError(str(error)) from error
            raise
        return True

    def change(
        self,
        user_id: str,
        rule: Callable[[User], User],
        record: Callable[[User, User], Sequence[Action]] | None = None,
    ) -> User:
        """Apply a rule to a user, however many others write meanwhile.

        The rule returns the user as it shall be, with a higher `version`; returning the same
        object writes nothing. `record` describes the change: its rows (50 at most) and the user
        are written all or none. One change must have the same rows at every attempt; the first of
        them must be a put that only one write can make, if the change itself could be made twice.

        Raises NotFoundError, StoreUnavailableError, and ConflictError after 60 lost races.
        """
        for _ in attempts(SWAPS):
            before = self.get(user_id)
            if before is None:
                raise NotFoundError(user_id)
            after = rule(before)
            if after is before:
                return before
            if self._swap(before, after, record(before, after) if record else ()):
                return after
        msg = f"user {user_id} changed under {SWAPS.most} attempts"
        raise ConflictError(msg)

    def in_current_month(self, user_id: str, zone: tzinfo, clock: Callable[[], datetime]) -> User:
        """The user in the current month, opened if need be: what every change begins with.

        Raises as `opened_in`.
        """
        return self.opened_in(user_id, period_of(clock(), zone), clock)[0]

    def opened_in(
        self, user_id: str, period: str, clock: Callable[[], datetime]
    ) -> tuple[User, bool]:
        """The user in a month (or a later one), and whether this call has opened it.

        Raises NotFoundError, StoreUnavailableError, and ConflictError after ten lost races.
        """
        for _ in attempts(CONFLICT):
            user = self.get(user_id)
            if user is None:
                msg = f"no such user: {user_id}"
                raise NotFoundError(msg)
            if user.period >= period:
                return user, False
            opened, closed = open_period(user, period, clock())
            if self.roll_over(user, opened, closed):
                return opened, True
        msg = f"the month of user {user_id} could not be opened; try again"
        raise ConflictError(msg)

    def roll_over(self, before: User, opened: User, closed: ClosedPeriod) -> bool:
        """Open a month and write the closed one, both or neither.

        False if the item has changed since `before` was read: read again and look whether
        somebody else has opened the month.
        """
        actions = self.roll_over_actions(before, opened, closed)
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=actions)
        except AwsCallError as error:
            if error.aws_code == CANCELLED:
                return False
            raise
        return True

    def roll_over_actions(self, before: User, opened: User, closed: ClosedPeriod) -> list[Action]:
        """The two actions of `roll_over`, for a transaction that opens the month of many users."""
        return [
            {"Put": self._swap_put(before, opened)},
            {
                "Put": {
                    "TableName": self._periods,
                    "Item": _period_to_item(closed),
                    # a month is closed once; late settlements add to it afterwards
                    "ConditionExpression": "attribute_not_exists(user_id)",
                }
            },
        ]

    def scan(self) -> Iterator[User]:
        """Every user, page by page, in no order. For the command line, not for requests."""
        start: dict[str, Item] = {}
        while True:
            with store_errors():
                page = self._client.scan(TableName=self._users, Limit=PAGE_SIZE, **start)
            for item in page["Items"]:
                yield user_from_item(item)
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _swap(self, before: User, after: User, rows: Sequence[Action]) -> bool:
        """Write the change; False when another write came first, or was under way."""
        if len(rows) > MAX_ROWS:
            msg = f"{len(rows)} rows of one change, at most {MAX_ROWS}"
            raise ValueError(msg)
        put = self._swap_put(before, after)
        try:
            with store_errors():
                if rows:
                    self._client.transact_write_items(TransactItems=[{"Put": put}, *rows])
                else:
                    self._client.put_item(**put)
        except WriteConflictError:
            return False
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            if error.aws_code != CANCELLED or not error.reasons:
                raise
            if error.reasons[1] == CONDITION_REASON:
                # The row is there: boto3 lost the answer to this very write and has sent it again.
                return True
            if set(error.reasons) <= CURABLE:
                return False
            raise
        return True

    def _new_put(self, user: User) -> Write:
        return {
            "TableName": self._users,
            "Item": user_to_item(user),
            "ConditionExpression": "attribute_not_exists(user_id)",
        }

    def _swap_put(self, before: User, after: User) -> Write:
        if after.version <= before.version:
            msg = f"a change makes a version above {before.version}, not {after.version}"
            raise ValueError(msg)
        return {
            "TableName": self._users,
            "Item": user_to_item(after),
            # every write raises the version, so an equal one means that nothing has changed
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": number(before.version)},
        }


def _period_to_item(closed: ClosedPeriod) -> Item:
    item = {
        "user_id": text(closed.user_id),
        "period": text(closed.period),
        "monthly_limit": number(closed.monthly_limit),
        "additional_tokens": number(closed.additional_tokens),
        "current_usage": number(closed.current_usage),
        "closed_at": text(iso_milliseconds(closed.closed_at)),
    }
    if closed.ended_tokens:
        item["ended_tokens"] = number(closed.ended_tokens)
    if closed.carried is not None:
        item["carried_grants"] = {
            "M": {
                "usage": number(closed.carried.usage),
                "free": number(closed.carried.free_tokens),
                "list": {
                    "L": [
                        {"M": {"id": text(name), "tokens": number(tokens)}}
                        for name, tokens in closed.carried.grants
                    ]
                },
            }
        }
    return item
