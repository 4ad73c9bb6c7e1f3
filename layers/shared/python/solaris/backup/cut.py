"""The tables of a backup brought to one point in time, by the rules of backup/cut_rules.py.

What no booking and no change of these minutes has touched goes through as it was read. Memory
grows with what happens while a backup runs (and a quarter of an hour before), not with the tables.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from solaris.backup.cut_rules import (
    MARGIN,
    SUMMED_DAYS,
    available_tokens,
    keeps_change,
    keeps_month,
    keeps_record,
)
from solaris.backup.staging import Staging
from solaris.backup.whole_tables import Key
from solaris.ledger.booking import (
    SYSTEM_SHARDS,
    group_key,
    groups_owner,
    hour_requests,
    hour_tokens,
    system_owner,
    user_owner,
)
from solaris.ledger.day_index import with_day
from solaris.ledger.figures import FIGURE_NAMES, NO_MODEL, booked_hour, counted_model
from solaris.ledger.first_byte import bucket_of
from solaris.ledger.records import figures_of_record
from solaris.ledger.shards import counter_shard
from solaris.ledger.transactions import OF_EXPIRY, SYSTEM_ID, TransactionKind
from solaris.platform.actor import Role
from solaris.platform.aws.documents import is_policy
from solaris.platform.aws.items import Item, epoch_milliseconds, number, text
from solaris.platform.aws.progress import is_progress
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.quota.day_cap import counted, used_tokens
from solaris.quota.grants import with_carried_tokens
from solaris.quota.item import reservation_from_item, user_from_item, user_to_item
from solaris.quota.usage import Outcome
from solaris.quota.user import User
from solaris.sign_in.admin_store import COUNT_KEY, is_admin_item

STAGED = ("users", "counters", "periods", "admins")
REQUESTS = "requests"
_SYSTEM, _GROUPS = "system", "groups"
_SHARDED = {_SYSTEM: system_owner, _GROUPS: groups_owner}
_KEY_NAMES = frozenset({"owner", "day_model", "day_shard"})
_OF_USAGE = frozenset({TransactionKind.USAGE_RESET.value, TransactionKind.MERGE.value})


class Cut:
    """One backup's. Tables are to come in the order of backup/cut_rules.py."""

    def __init__(self, staging: Staging, *, started_at: datetime, zone: tzinfo) -> None:
        self._staging = staging
        self._zone = zone
        self._started_at = iso_milliseconds(started_at)
        self._started_ms = epoch_milliseconds(started_at)
        self._since = iso_milliseconds(started_at - MARGIN)
        self._summed_since = iso_milliseconds(started_at - timedelta(days=SUMMED_DAYS))
        # what bookings of these minutes touched, summed from the records by `add_up`
        self._usage: dict[tuple[str, str], int] = {}
        self._counters: dict[tuple[str, str], Counter[str]] = {}
        self._days: dict[tuple[str, str], int] = {}
        self._booked: dict[str, set[str]] = defaultdict(set)
        self._final: set[str] = set()
        self._recent_changes: set[str] = set()
        self._versions: dict[str, int] = {}
        # what closed months used of grants after the account was read (negative), or gave back
        self._late_grants: dict[str, int] = defaultdict(int)
        # requests for tokens: those that are pending, and what names one
        self._pending: set[str] = set()
        self._heads: list[Item] = []
        self.open_before: set[Key] = set()
        """Keys of the records that requests begun before the backup are still to get."""

    @property
    def is_touched(self) -> bool:
        """Whether anything has to be put right."""
        return bool(self._usage)

    def requests(self, page: Sequence[Item]) -> list[Item]:
        """Requests for tokens as they are. What names a pending one waits until all were seen."""
        passed = []
        for item in page:
            if "pending" in item:
                self._heads.append(item)
                continue
            passed.append(item)
            if item.get("state") == text("pending"):
                self._pending.add(item["request_id"]["S"])
        return passed

    def request_heads(self) -> list[Item]:
        """What names a pending request; it names none that was decided before it was read."""
        return [
            item
            if item["pending"]["S"] in self._pending
            else {name: item[name] for name in item if not name.startswith("pending")}
            for item in self._heads
        ]

    def take_users(self, page: Sequence[Item]) -> None:
        """Take accounts as they are."""
        self._staging.put("users", page)
        for item in page:
            for request_id, held in item["reservations"]["M"].items():
                if int(held["M"]["created_at"]["N"]) <= self._started_ms:
                    one = reservation_from_item(request_id, held, None)
                    key = f"{iso_milliseconds(one.created_at)}#{request_id}"
                    self.open_before.add((item["user_id"]["S"], key))

    def take(self, table: str, page: Sequence[Item]) -> None:
        """Take counters, months or admins."""
        kept = [one for one in page if table != "periods" or self._keeps_month(one)]
        self._staging.put(table, kept)

    def _keeps_month(self, item: Item) -> bool:
        if is_policy(item):
            return True
        if is_progress(item):
            # work under way tells of users as they were read one by one: it is begun again
            return "finished_at" in item and item["finished_at"]["S"] < self._started_at
        if item["closed_at"]["S"] < self._since:
            return True
        standing = self._staging.standing(item["user_id"]["S"])
        return keeps_month(standing, item["period"]["S"])

    def records(self, page: Iterable[Item]) -> list[Item]:
        """The usage records that belong in."""
        return [item for item in page if item["recorded_at"]["S"] < self._since or self._new(item)]

    def _new(self, item: Item) -> bool:
        user_id, period = item["user_id"]["S"], item["period"]["S"]
        self._usage.setdefault((user_id, period), 0)
        self._days.setdefault((user_id, self._day(item)), 0)
        if item["created_at"]["S"] >= self._summed_since:
            day = self._day(item)
            # an expired record may have been replaced by one that no model answered
            for model in (item["model"]["S"], NO_MODEL):
                for owner in (user_owner(user_id), _SYSTEM):
                    self._counters.setdefault((owner, f"{day}#{model}"), Counter())
                if "group_id" in item:
                    key = group_key(day, item["group_id"]["S"], model)
                    self._counters.setdefault((_GROUPS, key), Counter())
        if not keeps_record(self._staging.standing(user_id), period):
            return False
        self._booked[user_id].add(item["request_id"]["S"])
        if item["outcome"]["S"] != Outcome.EXPIRED.value:
            self._final.add(item["request_id"]["S"])
        return True

    def add_up(self, item: Item) -> None:
        """Sum one record that belongs in, once all of them were seen."""
        user_id, period = item["user_id"]["S"], item["period"]["S"]
        charged = int(item["charged_tokens"]["N"])
        if (user_id, period) in self._usage:
            self._usage[user_id, period] += charged
        model = counted_model(item["model"]["S"], item["outcome"]["S"])
        day = self._day(item)
        if (user_id, day) in self._days:
            self._days[user_id, day] += charged
        day_model = f"{day}#{model}"
        system = self._counters.get((_SYSTEM, day_model))
        if system is None:
            return
        counted = figures_of_record(item)
        figures = {name: getattr(counted, name) for name in FIGURE_NAMES}
        mine = self._counters.get((user_owner(user_id), day_model))
        group = None
        if "group_id" in item:
            key = group_key(day, item["group_id"]["S"], model)
            group = self._counters.get((_GROUPS, key))
        for sums in (system, mine, group):
            if sums is not None:
                sums.update(figures)
        hour = booked_hour(parse_instant(item["created_at"]["S"]), day, self._zone)
        system[hour_tokens(hour)] += charged
        system[hour_requests(hour)] += 1
        if "first_byte_ms" in item:
            system[bucket_of(int(item["first_byte_ms"]["N"]))] += 1

    def changes(self, page: Iterable[Item]) -> list[Item]:
        """The transactions that belong in."""
        kept = []
        for item in page:
            user_id, key = item["user_id"]["S"], (item["user_id"]["S"], item["period"]["S"])
            if item["created_at"]["S"] >= self._since:
                if not self._keeps_change(user_id, item):
                    continue
                self._recent_changes.add(item["transaction_id"]["S"])
            if item["kind"]["S"] in _OF_USAGE and key in self._usage:
                self._usage[key] += int(item["amount"]["N"])
            kept.append(item)
        return kept

    def _keeps_change(self, user_id: str, item: Item) -> bool:
        if user_id == SYSTEM_ID:  # of no account: what it tells of was read after the start
            return bool(item["created_at"]["S"] < self._started_at)
        standing, version = self._staging.standing(user_id), int(item["version"]["N"])
        is_known, is_shown = self._goes_with_record(user_id, item), keeps_change(standing, version)
        if is_shown or standing is None or not is_known:
            return is_shown
        if item["kind"]["S"] == TransactionKind.GRANT_LATE.value:
            if item["period"]["S"] > standing.period:
                return False  # its month is still open in the account that was read
            self._late_grants[user_id] += int(item["amount"]["N"])
        self._versions[user_id] = max(version, self._versions.get(user_id, 0))
        return True

    def _goes_with_record(self, user_id: str, item: Item) -> bool:
        """Whether a row of a late answer (ledger/corrections.py) has its record in.

        Of grants an expiry has a row of its own, which stays when a late answer takes its place.
        """
        name = item["transaction_id"]["S"]
        request_id = name.removesuffix(OF_EXPIRY)
        return name in self._final or (
            request_id != name and request_id in self._booked.get(user_id, ())
        )

    def audited(self, page: Iterable[Item]) -> list[Item]:
        """The audit rows, but for those of changes that do not belong in."""
        return [
            item
            for item in page
            if item["created_at"]["S"] < self._since
            or "transaction_id" not in item
            or item["transaction_id"]["S"] in self._recent_changes
        ]

    def mend(self) -> int:
        """Put right what was touched; returns how many items were."""
        admins = self._mend_admins()
        months = sum([self._mend_usage(*key, usage) for key, usage in self._usage.items()])
        accounts = sum([self._mend_account(user_id) for user_id in {key[0] for key in self._usage}])
        counters = 0
        for (owner, day_model), sums in self._counters.items():
            mend = self._mend_sharded if owner in _SHARDED else self._mend_counter
            counters += mend(owner, day_model, sums)
        return admins + months + accounts + counters

    def _mend_usage(self, user_id: str, period: str, usage: int) -> bool:
        item = self._staging.get("periods", user_id, period)
        if item is None or usage < 0 or int(item["current_usage"]["N"]) == usage:
            return False  # below zero: made by hand, no record explains it
        self._staging.put("periods", [item | {"current_usage": number(usage)}])
        return True

    def _mend_account(self, user_id: str) -> bool:
        item = self._staging.get("users", user_id)
        if item is None:
            return False
        held = item["reservations"]["M"]
        still_open = {key: held[key] for key in held if key not in self._booked[user_id]}
        used = int(item["current_usage"]["N"])
        usage = self._usage.get((user_id, item["period"]["S"]), used)
        usage = used if usage < 0 else usage
        late = self._late_grants.get(user_id, 0)
        if usage == used and len(still_open) == len(held) and not late:
            return False
        granted = user_to_item(with_carried_tokens(user_from_item(item), late)) if late else item
        available = available_tokens(
            monthly_limit=int(item["monthly_limit"]["N"]),
            additional_tokens=int(granted["additional_tokens"]["N"]),
            current_usage=usage,
            reserved_tokens=sum(int(one["M"]["tokens"]["N"]) for one in still_open.values()),
            block_ppm=int(item["block_ppm"]["N"]),
        )
        version = max(int(item["version"]["N"]) + 1, self._versions.get(user_id, 0))
        mended = {
            "current_usage": number(usage),
            "available_tokens": number(available),
            "reservations": {"M": still_open},
            "version": number(version),
        }
        of_grants: Item = {
            one: granted[one] for one in ("additional_tokens", "grants") if one in granted
        }
        of_day = self._mended_day(user_from_item(item), still_open)
        self._staging.put("users", [item | mended | of_grants | of_day])
        return True

    def _mended_day(self, user: User, still_open: Item) -> Item:
        """What a user with a day's cap has left of it, with these requests open."""
        cap = user.day_cap
        if cap is None:
            return {}
        charged = self._days.get((user.user_id, cap.day), used_tokens(user))
        held = {key: one for key, one in user.reservations.items() if key in still_open}
        shown = counted(replace(user, reservations=held), charged)
        return (
            {}
            if shown.day_cap is None
            else {"day_available": number(shown.day_cap.available_tokens)}
        )

    def _mend_counter(self, owner: str, day_model: str, sums: Counter[str]) -> bool:
        item = self._staging.get("counters", owner, day_model)
        if _figures([item]) == _not_zero(sums):
            return False
        if not _not_zero(sums):
            self._staging.remove("counters", owner, day_model)
            return True
        day, user_id = day_model.partition("#")[0], owner.partition("#")[2]
        shard = {"day_shard": text(counter_shard(day, user_id))}
        self._staging.put("counters", [_counter(owner, day_model, sums) | shard])
        return True

    def _mend_sharded(self, kind: str, day_model: str, sums: Counter[str]) -> int:
        """The shards are only there for the speed of writing: what differs goes into the first."""
        owners = [_SHARDED[kind](n) for n in range(SYSTEM_SHARDS)]
        items = [self._staging.get("counters", owner, day_model) for owner in owners]
        if _figures(items) == _not_zero(sums):
            return 0
        for owner in owners:
            self._staging.remove("counters", owner, day_model)
        if _not_zero(sums):
            self._staging.put("counters", [_counter(owners[0], day_model, sums)])
        return SYSTEM_SHARDS

    def _mend_admins(self) -> bool:
        """Count who has the role admin: they and their number are written together, read apart."""
        item = self._staging.get("admins", COUNT_KEY)
        if item is None:
            return False
        admins = sum(
            one["role"]["S"] == Role.ADMIN.value
            for one in self._staging.items("admins")
            if is_admin_item(one)
        )
        if int(item["admins"]["N"]) == admins:
            return False
        self._staging.put("admins", [item | {"admins": number(admins)}])
        return True

    def _day(self, item: Item) -> str:
        return str(with_day(item, self._zone)["day_shard"]["S"].partition("#")[0])


def _counter(owner: str, day_model: str, sums: Counter[str]) -> Item:
    names = sorted({*FIGURE_NAMES, *sums})
    figures = {name: number(sums[name]) for name in names}
    return {"owner": text(owner), "day_model": text(day_model), **figures}


def _figures(items: Iterable[dict[str, Any] | None]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for item in items:
        for name, value in (item or {}).items():
            if name not in _KEY_NAMES:
                sums[name] += int(value["N"])
    return _not_zero(sums)


def _not_zero(sums: Counter[str]) -> Counter[str]:
    return Counter({name: value for name, value in sums.items() if value})
