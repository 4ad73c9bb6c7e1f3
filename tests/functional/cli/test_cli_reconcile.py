"""`solaris reconcile` from a terminal: what is listed, what is mended, and the exit code."""

import json
from typing import Any

import pytest

from solaris.app import Parts
from solaris.ledger.booking import system_owner, user_owner
from solaris.platform.settings import load_settings
from solaris.quota.periods import day_of
from solaris.quota.usage import UsageEvent
from solaris.quota.user import user_id_for
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    ANA_ID,
    error_of,
    event,
    parts_fixture,
    run,
    store_fixture,
    stored,
)

BOB = "bob@example.com"
AGREE = "the books agree"


@pytest.fixture
def booked(parts: Parts) -> list[UsageEvent]:
    """Two users, and two records of Ana's: 100 and 250 tokens."""
    run("users", "create", ANA)
    run("users", "create", BOB)
    events = [event(parts, "one"), event(parts, "two", 250)]
    for one in events:
        parts.ledger.recorder.record_one(one)
    return events


def disturb(parts: Parts, table: str, key: dict[str, str], **changes: int) -> None:
    """Add to figures as nothing in the system does."""
    parts.platform.dynamodb.update_item(
        TableName=parts.settings.table_name(table),
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="ADD " + ", ".join(f"{name} :{name}" for name in changes),
        ExpressionAttributeValues={f":{n}": {"N": str(v)} for n, v in changes.items()},
    )


def add_usage(parts: Parts, email: str = ANA, tokens: int = 1_000) -> None:
    """Usage that no record tells of; what is available goes with it."""
    key = {"user_id": user_id_for(email)}
    disturb(parts, "users", key, current_usage=tokens, available_tokens=-tokens)


def counter_of(parts: Parts, one: UsageEvent) -> str:
    return f"{day_of(one.created_at, parts.settings.zone)}#{one.model}"


def add_to_system(parts: Parts, one: UsageEvent) -> None:
    """A request and 7 tokens that no user's counter tells of, in a shard that may be new."""
    key = {"owner": system_owner(0), "day_model": counter_of(parts, one)}
    names = ("prompt_tokens", "completion_tokens", "cached_tokens", "errors", "cost_micros")
    others = dict.fromkeys(names, 0)
    disturb(parts, "counters", key, requests=1, charged_tokens=7, **others)


def report(*arguments: str, code: int) -> Any:
    return json.loads(run("reconcile", "--json", *arguments, code=code).stdout)


def test_the_help_shows_an_example() -> None:
    assert "solaris reconcile" in run("reconcile", "--help").stdout.partition("Example:")[2]


def test_books_that_agree_end_with_success(parts: Parts, booked: list[UsageEvent]) -> None:
    result = run("reconcile")
    assert result.stdout.strip() == f"2 users, 2 records and 62 days checked: {AGREE}"
    assert result.stderr == ""


def test_an_empty_system_agrees(parts: Parts) -> None:
    assert f"0 users, 0 records and 62 days checked: {AGREE}" in run("reconcile").stdout


def test_a_difference_is_listed_with_its_records(parts: Parts, booked: list[UsageEvent]) -> None:
    add_usage(parts)
    result = run("reconcile", code=1)
    header, line, records, summary = result.stdout.splitlines()
    assert header.split() == ["WHAT", "USER", "WHERE", "FIGURE", "BY", "RECORDS", "FOUND", "MENDED"]
    period = booked[0].period
    assert line.split() == ["open_month", ANA_ID, period, "current_usage", "350", "1,350", "no"]
    assert records.startswith(f"{period}: records ")
    assert all(one.record_key in records for one in booked)
    assert summary.endswith("checked: 1 difference")
    assert result.stderr == "solaris: 1 difference stands\n"
    assert stored(parts).current_usage == 1_350  # looking changes nothing


