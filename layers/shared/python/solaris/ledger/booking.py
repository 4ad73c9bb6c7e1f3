"""The ledger's transaction, action by action: every write with its condition.

Pure builders of DynamoDB's JSON, so that each clause can be read and tested on its own.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from solaris.ledger.figures import FIGURE_NAMES, LATER_FIGURES, counted_model, is_error
from solaris.ledger.first_byte import bucket_of
from solaris.ledger.records import usage_item
from solaris.ledger.shards import counter_shard
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.settings import Settings
from solaris.quota.settlement import Settlement, settle
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

# No single item takes every write of the system: one partition carries 1,000 writes a second.
SYSTEM_SHARDS = 8

REFUSALS_OWNER = "refusals"
"""Counter owner of what was refused: `2026-11-22#-`, by reason (ledger/refusals.py)."""

REFUSED_PREFIX = "refused#"
"""Of the counter owners under which a person's refusals are (ledger/refused_days.py)."""

_ZERO = dict.fromkeys(FIGURE_NAMES, 0)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An event with what the recorder knows: its cost, day and hour in the periods' zone.

    The cost is `cost_micros` and `cost_nanos` together (ledger/figures.py), or unknown: `unpriced`.
    """

    event: UsageEvent
    cost_micros: int
    day: str
    hour: int = 0
    cost_nanos: int = 0
    unpriced: bool = False


@dataclass(frozen=True, slots=True)
class RecordedUsage:
    """What the ledger holds for an event already."""

    outcome: Outcome
    counts: TokenCounts
    charged_tokens: int
    cost_micros: int
    model: str
    cost_nanos: int = 0
    unpriced: bool = False
    group_id: str | None = None


def refused_owner(user_id: str) -> str:
    """Counter owner of what one person was refused."""
    return f"{REFUSED_PREFIX}{user_id}"


def user_owner(user_id: str) -> str:
    """Counter owner of one user."""
    return f"user#{user_id}"


def system_owner(shard: int) -> str:
    """Counter owner of one shard of the whole system."""
    return f"system#{shard}"


def groups_owner(shard: int) -> str:
    """Counter owner of one shard of all groups: by `<day>#<group id>#<model>`.

    The shards are the system's, and a transaction writes to the same of both. So two that meet on
    a group's counter meet on the system's as well, and groups bring no conflict that was not there.
    """
    return f"groups#{shard}"


def hour_tokens(hour: int) -> str:
    """Attribute of the system's counters: tokens charged in an hour of the day."""
    return f"tokens_{hour:02d}"


def hour_requests(hour: int) -> str:
    """Attribute of the system's counters: requests of an hour of the day."""
    return f"requests_{hour:02d}"


def group_key(day: str, group_id: str, model: str) -> str:
    """The sort key of a group's counter."""
    return f"{day}#{group_id}#{model}"


