"""Books held against their records on a real store: what is wrong is found, mended, told."""

from datetime import timedelta
from typing import Any

from solaris.ledger.booking import group_key, groups_owner, system_owner, user_owner
from solaris.quota.rollover import open_period
from solaris.quota.user import user_id_for
from solaris.reconciliation.books import Fault
from solaris.reconciliation.reconciler import Reconciler, Reconciliation
from tests.integration.conftest import ANA, MoneyPath

BOB = "bob@example.com"
GROUP = "aaaaaaaaaaaa"
ANA_ID = user_id_for(ANA)


async def used(money: MoneyPath, email: str = ANA, completion: int = 50) -> Any:
    """One booked request; returns its event."""
    admission = await money.admit(email=email, prompt=100)
    event = money.event(admission.reservation, email=email, completion=completion)
    assert money.record(event) == []
    return event


def reconciler_of(money: MoneyPath) -> Reconciler:
    """The stage's own, at the test's time."""
    reconciler = money.parts.reconciliation.reconciler
    reconciler._clock = money.clock
    return reconciler


def run(money: MoneyPath, *, repair: bool = False) -> Reconciliation:
    report = Reconciliation()
    reconciler = reconciler_of(money)
    for _ in reconciler.all_users(report, repair=repair):
        pass
    today = money.clock().astimezone(money.parts.settings.zone).date()
    for _ in reconciler.system_days(report, today - timedelta(days=40), today, repair=repair):
        pass
    return report


def faults(report: Reconciliation) -> dict[tuple[Fault, str], tuple[int, int]]:
    return {
        (one.difference.fault, one.difference.figure): (
            one.difference.expected,
            one.difference.found,
        )
        for one in report.findings
    }


def disturb(money: MoneyPath, table: str, key: dict[str, str], **changes: int) -> None:
    """Add to figures behind everybody's back, and look like nothing happened."""
    money.parts.platform.dynamodb.update_item(
        TableName=money.parts.settings.table_name(table),
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="ADD " + ", ".join(f"{name} :{name}" for name in changes),
        ExpressionAttributeValues={f":{n}": {"N": str(v)} for n, v in changes.items()},
    )


async def test_books_that_agree_have_no_findings(money: MoneyPath) -> None:
    for email in (ANA, BOB):
        await used(money, email)
        await money.admit(email=email, prompt=100)  # still open: held, and no fault
    report = run(money)
    assert (report.users, report.records, report.days) == (2, 2, 41)
    assert not report.findings
    assert not report.in_motion


async def test_a_wrong_usage_is_found_mended_and_told(money: MoneyPath) -> None:
    event = await used(money)
    disturb(money, "users", {"user_id": ANA_ID}, current_usage=1_000)
    report = run(money)
    used_now = event.charged_tokens
    assert faults(report) == {
        (Fault.OPEN_MONTH, "current_usage"): (used_now, used_now + 1_000),
        (Fault.AVAILABLE, "available_tokens"): (
            money.user().quota.available_tokens,
            money.user().available_tokens,
        ),
    }
    assert report.findings[0].record_keys == (event.record_key,)
    mended = run(money, repair=True)
    assert mended.open_findings == 0
    assert money.user().current_usage == used_now
    (row,) = money.parts.ledger.transactions.last(ANA_ID, 10)
    assert (row.kind, row.amount, row.actor) == ("correction", -1_000, "reconcile")
    assert row.after == {
        "place": money.period,
        "current_usage": used_now,
        "available_tokens": mended.findings[1].difference.expected,
    }
    assert not run(money).findings


async def test_a_closed_month_is_put_right(money: MoneyPath) -> None:
    event = await used(money)
    user = money.user()
    assert money.parts.quota.users.roll_over(user, *open_period(user, "2026-12", money.clock()))
    disturb(money, "periods", {"user_id": ANA_ID, "period": event.period}, current_usage=-30)
    report = run(money, repair=True)
    assert faults(report) == {
        (Fault.CLOSED_MONTH, "current_usage"): (event.charged_tokens, event.charged_tokens - 30)
    }
    assert not run(money).findings


