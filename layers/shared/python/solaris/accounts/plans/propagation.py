"""Bringing a change of plans or groups to everybody who has them, however often it is killed.

    plans     v7 ─► v8 ─────────────── v9              one document
    job       a page, a page, killed … begins anew     cursor, counts and lease are one item
    pack      25 users, their rows, and the condition that the plans are those of this run

A user who is changed by somebody else meanwhile is read again; one who is changed after the job
was there follows the new plans by themselves (reading.py). So one pass over the table is enough:
what a run leaves undone is neither lost nor done twice.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.accounts.daily.steps import DailyLimits
from solaris.accounts.plans.progress import (
    SYSTEM,
    LeaseLostError,
    Order,
    Progress,
    PropagationStore,
)
from solaris.accounts.writer import Tell
from solaris.ledger.ended_grants import EndedGrants
from solaris.ledger.transaction_store import put_transaction
from solaris.ledger.transactions import Origin, transaction_of
from solaris.platform.aws.client import store_errors
from solaris.platform.aws.items import Action, Item, text
from solaris.platform.errors import NotFoundError, SolarisError
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.quota import changes
from solaris.quota.item import user_from_item
from solaris.quota.periods import period_of
from solaris.quota.plans import Seeds, gets_something
from solaris.quota.policy import PlanStore, StatedPlans, threshold_rule_of
from solaris.quota.store import UserStore, Writes
from solaris.quota.user import User, UserStatus

PAGE_USERS = 500
PACK_USERS = 25  # two actions each, of the 100 that a transaction may have
MAX_PAGES = 1_000_000
# how often the plans may change while one call is at work
MAX_ORDERS = 20
PACK_ATTEMPTS = 3

_NAMESPACE = uuid.UUID("8f6e2b1c-3d54-5f0a-9a1e-7c2d40b6e913")

Tick = Callable[[Progress], None]
Remaining = Callable[[], float]
Change = tuple[User, User]
"""A user before and after."""

_log = get_logger("solaris.plans")


@dataclass(frozen=True, slots=True)
class PropagationReport:
    """What one call left. `is_held` says that another one is at work."""

    progress: Progress | None
    is_done: bool
    is_held: bool = False

    def body(self) -> dict[str, Any]:
        """What the function answers."""
        made = self.progress
        return {
            "plans": "done" if self.is_done else "running",
            "plan_users": 0 if made is None else made.users,
            "plan_users_changed": 0 if made is None else made.changed,
        }


@dataclass(frozen=True, slots=True)
class _Run:
    """One call's work at one order."""

    owner: str
    stated: StatedPlans
    seeds: Seeds
    order: Progress

    def origin(self, user_id: str, now: datetime) -> Origin:
        """One row for a user and an order, however often it is tried."""
        return Origin(
            transaction_id=uuid.uuid5(_NAMESPACE, f"{self.order.run_id}\n{user_id}").hex,
            actor=self.order.actor,
            reason=self.order.reason,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """One page: how many got something, pack by pack, and items that could not be read."""

    packs: Sequence[Future[int]]
    failed: int


class Propagation:
    """Brings plans to users; `clock` gives the time in UTC, `tell` what the directory is told."""

    def __init__(
        self,
        *,
        settings: Settings,
        client: Any,
        users: UserStore,
        plans: PlanStore,
        store: PropagationStore,
        ended_grants: EndedGrants,
        daily_limits: DailyLimits,
        tell: Tell,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._daily_limits = daily_limits
        self._client = client
        self._users_table = settings.table_name("users")
        self._transactions_table = settings.table_name("transactions")
        self._users = users
        self._plans = plans
        self._store = store
        self._ended_grants = ended_grants
        self._tell = tell
        self._clock = clock

    def run(
        self, remaining_seconds: Remaining = lambda: float("inf"), tick: Tick = lambda _: None
    ) -> PropagationReport:
        """Bring what is to be brought, as far as the time allows; `tick` hears of every page.

        Returns at once when it is done or another run is at work. Raises StoreUnavailableError
        or ConflictError when the store fails; the next run goes on from there.
        """
        owner = uuid.uuid4().hex
        order = None
        for _ in range(MAX_ORDERS):
            stated = self._plans.read()
            order = self._ordered(stated)
            if order is None:
                continue
            if order.is_done:
                return PropagationReport(order, is_done=True)
            if not self._store.claim(order.run_id, owner, self._clock()):
                found = self._store.get()
                if found is not None and found.run_id == order.run_id:
                    return PropagationReport(found, found.is_done, is_held=not found.is_done)
                continue
            work = _Run(owner, stated, order.seeds, self._store.get() or order)
            try:
                return self._work(work, remaining_seconds, tick)
            except LeaseLostError:
                continue
        return PropagationReport(order, is_done=False)

    def _ordered(self, stated: StatedPlans) -> Progress | None:
        """The order for these plans, given now if nobody has; None: look again.

        Nobody has where the environment was changed, or after a restore; or ever: then there is
        nothing to bring, as long as there is no document.
        """
        known, wanted = self._store.get(), stated.signature
        if known is not None and known.wanted == wanted:
            return known
        is_first = known is None and not any(stated.versions)
        order = Order(
            run_id=uuid.uuid4().hex,
            wanted=wanted,
            actor=SYSTEM,
            reason="",
            total=0 if known is None else known.users,
            is_done=is_first,
        )
        before = "" if known is None else known.wanted
        checks = self._plans.unchanged(stated)
        self._store.order(order, self._clock(), instead_of=before, checks=checks)
        found = self._store.get()
        return found if found is not None and found.wanted == wanted else None

    def _work(self, run: _Run, remaining_seconds: Remaining, tick: Tick) -> PropagationReport:
        try:
            with _one_after_the_other() as writer:
                return self._pages(run, writer, remaining_seconds, tick)
        except LeaseLostError:
            raise
        except SolarisError:
            self._released(run)
            raise

    def _pages(
        self, run: _Run, writer: Executor, remaining_seconds: Remaining, tick: Tick
    ) -> PropagationReport:
        progress, page = run.order, None
        for _ in range(MAX_PAGES):
            if remaining_seconds() <= 0:
                self._store.release(progress, run.owner)
                return PropagationReport(progress, is_done=False)
            items, cursor = page or self._page(progress.cursor)
            seen = self._see_to(run, items, writer)
            # while the last packs are being written
            page = None if cursor is None else self._page(cursor)
            progress = replace(
                progress,
                cursor=cursor,
                users=progress.users + len(items),
                changed=progress.changed + sum(pack.result() for pack in seen.packs),
                failed=progress.failed + seen.failed,
            )
            self._store.save(progress, run.owner, self._clock())
            tick(progress)
            if cursor is None:
                break
        self._store.finish(progress, run.owner, self._clock())
        _log.info(
            "plans_propagated",
            users=progress.users,
            changed=progress.changed,
            failed=progress.failed,
            actor=progress.actor,
        )
        return PropagationReport(replace(progress, is_done=True), is_done=True)

    def _page(self, cursor: str | None) -> tuple[list[Item], str | None]:
        request: dict[str, Any] = {
            "TableName": self._users_table,
            "Limit": PAGE_USERS,
            # who was written by an older document must be seen as they are now
            "ConsistentRead": True,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = {"user_id": text(cursor)}
        with store_errors():
            page = self._client.scan(**request)
        last = page.get("LastEvaluatedKey")
        return page["Items"], last["user_id"]["S"] if last else None

    def _see_to(self, run: _Run, items: Sequence[Item], writer: Executor) -> _Seen:
        """Give the writer packs of those who do not have yet what the plans say."""
        packs: list[Future[int]] = []
        pairs: list[Change] = []
        failed = 0
        for item in items:
            try:
                user = user_from_item(item)
            except (KeyError, TypeError, ValueError) as error:
                # one damaged item must not keep a plan from everybody else
                failed += 1
                _log.error("user_not_read", user_id=item["user_id"]["S"], error=repr(error))
                continue
            after = self._followed(run, user)
            if after is not user:
                pairs.append((user, after))
            if len(pairs) == PACK_USERS:
                packs.append(writer.submit(self._pack, run, pairs))
                pairs = []
        if pairs:
            packs.append(writer.submit(self._pack, run, pairs))
        return _Seen(packs, failed)

    def _followed(self, run: _Run, user: User) -> User:
        """The user with what the plan says; the same object where that is so, or who is gone."""
        if user.status is UserStatus.DELETED:
            return user
        now = self._clock()
        return changes.follow_plan(
            user,
            run.stated.terms_of(user),
            run.seeds.source_of(user),
            daily=self._daily_limits.by_plan(now),
            rule=threshold_rule_of(self._settings),
            now=now,
        )

    def _pack(self, run: _Run, pairs: Sequence[Change]) -> int:
        """Change these users in one write, one by one where others are quicker.

        Returns how many got something.
        """
        user_ids = [user.user_id for user, _ in pairs]
        for _ in range(PACK_ATTEMPTS):
            if any(self._is_due(user) for user, _ in pairs):
                break
            if not pairs or self._users.write(Writes(pairs, self._rows(run, pairs))):
                return sum(gets_something(*pair) for pair in pairs)
            self._check(run)
            found = self._users.get_many(user_ids)
            pairs = [
                (user, after) for user in found if (after := self._followed(run, user)) is not user
            ]
        return sum(self._alone(run, user_id) for user_id in user_ids)

    def _is_due(self, user: User) -> bool:
        """Whether the month is to be opened, or a grant to be ended, before a change."""
        now = self._clock()
        if user.next_change_at is not None and user.next_change_at <= now:
            return True
        return user.period < period_of(now, self._settings.zone)

    def _alone(self, run: _Run, user_id: str) -> bool:
        """Change one user, whoever writes meanwhile; whether that got them something."""
        now = self._clock()
        try:
            user = self._users.in_current_month(user_id, self._settings.zone, self._clock)
            if user.next_change_at is not None and user.next_change_at <= now:
                self._ended_grants.end(user_id, now)
            tried = False

            def rule(found: User) -> User:
                nonlocal tried
                if tried:
                    self._check(run)
                tried = True
                return self._followed(run, found)

            seen: list[tuple[User, User]] = []

            def record(before: User, after: User) -> list[Action]:
                seen[:] = [(before, after)]
                return self._rows(run, [(before, after)])

            self._users.change(user_id, rule, record)
        except NotFoundError:
            return False
        return any(gets_something(*pair) for pair in seen)

    def _rows(self, run: _Run, pairs: Sequence[tuple[User, User]]) -> list[Action]:
        """Rows of the books, the word of it for the directory, the condition on the plans."""
        rows = [
            put_transaction(self._transactions_table, row)
            for before, after in pairs
            if (row := transaction_of(before, after, run.origin(after.user_id, self._clock())))
        ]
        told = self._tell([after for _, after in pairs])
        return [*rows, *told, *self._plans.unchanged(run.stated)]

    def _check(self, run: _Run) -> None:
        """Raise LeaseLostError where the plans are no longer those of this run."""
        if self._plans.read().versions != run.stated.versions:
            msg = "plans or groups were changed meanwhile"
            raise LeaseLostError(msg)

    def _released(self, run: _Run) -> None:
        try:
            self._store.release(run.order, run.owner)
        except SolarisError as error:
            _log.warning("lease_not_released", error=str(error))


@contextmanager
def _one_after_the_other() -> Iterator[Executor]:
    """A thread that writes packs while the next are made ready: never two at a time.

    All have the condition on the plans' document, and on AWS two transactions that name one item
    at the same moment refuse each other. Nothing is being written once the block has been left.
    """
    writer = ThreadPoolExecutor(1, "propagation")
    try:
        yield writer
    finally:
        writer.shutdown(wait=True, cancel_futures=True)