class LedgerActions:
    """Builds actions for one stage's tables; `clock` stamps the records."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.usage_table = settings.table_name("usage")
        self._users = settings.table_name("users")
        self._counters = settings.table_name("counters")
        self._periods = settings.table_name("periods")
        self.transactions_table = settings.table_name("transactions")
        self._clock = clock

    def ordinary(self, entries: Sequence[LedgerEntry]) -> list[Action]:
        """Everything for events whose reservations are held in the open period."""
        by_user: dict[tuple[str, str, str | None], list[UsageEvent]] = defaultdict(list)
        for entry in entries:
            event = entry.event
            by_user[event.user_id, event.period, event.day].append(event)
        actions = [self.put_usage(entry) for entry in entries]
        for (_, _, day), events in by_user.items():
            change = settle(
                reserved_tokens=sum(event.reserved_tokens for event in events),
                charged_tokens=sum(event.charged_tokens for event in events),
            )
            if day is not None:
                change = replace(change, day_delta=change.available_delta)
            held = [(event, event.reserved_tokens) for event in events]
            actions.append(self.settle_user(held, change, day))
        return [*actions, *self.add_counters(entries)]

    def put_usage(self, entry: LedgerEntry) -> Action:
        """The record, once: a repeated message finds it and the transaction does nothing."""
        return {
            "Put": {
                "TableName": self.usage_table,
                "Item": self._item(entry),
                "ConditionExpression": "attribute_not_exists(user_id)",
            }
        }

    def _item(self, entry: LedgerEntry) -> Item:
        return usage_item(
            entry.event,
            cost_micros=entry.cost_micros,
            cost_nanos=entry.cost_nanos,
            unpriced=entry.unpriced,
            day=entry.day,
            recorded_at=self._clock(),
        )

    def replace_expired(self, entry: LedgerEntry, previously_charged: int) -> Action:
        """The late answer's record in place of the one that its expiry wrote, once."""
        return {
            "Put": {
                "TableName": self.usage_table,
                "Item": self._item(entry),
                "ConditionExpression": "outcome = :expired AND charged_tokens = :charged",
                "ExpressionAttributeValues": {
                    ":expired": text(Outcome.EXPIRED.value),
                    ":charged": number(previously_charged),
                },
            }
        }

    def settle_user(
        self, held: Sequence[tuple[UsageEvent, int]], change: Settlement, day: str | None
    ) -> Action:
        """Remove reservations of one user and period, and book what they used.

        `day` is that of the user's cap, None where there is none: what the change was made for.
        """
        first = held[0][0]
        names = {"#period": "period", "#version": "version", "#tokens": "tokens"}
        values = _user_values(first, change)
        of_day = _OfDay(change, day, names, values)
        conditions = ["#period = :period", of_day.condition]
        removed = []
        for n, (event, tokens) in enumerate(held):
            names[f"#r{n}"] = event.request_id
            values[f":r{n}"] = number(tokens)
            # the reservation is still held, with the tokens that are given back
            conditions.append(f"reservations.#r{n}.#tokens = :r{n}")
            removed.append(f"reservations.#r{n}")
        return self._update_user(
            first,
            f"{_ADJUST}{of_day.update} REMOVE {', '.join(removed)}",
            " AND ".join(conditions),
            names,
            values,
        )

    def adjust_user(
        self,
        event: UsageEvent,
        change: Settlement,
        day: str | None,
        *,
        unreserved: bool = False,
        version: int | None = None,
    ) -> Action:
        """Book a change of the open period that no reservation belongs to; `day` as above."""
        names = {"#period": "period", "#version": "version"}
        values = _user_values(event, change)
        of_day = _OfDay(change, day, names, values)
        condition = f"#period = :period AND {of_day.condition}"
        if unreserved:
            names["#request"] = event.request_id
            condition += " AND attribute_not_exists(reservations.#request)"
        if change.usage_delta < 0:
            # a manual reset may have come in between, and usage is never below zero
            values[":least"] = number(-change.usage_delta)
            condition += " AND current_usage >= :least"
        if version is not None:
            values[":version"] = number(version)
            condition += " AND #version = :version"
        return self._update_user(event, _ADJUST + of_day.update, condition, names, values)

    def touch_user(self, event: UsageEvent, version: int) -> Action:
        """Give the item a new version and change nothing else, if it still has this one."""
        return self._update_user(
            event,
            "SET #version = #version + :one",
            "#version = :version",
            {"#version": "version"},
            {":one": number(1), ":version": number(version)},
        )

    def drop_reservation(self, event: UsageEvent) -> Action:
        """Forget a reservation that was carried over from a closed month; it holds nothing."""
        return self._update_user(
            event,
            "SET #version = #version + :one REMOVE reservations.#request",
            "#period > :period AND attribute_exists(reservations.#request)",
            {"#period": "period", "#version": "version", "#request": event.request_id},
            {":one": number(1), ":period": text(event.period)},
        )

    def add_to_period(
        self, event: UsageEvent, tokens: int, found_usage: int | None = None
    ) -> Action:
        """Add to a closed month's summary; to no other usage than was found, if that is told."""
        values = {":tokens": number(tokens)}
        condition = "attribute_exists(user_id)"
        if found_usage is not None:
            condition = "current_usage = :found"
            values[":found"] = number(found_usage)
        return {
            "Update": {
                "TableName": self._periods,
                "Key": {"user_id": text(event.user_id), "period": text(event.period)},
                "UpdateExpression": "ADD current_usage :tokens",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }

    def add_counters(self, entries: Sequence[LedgerEntry]) -> list[Action]:
        """Daily sums by user and model, by group and model, and by system shard and model.

        The system's are by hour too, and count how long first bytes took (ledger/first_byte.py).
        Who is in no group adds to none: such an event costs no more than without groups. One of a
        group costs one action more, of two write units, unless another event of the transaction is
        of the same group, day and model.
        """
        sums = _Sums(entries[0])
        for entry in entries:
            sums.add(entry)
        return self._counted(sums)

    def correct_counters(self, entry: LedgerEntry, recorded: RecordedUsage) -> list[Action]:
        """Take an expiry's figures out of the counters and put the real ones in."""
        sums = _Sums(entry)
        sums.take_back(entry, recorded)
        sums.add(entry)
        return self._counted(sums)

    def _counted(self, sums: "_Sums") -> list[Action]:
        of_users = [
            self._counter(
                user_owner(user_id),
                day_model,
                figures,
                day_shard=counter_shard(day_model.partition("#")[0], user_id),
            )
            for (user_id, day_model), figures in sums.users.items()
        ]
        of_system = [
            self._counter(sums.system_owner, day_model, figures)
            for day_model, figures in sums.system.items()
        ]
        of_groups = [
            self._counter(sums.groups_owner, key, figures) for key, figures in sums.groups.items()
        ]
        return [*of_users, *of_system, *of_groups]

    def _counter(
        self, owner: str, day_model: str, figures: dict[str, int], day_shard: str | None = None
    ) -> Action:
        figures = {n: value for n, value in figures.items() if value or n not in LATER_FIGURES}
        update = "ADD " + ", ".join(f"{name} :{name}" for name in figures)
        values = {f":{name}": number(value) for name, value in figures.items()}
        if day_shard is not None:
            # always the same for this item: whoever makes it writes it
            update = f"SET day_shard = :day_shard {update}"
            values[":day_shard"] = text(day_shard)
        return {
            "Update": {
                "TableName": self._counters,
                "Key": {"owner": text(owner), "day_model": text(day_model)},
                "UpdateExpression": update,
                "ExpressionAttributeValues": values,
            }
        }

    def _update_user(
        self,
        event: UsageEvent,
        update: str,
        condition: str,
        names: dict[str, str],
        values: Item,
    ) -> Action:
        return {
            "Update": {
                "TableName": self._users,
                "Key": {"user_id": text(event.user_id)},
                "UpdateExpression": update,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }


_ADJUST = (
    "SET available_tokens = available_tokens + :available, "
    "current_usage = current_usage + :used, "
    "#version = #version + :one"
)


def _user_values(event: UsageEvent, change: Settlement) -> Item:
    return {
        ":available": number(change.available_delta),
        ":used": number(change.usage_delta),
        ":one": number(1),
        ":period": text(event.period),
    }


class _OfDay:
    """What a change of a user says of the day's cap, and on which condition.

    A cap that was set, taken away or turned to another day meanwhile refuses it: it is decided
    anew then. `names` and `values` of the expression get what is needed.
    """

    def __init__(
        self, change: Settlement, day: str | None, names: dict[str, str], values: Item
    ) -> None:
        self.update = ""
        self.condition = "attribute_not_exists(day_available)"
        if day is None:
            return
        names["#day"] = "day"
        values[":day"] = text(day)
        self.condition = "#day = :day"
        if change.day_delta:
            values[":of_day"] = number(change.day_delta)
            self.update = ", day_available = day_available + :of_day"


class _Sums:
    """What one transaction adds to the counters of users, and of one shard of system and groups."""

    def __init__(self, first: LedgerEntry) -> None:
        shard = zlib.crc32(first.event.request_id.encode()) % SYSTEM_SHARDS
        self.system_owner, self.groups_owner = system_owner(shard), groups_owner(shard)
        self.users: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict(_ZERO))
        self.system: dict[str, dict[str, int]] = defaultdict(lambda: dict(_ZERO))
        self.groups: dict[str, dict[str, int]] = defaultdict(lambda: dict(_ZERO))

    def add(self, entry: LedgerEntry) -> None:
        event = entry.event
        model = counted_model(event.model, event.outcome)
        figures = {
            "requests": 1,
            "errors": int(is_error(event.status_code)),
            "prompt_tokens": event.counts.prompt_tokens,
            "completion_tokens": event.counts.completion_tokens,
            "cached_tokens": event.counts.cached_tokens,
            "charged_tokens": event.charged_tokens,
            "cost_micros": entry.cost_micros,
            "cost_nanos": entry.cost_nanos,
            "unpriced_requests": int(entry.unpriced),
            "over_limit_requests": int(event.over_limit),
        }
        self._book(entry, model, figures, event.group_id)
        if event.first_byte_ms is not None:
            # an expiry has none: what a late answer replaces takes nothing out of its bucket
            sums = self.system[f"{entry.day}#{model}"]
            name = bucket_of(event.first_byte_ms)
            sums[name] = sums.get(name, 0) + 1

    def take_back(self, entry: LedgerEntry, recorded: RecordedUsage) -> None:
        """An expiry has status 0, so it was no error; its time, and so its hour, is the entry's."""
        figures = {
            "requests": -1,
            "prompt_tokens": -recorded.counts.prompt_tokens,
            "completion_tokens": -recorded.counts.completion_tokens,
            "cached_tokens": -recorded.counts.cached_tokens,
            "charged_tokens": -recorded.charged_tokens,
            "cost_micros": -recorded.cost_micros,
            "cost_nanos": -recorded.cost_nanos,
            "unpriced_requests": -int(recorded.unpriced),
            "over_limit_requests": 0,
        }
        self._book(entry, recorded.model, figures, recorded.group_id)

    def _book(
        self, entry: LedgerEntry, model: str, figures: dict[str, int], group_id: str | None
    ) -> None:
        day_model = f"{entry.day}#{model}"
        of_hour = {
            hour_tokens(entry.hour): figures["charged_tokens"],
            hour_requests(entry.hour): figures["requests"],
        }
        booked = [
            (self.users[entry.event.user_id, day_model], figures),
            (self.system[day_model], figures | of_hour),
        ]
        if group_id is not None:
            booked.append((self.groups[group_key(entry.day, group_id, model)], figures))
        for sums, added in booked:
            for name, value in added.items():
                sums[name] = sums.get(name, 0) + value
