"""Grants, limits, plans and resets on a real store: each change with its row, and just once."""

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError

from solaris.accounts.by_email import Administration
from solaris.accounts.change import Change
from solaris.gateway.admission import Admission
from solaris.ledger.booking import LedgerEntry
from solaris.ledger.transactions import Transaction, TransactionKind
from solaris.platform.aws.client import AwsCallError
from solaris.platform.aws.queues import ALERTS_QUEUE
from solaris.platform.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    QuotaExhaustedError,
    StoreUnavailableError,
)
from solaris.quota import store as users_module
from solaris.quota.changes import suspend
from solaris.quota.settlement import Booking
from solaris.quota.thresholds import Threshold
from solaris.quota.usage import Outcome
from solaris.quota.user import LimitSource, Plan, UserStatus, user_id_for
from tests.integration.accounts.users_support import grants_of, user_changes_of
from tests.integration.conftest import ANA, MoneyPath

ACTOR = "cli:root"
KINDS = TransactionKind


@pytest.fixture
def office(money: MoneyPath) -> Administration:
    """The administration of this stage, with the test's clock."""
    parts = money.parts
    return Administration(
        settings=parts.settings,
        users=parts.quota.users,
        changes=user_changes_of(money),
        grants=grants_of(money),
        transactions=parts.ledger.transactions,
        clock=money.clock,
    )


def alerts(money: MoneyPath) -> list[tuple[str, int]]:
    """Threshold and round of every message on the alerts queue, taken off it."""
    queues = money.parts.platform.queues
    messages = queues.receive(ALERTS_QUEUE, wait_seconds=0)
    queues.delete(ALERTS_QUEUE, messages)
    found = [orjson.loads(message["Body"]) for message in messages]
    return [(one["threshold"], one["round"]) for one in found]