async def test_counters_of_users_and_system_are_put_right(money: MoneyPath) -> None:
    event = await used(money)
    day_model = f"{money.day(event)}#{event.model}"
    disturb(money, "counters", {"owner": user_owner(ANA_ID), "day_model": day_model}, requests=2)
    disturb(
        money,
        "counters",
        {"owner": system_owner(3), "day_model": day_model},
        charged_tokens=9,
        **dict.fromkeys(
            ("requests", "errors", "prompt_tokens", "completion_tokens", "cached_tokens"), 0
        ),
        cost_micros=5,
    )
    first = run(money)
    assert (Fault.COUNTER, "requests") in faults(first)
    assert faults(first)[Fault.SYSTEM_COUNTER, "charged_tokens"] == (
        event.charged_tokens,
        event.charged_tokens + 9,
    )
    assert run(money, repair=True).open_findings == 0
    assert not run(money).findings
    assert len(money.parts.ledger.transactions.last("system", 10)) == 1
    # hours know no records: the books as a whole are left as they were but for them
    disturb(money, "counters", {"owner": system_owner(3), "day_model": day_model}, tokens_00=9)
    disturb(money, "counters", {"owner": system_owner(7), "day_model": day_model}, tokens_00=-9)


def stated(money: MoneyPath) -> str:
    """A group that somebody has stated: from then on its counters are looked at."""
    store = money.parts.quota.groups
    store.write(store.read(), {GROUP: {"name": "Vendas"}}, changed_by="test", now=money.clock())
    return GROUP


async def test_counters_of_groups_are_put_right_by_the_records(money: MoneyPath) -> None:
    money.put_user(group_id=stated(money))
    event = await used(money)
    await used(money, BOB)  # in none
    assert not run(money).findings
    other = "bbbbbbbbbbbb"
    for group_id, tokens in ((GROUP, -9), (other, 70)):
        disturb(
            money,
            "counters",
            {
                "owner": groups_owner(3),
                "day_model": group_key(money.day(event), group_id, event.model),
            },
            charged_tokens=tokens,
            **dict.fromkeys(
                ("requests", "errors", "prompt_tokens", "completion_tokens", "cached_tokens"), 0
            ),
            cost_micros=0,
        )
    places = {one.difference.place: one.difference for one in run(money).findings}
    lost, strange = (
        places[group_key(money.day(event), one, event.model)] for one in (GROUP, other)
    )
    assert (lost.fault, lost.user_id) == (Fault.GROUP_COUNTER, None)
    assert (lost.expected, lost.found) == (event.charged_tokens, event.charged_tokens - 9)
    assert (strange.expected, strange.found) == (0, 70)
    assert run(money, repair=True).open_findings == 0
    assert not run(money).findings
    rows = money.parts.ledger.transactions.last("system", 10)
    assert [row.period for row in rows] == [money.period] * 2


async def test_a_group_s_counters_that_were_never_written_are_made(money: MoneyPath) -> None:
    money.put_user(group_id=stated(money))
    event = await used(money)
    for row in money.rows("counters"):
        if row["owner"].startswith("groups#"):
            money.parts.platform.dynamodb.delete_item(
                TableName=money.parts.settings.table_name("counters"),
                Key={name: {"S": row[name]} for name in ("owner", "day_model")},
            )
    assert (Fault.GROUP_COUNTER, "requests") in faults(run(money, repair=True))
    assert not run(money).findings
    assert money.parts.ledger.group_counters.charged(money.period) == {GROUP: event.charged_tokens}


async def test_a_lost_counter_is_made_again(money: MoneyPath) -> None:
    event = await used(money)
    key = {
        "owner": {"S": user_owner(ANA_ID)},
        "day_model": {"S": f"{money.day(event)}#{event.model}"},
    }
    money.parts.platform.dynamodb.delete_item(
        TableName=money.parts.settings.table_name("counters"), Key=key
    )
    assert run(money, repair=True).open_findings == 0
    assert not run(money).findings


async def test_a_reservation_long_overdue_is_expired(money: MoneyPath) -> None:
    admission = await money.admit(prompt=100)
    money.clock.forward(hours=2)
    report = run(money, repair=True)
    assert faults(report) == {(Fault.OVERDUE, "reserved_tokens"): (0, admission.reservation.tokens)}
    assert not money.user().reservations
    assert money.user().current_usage == admission.reservation.prompt_tokens


async def test_a_manual_reset_is_no_difference(money: MoneyPath) -> None:
    await used(money)
    money.parts.accounts.by_email.reset_usage(ANA, reason="loop", actor="cli:test")
    await used(money)
    assert not run(money).findings


async def test_what_was_booked_between_check_and_mend_is_kept(money: MoneyPath) -> None:
    """A mend is written only on what was read: the next run does it."""
    await used(money)
    disturb(money, "users", {"user_id": ANA_ID}, current_usage=70)
    reconciler = reconciler_of(money)
    books, found = reconciler._settled(ANA_ID)
    assert found
    event = await used(money)
    assert not reconciler._mend(books, found)
    assert money.user().current_usage > event.charged_tokens
    assert run(money, repair=True).open_findings == 0
    assert money.user().current_usage == 2 * event.charged_tokens
