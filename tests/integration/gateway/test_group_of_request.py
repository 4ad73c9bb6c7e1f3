"""A request counts for the group in which it began: moved meanwhile, crashed, late, repeated."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from solaris.gateway.doubtful_reserves import LOOK_PAUSES_SECONDS, DoubtfulReserves
from solaris.ledger.counters import GroupCounters
from solaris.ledger.events import event_to_dict
from solaris.quota.item import user_from_item, user_to_item
from solaris.quota.usage import Outcome, UsageEvent
from solaris.quota.user import User, user_id_for
from tests.integration.conftest import ANA, MoneyPath

SALES, LAW = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def move(money: MoneyPath, group_id: str | None, email: str = ANA) -> None:
    """Put somebody into another group, as every change of people is written."""

    def rule(user: User) -> User:
        return replace(user, group_id=group_id, version=user.version + 1)

    money.parts.quota.users.change(user_id_for(email), rule)


def charged(money: MoneyPath) -> dict[str, int]:
    parts = money.parts
    counters = GroupCounters(parts.platform.dynamodb, parts.settings.table_name("counters"))
    return {one: tokens for one, tokens in counters.charged(money.period).items() if tokens}


def held(money: MoneyPath, request_id: str) -> dict[str, Any]:
    (item,) = money.rows("users")
    found: dict[str, Any] = item["reservations"][request_id]["M"]
    return found


async def test_a_reserve_costs_one_write_and_no_attribute(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user(group_id=SALES)
    calls.clear()
    admission = await money.admit()
    assert calls == ["UpdateItem"]
    assert admission.reservation.group_id == SALES
    assert "group_id" not in held(money, admission.reservation.request_id)
    assert money.record(money.event(admission.reservation)) == []
    assert charged(money) == {SALES: 10}


async def test_nobody_s_request_leaves_nothing_of_groups(money: MoneyPath) -> None:
    admission = await money.admit()
    event = money.event(admission.reservation)
    assert "group_id" not in event_to_dict(event)
    assert money.record(event) == []
    (record,) = money.rows("usage")
    assert "group_id" not in record
    assert not [row for row in money.rows("counters") if row["owner"].startswith("groups#")]


async def test_what_was_used_before_a_move_stays_with_the_old_group(money: MoneyPath) -> None:
    money.put_user(group_id=SALES)
    before = await money.admit(prompt=100)
    open_over_the_move = await money.admit(prompt=30)
    assert money.record(money.event(before.reservation)) == []
    move(money, LAW)
    after = await money.admit(prompt=7)
    assert (after.reservation.group_id, open_over_the_move.reservation.group_id) == (LAW, SALES)
    events = [money.event(one.reservation) for one in (open_over_the_move, after)]
    assert money.record(*events) == []
    assert charged(money) == {SALES: 130, LAW: 7}
    assert money.record(*events) == []  # again
    assert charged(money) == {SALES: 130, LAW: 7}


async def test_what_a_crash_left_expires_for_the_group_in_which_it_began(money: MoneyPath) -> None:
    money.put_user(group_id=SALES)
    await money.admit(prompt=100)
    move(money, None)
    await money.admit(prompt=20)
    move(money, LAW)
    await money.admit(prompt=3)
    user = money.user()
    assert {one.prompt_tokens: one.group_id for one in user.reservations.values()} == {
        100: SALES,
        20: None,
        3: LAW,
    }
    assert user_from_item(user_to_item(user)) == user
    money.parts.ledger.recorder.expire(user.user_id, list(user.reservations.values()))
    assert charged(money) == {SALES: 100, LAW: 3}


async def test_the_sweep_knows_it_too(money: MoneyPath) -> None:
    money.put_user(group_id=SALES)
    await money.admit(prompt=100)
    move(money, LAW)
    await money.admit(prompt=3)
    money.clock.forward(minutes=16)
    sweeper = money.parts.gateway.sweeper
    sweeper._clock = money.clock
    report = await sweeper._run(lambda: 100.0)
    assert report.expired == 2
    assert charged(money) == {SALES: 100, LAW: 3}


async def test_a_late_answer_takes_the_place_of_its_expiry_in_the_same_group(
    money: MoneyPath,
) -> None:
    money.put_user(group_id=SALES)
    admission = await money.admit(prompt=100)
    move(money, LAW)
    money.parts.ledger.recorder.expire(user_id_for(ANA), money.user().reservations.values())
    assert charged(money) == {SALES: 100}
    late = money.event(admission.reservation, prompt=40, completion=2)
    assert money.record(late) == []
    assert charged(money) == {SALES: 42}


async def test_an_answer_of_the_version_before_moves_its_expiry_out_of_the_group(
    money: MoneyPath,
) -> None:
    """Its event says no group: record and counters still agree."""
    money.put_user(group_id=SALES)
    admission = await money.admit(prompt=100)
    money.parts.ledger.recorder.expire(user_id_for(ANA), money.user().reservations.values())
    event = replace(money.event(admission.reservation, prompt=40), group_id=None)
    assert money.record(event) == []
    assert charged(money) == {}


async def test_a_repeated_reserve_finds_the_group_of_the_first(money: MoneyPath) -> None:
    money.put_user(group_id=SALES)
    first = await money.admit(request_id="req-1")
    move(money, LAW)
    again = await money.admit(request_id="req-1")
    assert again.reservation.group_id == first.reservation.group_id == SALES


async def test_a_month_s_end_and_a_move_leave_it_where_it_began(money: MoneyPath) -> None:
    money.put_user(group_id=SALES)
    before = await money.admit(prompt=100)
    money.clock.now += timedelta(days=40)
    move(money, LAW)
    after = await money.admit(prompt=9)  # opens the month
    assert money.record(*(money.event(one.reservation) for one in (before, after))) == []
    assert charged(money) == {LAW: 9}
    money.clock.now -= timedelta(days=40)
    assert charged(money) == {SALES: 100}


async def test_a_doubtful_reserve_is_released_for_its_group(
    money: MoneyPath, monkeypatch: Any
) -> None:
    monkeypatch.setattr(
        "solaris.gateway.doubtful_reserves.LOOK_PAUSES_SECONDS", (0.0, *LOOK_PAUSES_SECONDS[1:])
    )
    money.put_user(group_id=SALES)
    admission = await money.admit(prompt=100)
    move(money, LAW)
    released: list[UsageEvent] = []

    async def resolve(event: UsageEvent) -> None:
        released.append(event)

    doubtful = DoubtfulReserves(money.parts.quota.users, resolve)
    # as the process knows it whose write got no answer
    await doubtful._look(user_id_for(ANA), replace(admission.reservation, group_id=None))
    assert [(one.outcome, one.group_id) for one in released] == [(Outcome.RELEASED, SALES)]
    assert money.record(*released) == []