async def test_every_change_is_in_the_transactions_with_who_and_why(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    money.spend(300_000)
    office.add_tokens(ANA, 5_000, reason="report", actor=ACTOR)
    office.set_limit(ANA, 2_000_000, actor=ACTOR)
    office.set_plan(ANA, Plan.PRO, actor=ACTOR, reason="up\x1bgrade")
    office.reset_usage(ANA, reason="runaway script", actor=ACTOR)
    money.clock.forward(seconds=1)
    office.suspend(ANA, reason="left", actor=ACTOR)
    money.clock.forward(seconds=1)
    last = office.activate(ANA, actor="api:boss@example.com").transaction
    rows = office.transactions(ANA)
    assert rows[0] == last
    assert [(one.kind, one.amount, one.balance_after) for one in reversed(rows)] == [
        (KINDS.GRANT, 5_000, 705_000),
        (KINDS.LIMIT_CHANGE, 1_000_000, 1_705_000),
        (KINDS.PLAN_CHANGE, 3_000_000, 4_705_000),
        (KINDS.USAGE_RESET, -300_000, 5_005_000),
        (KINDS.STATUS_CHANGE, 0, 5_005_000),
        (KINDS.STATUS_CHANGE, 0, 5_005_000),
    ]
    assert [one.reason for one in rows] == ["", "left", "runaway script", "upgrade", "", "report"]
    assert rows[3].before == {"plan": "basic", "monthly_limit": 2_000_000}
    assert rows[3].after == {"plan": "pro", "monthly_limit": 5_000_000}
    assert {one.actor for one in rows[1:]} == {ACTOR}
    assert rows[0].version == money.user().version
    assert office.transactions(ANA, 2) == rows[:2]


async def test_nothing_to_change_and_what_is_refused_leave_no_row(
    money: MoneyPath, office: Administration
) -> None:
    before = money.put_user()
    assert office.set_limit(ANA, 1_000_000, actor=ACTOR).transaction is None
    assert office.reset_usage(ANA, reason="why not", actor=ACTOR).transaction is None
    refused: list[Callable[[], Change]] = [
        lambda: office.add_tokens(ANA, -1, reason="more than granted", actor=ACTOR),
        lambda: office.add_tokens(ANA, 1, reason=" ", actor=ACTOR),
        lambda: office.set_plan(ANA, Plan.PRO, actor=ACTOR, monthly_limit=99_999),
    ]
    for change in refused:
        with pytest.raises(InvalidRequestError):
            change()
    for unknown in (office.transactions, lambda one: office.activate(one, actor=ACTOR)):
        with pytest.raises(NotFoundError):
            unknown("zoe@example.com")
    assert office.transactions(ANA) == []
    assert money.user() == before


async def test_a_limit_below_what_is_used_blocks_at_once_and_a_raised_one_serves_at_once(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    money.spend(300_000)
    lowered = office.set_limit(ANA, 200_000, actor=ACTOR)
    assert (lowered.blocks, lowered.unblocks) == (True, False)
    assert lowered.transaction is not None
    assert lowered.transaction.balance_after == -100_000
    with pytest.raises(QuotaExhaustedError):
        await money.admit()
    still = office.set_limit(ANA, 250_000, actor=ACTOR)
    assert (still.blocks, still.unblocks) == (False, False)
    raised = office.set_limit(ANA, 400_000, actor=ACTOR)
    assert (raised.blocks, raised.unblocks) == (False, True)
    assert isinstance(await money.admit(), Admission)


async def test_a_reset_keeps_open_requests_held_and_they_are_charged_after_it(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    money.spend(300_000)
    admission = await money.admit(prompt=100)
    change = office.reset_usage(ANA, reason="runaway script", actor=ACTOR)
    assert change.after.user.available_tokens == 1_000_000 - admission.reservation.tokens
    assert money.record(money.event(admission.reservation, completion=20)) == []
    assert (money.user().current_usage, money.user().available_tokens) == (120, 999_880)


@pytest.mark.parametrize(("since", "excess"), [(0, 900), (250, 650), (900, 0)])
async def test_a_late_answer_below_a_forgiven_estimate_stops_at_zero_with_a_row(
    money: MoneyPath, office: Administration, since: int, excess: int
) -> None:
    money.put_user()
    admission = await money.admit(prompt=1_000)
    reservation = admission.reservation
    assert money.record(money.event(reservation, outcome=Outcome.EXPIRED, prompt=1_000)) == []
    office.reset_usage(ANA, reason="crash", actor=ACTOR)
    if since:
        money.spend(since)
    late = money.event(reservation, prompt=100)
    entry = LedgerEntry(late, cost_micros=0, day=money.day(late))
    assert money.parts.ledger.ledger.record(entry) is Booking.CORRECTION
    assert money.parts.ledger.ledger.record(entry) is Booking.DUPLICATE
    rows = office.transactions(ANA)
    assert [one.amount for one in rows] == [*([excess] if excess else []), -1_000]
    user = money.user()
    assert user.current_usage == 0
    assert rows[0].version <= user.version


async def test_a_change_in_a_new_month_opens_it_first(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    money.spend(300_000)
    money.clock.forward(days=20)
    change = office.reset_usage(ANA, reason="too late", actor=ACTOR)
    assert change.transaction is None
    assert change.after.user.period == "2026-12"
    assert money.rows("periods")[0]["current_usage"] == 300_000


async def test_a_grant_rearms_a_warning_that_is_then_announced_again_in_another_round(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user(monthly_limit=100_000)
    assert money.record(money.event(None, prompt=80_000)) == []
    assert alerts(money) == [("warning", 0)]
    office.add_tokens(ANA, 100_000, reason="report", actor=ACTOR)
    assert money.user().alerts_sent == frozenset()
    assert money.record(money.event(None, prompt=80_000)) == []
    assert alerts(money) == [("warning", 1)]
    money.clock.forward(days=20)
    office.suspend(ANA, reason="left", actor=ACTOR)
    assert (money.user().period, money.user().alert_round) == ("2026-12", 0)


async def test_a_grant_while_a_warning_is_announced_rearms_it_all_the_same(
    money: MoneyPath, office: Administration, monkeypatch: pytest.MonkeyPatch
) -> None:
    money.put_user(monthly_limit=100_000)
    users = money.parts.quota.users
    change = users.change

    def after_a_grant(user_id: str, *arguments: Any) -> Any:
        monkeypatch.undo()
        office.add_tokens(ANA, 100_000, reason="report", actor=ACTOR)
        return change(user_id, *arguments)

    monkeypatch.setattr(users, "change", after_a_grant)
    assert money.record(money.event(None, prompt=96_000)) == []
    assert alerts(money) == [("critical", 0)]
    assert money.user().alerts_sent == frozenset()
    assert money.record(money.event(None, prompt=64_000)) == []
    assert alerts(money) == [("warning", 1)]
    assert money.user().alerts_sent == {Threshold.WARNING}


# What DynamoDB answers when things happen at once


def refusal(code: str, *reasons: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "refused"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(answer, "TransactWriteItems")


@contextmanager
def refused(
    money: MoneyPath, operation: str, *errors: ClientError
) -> Iterator[list[dict[str, Any]]]:
    """Answer the first calls of an operation with errors; yields the calls made."""
    calls: list[dict[str, Any]] = []
    waiting = iter(errors)
    real = getattr(money.parts.platform.dynamodb, operation)

    def call(**arguments: Any) -> Any:
        calls.append(arguments)
        error = next(waiting, None)
        if error is not None:
            raise error
        return real(**arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(money.parts.platform.dynamodb, operation, call)
        patch.setattr(users_module, "SWAPS", replace(users_module.SWAPS, pause_seconds=0))
        yield calls


async def test_a_change_that_meets_a_running_transaction_is_tried_again(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    conflict = refusal("TransactionCanceledException", "TransactionConflict", "None")
    throttled = refusal("TransactionCanceledException", "None", "ThrottlingError")
    with refused(money, "transact_write_items", conflict, throttled) as calls:
        office.add_tokens(ANA, 5_000, reason="report", actor=ACTOR)
    assert len(calls) == 3
    keys = {one["TransactItems"][1]["Put"]["Item"]["transaction_key"]["S"] for one in calls}
    assert len(keys) == 1
    with refused(money, "put_item", refusal("TransactionConflictException")) as calls:
        money.parts.quota.users.change(user_id_for(ANA), lambda user: suspend(user, money.clock()))
    assert len(calls) == 2
    assert (money.user().additional_tokens, money.user().status) == (5_000, UserStatus.SUSPENDED)


async def test_a_refusal_that_no_repetition_cures_is_raised(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    broken = refusal("TransactionCanceledException", "ValidationError", "None")
    with refused(money, "transact_write_items", broken) as calls, pytest.raises(AwsCallError):
        office.add_tokens(ANA, 5_000, reason="report", actor=ACTOR)
    assert len(calls) == 1
    away = refusal("ThrottlingException")
    with refused(money, "transact_write_items", away), pytest.raises(StoreUnavailableError):
        office.add_tokens(ANA, 5_000, reason="report", actor=ACTOR)
    assert office.transactions(ANA) == []


async def test_a_grant_whose_answer_is_lost_is_made_again_and_granted_once(
    money: MoneyPath, office: Administration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As boto3 does after a time-out: the same bytes again."""
    money.put_user(limit_source=LimitSource.PLAN)
    real = money.parts.platform.dynamodb.transact_write_items

    def twice(**arguments: Any) -> Any:
        real(**arguments)
        return real(**arguments)

    monkeypatch.setattr(money.parts.platform.dynamodb, "transact_write_items", twice)
    change = office.add_tokens(ANA, 5_000, reason="report", actor=ACTOR)
    assert change.after.user == money.user()
    assert money.user().additional_tokens == 5_000
    assert office.transactions(ANA) == [change.transaction]


async def test_a_change_that_always_loses_gives_up_after_its_bound(
    money: MoneyPath, office: Administration
) -> None:
    money.put_user()
    lost = refusal("TransactionCanceledException", "ConditionalCheckFailed", "None")
    with (
        refused(money, "transact_write_items", *[lost] * 100) as calls,
        pytest.raises(ConflictError),
    ):
        office.add_tokens(ANA, 5_000, reason="report", actor=ACTOR)
    assert len(calls) == users_module.SWAPS.most


# All at once

REQUESTS, GRANTS, LIMITS, PLANS, RESETS = 100, 50, 25, 10, 15


def operations(office: Administration, chance: random.Random) -> list[Callable[[], Change]]:
    def grant(amount: int) -> Callable[[], Change]:
        return lambda: office.add_tokens(ANA, amount, reason="mixed", actor=ACTOR)

    def limit(tokens: int) -> Callable[[], Change]:
        return lambda: office.set_limit(ANA, tokens, actor=ACTOR)

    def plan(name: Plan) -> Callable[[], Change]:
        return lambda: office.set_plan(ANA, name, actor=ACTOR)

    def reset() -> Change:
        return office.reset_usage(ANA, reason="mixed", actor=ACTOR)

    return [
        *(grant(chance.choice([-100, 700, 5_000])) for _ in range(GRANTS)),
        *(limit(chance.randrange(600_000, 3_000_000)) for _ in range(LIMITS)),
        *(plan(chance.choice([Plan.BASIC, Plan.PRO])) for _ in range(PLANS)),
        *(reset for _ in range(RESETS)),
    ]


async def test_200_mixed_operations_at_once_lose_nothing_and_their_rows_sum_to_the_state(
    money: MoneyPath, office: Administration
) -> None:
    first = money.put_user(additional_tokens=50_000)
    chance = random.Random(3)
    loop = asyncio.get_running_loop()

    async def request(completion: int) -> None:
        admission = await money.admit(prompt=1_000, most=3_000)
        event = money.event(admission.reservation, completion=completion)
        assert await loop.run_in_executor(threads, money.record, event) == []

    changes = operations(office, chance)
    with ThreadPoolExecutor(max_workers=REQUESTS + len(changes)) as threads:
        work = [request(chance.randrange(0, 3_000)) for _ in range(REQUESTS)]
        work += [loop.run_in_executor(threads, change) for change in changes]  # type: ignore[misc]
        chance.shuffle(work)
        assert len(work) == 200
        answers: list[Any] = await asyncio.gather(*work)

    user = money.user()
    assert user.available_tokens == user.quota.available_tokens
    assert user.reservations == {}
    assert user.status is UserStatus.ACTIVE
    rows = sorted(office.transactions(ANA, 200), key=lambda row: row.version)
    made = [answer.transaction for answer in answers if answer is not None]
    assert {row.transaction_id for row in rows} == {row.transaction_id for row in made if row}
    assert sum(row.kind is KINDS.GRANT for row in rows) == GRANTS

    charged = sum(record["charged_tokens"] for record in money.rows("usage"))
    assert user.additional_tokens == first.additional_tokens + total(rows, KINDS.GRANT)
    assert user.current_usage == charged + total(rows, KINDS.USAGE_RESET)
    limits = [row.after["monthly_limit"] for row in rows if "monthly_limit" in row.after]
    assert user.monthly_limit == limits[-1]
    assert_history(rows, first.monthly_limit, first.additional_tokens)


def total(rows: list[Transaction], kind: TransactionKind) -> int:
    return sum(row.amount for row in rows if row.kind is kind)


def assert_history(rows: list[Transaction], limit: int, additional: int) -> None:
    """Each row continues the one before it, and its balance is explained by usage alone."""
    used = version = 0
    for row in rows:
        assert row.version > version
        limit_before, additional_before = limit, additional
        if row.kind is KINDS.GRANT:
            additional += row.amount
            assert row.before == {"additional_tokens": additional_before}
            assert row.after == {"additional_tokens": additional}
        elif row.kind in (KINDS.LIMIT_CHANGE, KINDS.PLAN_CHANGE):
            limit += row.amount
            assert row.before.get("monthly_limit", limit) == limit_before
            assert row.after.get("monthly_limit", limit) == limit
        used_now = limit + additional - row.balance_after
        if row.kind is KINDS.USAGE_RESET:
            assert row.before["current_usage"] == -row.amount >= used
            assert used_now == 0
        else:
            assert used_now >= used
        used, version = used_now, row.version