def test_repair_mends_and_the_next_run_finds_nothing(
    parts: Parts, booked: list[UsageEvent]
) -> None:
    add_usage(parts)
    add_to_system(parts, booked[0])
    mended = run("reconcile", "--repair")
    lines = [line.split() for line in mended.stdout.splitlines()]
    assert [line[-1] for line in lines if line[0] in {"open_month", "system_counter"}] == [
        *("yes", "yes", "yes"),  # the item, and two figures of the counter
    ]
    assert mended.stderr == ""
    assert stored(parts).current_usage == 350
    assert stored(parts).available_tokens == stored(parts).quota.available_tokens
    (row,) = parts.ledger.transactions.last(ANA_ID, 10)
    assert (row.kind, row.amount, row.actor) == ("correction", -1_000, "reconcile")
    assert AGREE in run("reconcile").stdout


def test_one_user_is_checked_alone(parts: Parts, booked: list[UsageEvent]) -> None:
    add_usage(parts, BOB)
    add_to_system(parts, booked[0])
    assert f"1 user, 2 records and 0 days checked: {AGREE}" in (
        run("reconcile", "--user", f" {ANA.upper()} ").stdout
    )
    assert "1 difference\n" in run("reconcile", "--user", BOB, code=1).stdout
    mended = run("reconcile", "--user", BOB, "--repair").stdout
    assert f" {user_id_for(BOB)} " in mended
    assert ANA_ID not in mended
    assert AGREE in run("reconcile", "--user", BOB).stdout
    assert error_of("reconcile", "--user", "zoe@example.com") == "no such user: zoe@example.com"


def test_without_days_the_systems_counters_are_not_read(
    parts: Parts, booked: list[UsageEvent]
) -> None:
    add_to_system(parts, booked[0])
    assert "2 users, 2 records and 0 days" in run("reconcile", "--days", "0").stdout
    assert report("--days", "1", code=1)["days"] == 1
    run("reconcile", "--days", "396", code=2)


def test_json_has_every_figure(parts: Parts, booked: list[UsageEvent]) -> None:
    day_model = counter_of(parts, booked[0])
    key = {"owner": user_owner(ANA_ID), "day_model": day_model}
    disturb(parts, "counters", key, requests=3)
    found = report("--days", "0", code=1)
    assert found == {
        "users": 2,
        "records": 2,
        "days": 0,
        "inMotion": [],
        "findings": [
            {
                "fault": "user_counter",
                "userId": ANA_ID,
                "place": day_model,
                "figure": "requests",
                "expected": 2,
                "found": 5,
                "recordKeys": [one.record_key for one in booked],
                "isMended": False,
            }
        ],
    }


def test_a_whole_run_is_what_is_shown_from_then_on(parts: Parts, booked: list[UsageEvent]) -> None:
    add_usage(parts)
    run("reconcile", "--user", ANA, code=1)
    run("reconcile", "--days", "61", code=1)
    assert parts.reconciliation.runs.latest() is None
    run("reconcile", code=1)
    kept = parts.reconciliation.runs.latest_done()
    assert kept is not None
    assert (kept.users, kept.records, kept.differences) == (2, 2, 1)
    assert [row["found"] for row in kept.findings] == [1_350]
    run("reconcile", "--repair")
    mended = parts.reconciliation.runs.latest_done()
    assert mended is not None
    assert (mended.differences, mended.findings) == (0, ())


def test_a_long_list_is_cut_for_people_only(
    parts: Parts, booked: list[UsageEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solaris.reconciliation.commands.MAX_SHOWN", 1)
    add_usage(parts)
    add_usage(parts, BOB)
    shown = run("reconcile", "--days", "0", code=1).stdout
    assert shown.count("open_month") == 1
    assert "and 1 more (--json lists all)" in shown
    assert len(report("--days", "0", code=1)["findings"]) == 2


def test_a_store_out_of_reach_is_one_line(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    load_settings.cache_clear()
    assert "the store does not answer" in error_of("reconcile")
