"""Grants that end, on a real store: by request, sweep, change and month, and the books agree."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from solaris.gateway import reserve
from solaris.gateway.sweeper import Sweeper
from solaris.platform.errors import QuotaExhaustedError
from solaris.quota.grant import EVERY_MONTH_ID
from solaris.quota.periods import day_end
from solaris.quota.usage import Outcome
from solaris.quota.user import User, user_id_for
from solaris.reconciliation.books import Fault
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.reconciliation.test_reconciling import faults, run

USER = f"/admin/users/{user_id_for(ANA)}"
JUST_BEFORE = timedelta(seconds=1)


@pytest.fixture
def november(money: MoneyPath) -> MoneyPath:
    """The tenth of November, with Ana on a limit of 10,000."""
    money.clock.now = datetime(2026, 11, 10, 15, tzinfo=UTC)
    money.put_user(monthly_limit=10_000)
    return money


@pytest.fixture
def api(november: MoneyPath) -> Iterator[Api]:
    api = Api(november)
    yield api
    api.close()


def end_of(money: MoneyPath, day: str) -> datetime:
    return day_end(date.fromisoformat(day), money.parts.settings.zone)


def give(api: Api, amount: int, kind: str, until: str | None = None, **headers: str) -> Any:
    terms = {"kind": kind} if until is None else {"kind": kind, "until": until}
    return api.ok(
        "POST", f"{USER}/tokens", {"amount": amount, "reason": "report", **terms}, **headers
    )


def grants(api: Api) -> list[tuple[str, int]]:
    return [(one["kind"], one["tokens"]) for one in api.ok("GET", f"{USER}/grants")["items"]]


async def spend(money: MoneyPath, tokens: int) -> None:
    admission = await money.admit(prompt=tokens, completes=False)
    assert money.record(money.event(admission.reservation)) == []


def sweep(money: MoneyPath) -> dict[str, Any]:
    parts = money.parts
    sweeper = Sweeper(
        settings=parts.settings,
        users=parts.quota.users,
        recorder=parts.ledger.recorder,
        ended_grants=parts.ledger.ended_grants,
        ending_grants=parts.alerts.ending_grants,
        ceilings=parts.alerts.ceilings,
        month_tokens=parts.gateway._month_tokens,
        clock=money.clock,
    )
    return sweeper.run().body()


def ended(money: MoneyPath) -> list[int]:
    return [row["amount"] for row in money.rows("transactions") if row["kind"] == "grant_end"]


def agree(money: MoneyPath) -> None:
    money.assert_books_balance()
    assert not run(money).findings


async def test_a_request_at_the_end_finds_the_grant_and_one_after_it_does_not(
    november: MoneyPath, api: Api
) -> None:
    give(api, 5_000, "until", "2026-11-20")
    end = end_of(november, "2026-11-20")
    november.clock.now = end - JUST_BEFORE
    await spend(november, 3_000)
    assert grants(api) == [("until", 2_000)]
    november.clock.now = end
    with pytest.raises(QuotaExhaustedError) as refused:
        await november.admit(prompt=11_000, completes=False)
    assert (refused.value.available, refused.value.additional) == (10_000, 3_000)
    assert ended(november) == [-2_000]
    await spend(november, 10_000)
    assert november.user().available_tokens == 0
    assert grants(api) == []
    agree(november)


async def test_many_requests_at_the_end_end_it_once(november: MoneyPath, api: Api) -> None:
    give(api, 5_000, "until", "2026-11-20")
    november.clock.now = end_of(november, "2026-11-20")
    held = await asyncio.gather(*(november.admit(prompt=400, completes=False) for _ in range(12)))
    assert november.record(*(november.event(one.reservation) for one in held)) == []
    assert ended(november) == [-5_000]
    assert november.user().available_tokens == 10_000 - 12 * 400
    agree(november)


async def test_the_sweep_ends_what_nobody_comes_back_for(november: MoneyPath, api: Api) -> None:
    give(api, 5_000, "until", "2026-11-20")
    november.clock.now = end_of(november, "2026-11-20") - JUST_BEFORE
    assert (await asyncio.to_thread(sweep, november))["ended_grants"] == 0
    november.clock.forward(seconds=1)
    # what is shown is right before anybody has written it
    assert api.ok("GET", USER)["additionalTokens"] == 0
    assert (await asyncio.to_thread(sweep, november))["ended_grants"] == 1
    assert (await asyncio.to_thread(sweep, november))["ended_grants"] == 0
    assert november.user().next_change_at is None
    agree(november)


async def test_a_change_first_ends_what_has_ended(november: MoneyPath, api: Api) -> None:
    give(api, 5_000, "until", "2026-11-20")
    november.clock.now = end_of(november, "2026-11-20")
    changed = give(api, 100, "every_month")
    assert (changed["additionalTokens"], changed["availableTokens"]) == (100, 10_100)
    rows = {row["kind"]: row for row in november.rows("transactions") if row["amount"] != 5_000}
    assert rows["grant_end"]["actor"] == "system"
    assert rows["grant"]["after"]["additional_tokens"] == {"N": "100"}
    agree(november)


async def test_what_is_held_at_the_end_ends_when_it_is_known(november: MoneyPath, api: Api) -> None:
    give(api, 5_000, "until", "2026-11-20")
    november.clock.now = end_of(november, "2026-11-20") - JUST_BEFORE
    held = await november.admit(prompt=4_000, completes=False)
    november.clock.forward(seconds=1)
    await spend(november, 10)
    assert november.user().additional_tokens == 4_000
    released = november.event(held.reservation, outcome=Outcome.RELEASED)
    assert november.record(released) == []
    november.clock.forward(seconds=61)
    await spend(november, 10)
    # the ten of the minute in between were used of it, as what ends first
    assert november.user().additional_tokens <= 20
    assert november.user().next_change_at is None
    agree(november)


async def test_months_with_each_kind_of_grant(november: MoneyPath, api: Api) -> None:
    """November to January; every figure can be followed by hand."""
    give(api, 1_000, "every_month")
    give(api, 2_000, "this_month")
    give(api, 3_000, "until", "2026-12-15")
    give(api, 4_000, "until_used")
    assert november.user().available_tokens == 20_000
    ends = [one["endsAt"] for one in api.ok("GET", f"{USER}/grants")["items"]]
    assert ends == ["2026-12-01T03:00:00.000Z", "2026-12-16T03:00:00.000Z", None, None]
    # the month's own 13,000 go first, and 500 of what ends in December
    await spend(november, 13_500)
    assert grants(api) == [
        ("this_month", 2_000),
        ("until", 2_500),
        ("until_used", 4_000),
        ("every_month", 1_000),
    ]
    november.clock.now = datetime(2026, 12, 10, 15, tzinfo=UTC)
    assert api.ok("GET", USER)["availableTokens"] == 17_500
    await spend(november, 1_500)  # of what ends on the fifteenth
    assert grants(api) == [("until", 1_000), ("until_used", 4_000), ("every_month", 1_000)]
    november.clock.now = datetime(2026, 12, 16, 15, tzinfo=UTC)
    await spend(november, 12_000)  # the month's own 11,000, and 1,000 of what is good until used
    assert grants(api) == [("until_used", 3_000), ("every_month", 1_000)]
    november.clock.now = datetime(2027, 1, 5, 15, tzinfo=UTC)
    assert api.ok("GET", USER)["availableTokens"] == 14_000
    await spend(november, 14_000)
    with pytest.raises(QuotaExhaustedError):
        await november.admit(prompt=1, completes=False)
    december, november_ = api.ok("GET", f"{USER}/periods")["items"]
    assert (november_["additionalTokens"], november_["currentUsage"]) == (10_000, 13_500)
    assert (december["additionalTokens"], december["currentUsage"]) == (6_500, 13_500)
    agree(november)


async def test_an_answer_over_midnight_is_taken_from_the_grant_of_its_month(
    november: MoneyPath, api: Api
) -> None:
    give(api, 4_000, "until_used")
    await spend(november, 10_000)
    november.clock.now = datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC)
    long_one = await november.admit(prompt=3_000, completes=False)
    short_one = await november.admit(prompt=500, completes=False)
    november.clock.forward(seconds=1)
    # all that is held is set aside
    assert (await asyncio.to_thread(api.ok, "GET", USER))["availableTokens"] == 10_500
    await spend(november, 1_000)
    assert november.user().additional_tokens == 500
    released = november.event(short_one.reservation, outcome=Outcome.RELEASED)
    settled = november.event(long_one.reservation, prompt=1_200)
    assert november.record(released, settled, settled) == []
    assert november.user().additional_tokens == 4_000 - 1_200
    late = [row["amount"] for row in november.rows("transactions") if row["kind"] == "grant_late"]
    assert sorted(late) == [500, 1_800]
    agree(november)


async def test_a_late_answer_in_place_of_an_expiry_corrects_the_grant_too(
    november: MoneyPath, api: Api
) -> None:
    give(api, 4_000, "until_used")
    await spend(november, 10_000)
    november.clock.now = datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC)
    held = await november.admit(prompt=1_000, most=1_000)
    november.clock.now = datetime(2026, 12, 2, 15, tzinfo=UTC)
    await spend(november, 10)
    assert (await asyncio.to_thread(sweep, november))["expired"] in {0, 1}
    assert november.user().additional_tokens == 3_000  # the expiry charges the prompt
    answer = november.event(held.reservation, prompt=1_000, completion=700)
    assert november.record(answer) == []
    assert november.user().additional_tokens == 2_300
    agree(november)


def test_grants_are_told_voided_and_never_given_twice(november: MoneyPath, api: Api) -> None:
    key = {"idempotency_key": "once"}
    first = give(api, 1_000, "until_used", **key)
    assert give(api, 1_000, "until_used", **key)["additionalTokens"] == first["additionalTokens"]
    assert api("POST", f"{USER}/tokens", _body(1_000, "this_month"), **key).status == 409
    give(api, 50, "every_month")
    (grant, every_month) = api.ok("GET", f"{USER}/grants")["items"]
    assert (grant["reason"], grant["kind"], grant["endsAt"]) == ("report", "until_used", None)
    assert (every_month["id"], every_month["reason"]) == (EVERY_MONTH_ID, None)
    voided = api.ok("DELETE", f"{USER}/grants/{grant['id']}?reason=by+mistake")
    assert voided["additionalTokens"] == 50
    assert api("DELETE", f"{USER}/grants/{grant['id']}").status == 404
    assert api.ok("DELETE", f"{USER}/grants/{EVERY_MONTH_ID}")["additionalTokens"] == 0
    assert api("DELETE", f"{USER}/grants/{'a' * 32}").status == 404
    rows = api.ok("GET", f"{USER}/transactions")["items"]
    told = [(row["amount"], row["after"].get("grantKind"), row["reason"]) for row in rows]
    assert told[1] == (-1_000, "until_used", "by mistake")
    agree(november)


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ((100, "until", None), "until", "until_needed"),
        ((100, "this_month", "2026-12-01"), "until", "until_not_of_kind"),
        ((100, "until", "2026-11-09"), "until", "grant_is_over"),
        ((100, "until", "2032-01-01"), "until", "until_too_far"),
        ((-100, "this_month", None), "amount", "grant_not_positive"),
        ((-100, "every_month", None), "amount", "more_than_granted"),
    ],
)
def test_a_grant_that_cannot_be_is_refused_by_name(
    api: Api, asked: tuple[int, str, str | None], field: str, code: str
) -> None:
    answer = api("POST", f"{USER}/tokens", _body(*asked))
    assert answer.status == 422
    assert (field, code) in [(name, one[0]) for name, one in answer.problems.items()]
    assert api.ok("GET", f"{USER}/grants")["items"] == []


def test_a_grant_of_today_is_good_until_midnight(api: Api) -> None:
    assert give(api, 100, "until", "2026-11-10")["additionalTokens"] == 100


async def test_a_gateway_of_the_version_before_loses_nothing_beside_this_one(
    november: MoneyPath, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reserves without a look at the end of grants; what is booked and kept is the same."""
    give(api, 1_000, "until", "2026-11-20")
    november.clock.now = end_of(november, "2026-11-20") + timedelta(minutes=1)
    clause = "AND (attribute_not_exists(next_change_at) OR next_change_at > :instant) "
    assert clause in reserve._CONDITION
    with monkeypatch.context() as patch:
        before = clause.replace("next_change_at > :instant", ":instant = :instant")
        patch.setattr(reserve, "_CONDITION", reserve._CONDITION.replace(clause, before))
        old = await november.admit(prompt=700, completes=False)
    assert november.user().grants
    assert november.record(november.event(old.reservation)) == []
    await spend(november, 100)
    assert november.user().grants == ()
    agree(november)


async def test_grants_that_a_version_before_has_dropped_are_found_and_put_back(
    november: MoneyPath, api: Api
) -> None:
    give(api, 1_000, "until_used")

    def dropped(user: User) -> User:
        return replace(
            user,
            grants=(),
            next_change_at=None,
            additional_tokens=0,
            available_tokens=user.monthly_limit,
            version=user.version + 1,
        )

    november.parts.quota.users.change(user_id_for(ANA), dropped)
    assert faults(run(november)) == {(Fault.GRANTS, "additional_tokens"): (1_000, 0)}
    assert run(november, repair=True).open_findings == 0
    assert november.user().additional_tokens == 1_000
    agree(november)


def _body(amount: int, kind: str, until: str | None = None) -> dict[str, Any]:
    body = {"amount": amount, "kind": kind, "reason": "report"}
    return body if until is None else body | {"until": until}
