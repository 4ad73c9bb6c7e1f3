"""What a user may use of models, on the real store: one write, and no window in which a list that
has changed does not hold.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import orjson
import pytest

from solaris.gateway.admission import Admission, Ticket
from solaris.gateway.meter import Meter
from solaris.gateway.models.people import PeopleModels
from solaris.platform.errors import (
    AccountStatusError,
    QuotaExhaustedError,
    UserModelNotAllowedError,
)
from solaris.quota.identity import Identity
from solaris.quota.reservation import Demand
from solaris.quota.user import Enforcement, OwnField, User, UserStatus, user_id_for
from tests.functional.gateway.frames import APIS, asked
from tests.functional.gateway.gateway_support import Gateway
from tests.functional.gateway.hostile_support import (  # noqa: F401 - fixtures
    Upstream,
    upstream_fixture,
    url_fixture,
)
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.gateway.test_quoting import headers, quoting

USER = f"/admin/users/{user_id_for(ANA)}"
GROUPS = "/admin/groups"
BIA = "bia@example.com"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


def ticket(
    money: MoneyPath, *models: str, email: str = ANA, group: str = "", completes: bool = False
) -> Ticket:
    values = (("x-user-group", group),) if group else ()
    return Ticket(
        request_id=f"req-{random.getrandbits(64):x}",
        identity=Identity(email, "Somebody", group_values=values),
        demand=Demand(10, None, completes, 16_384),
        model=models[0],
        endpoint="/v1/chat/completions",
        key_id="key_1",
        received_at=money.clock(),
        readings=(models,),
    )


async def use(money: MoneyPath, *models: str, **more: Any) -> Admission:
    return await money.meter.admit(ticket(money, *models, **more))


def put_models(money: MoneyPath, *models: str, email: str = ANA) -> User:
    """As an admin's change writes it: under the user's version."""

    def rule(found: User) -> User:
        return replace(
            found,
            models=models or None,
            own=frozenset({OwnField.MODELS}) if models else frozenset(),
            version=found.version + 1,
        )

    return money.parts.quota.users.change(user_id_for(email), rule)


# one write


async def test_who_has_no_list_has_no_attribute_and_pays_one_write(
    money: MoneyPath, calls: list[str]
) -> None:
    """So has whom a version before has written."""
    money.put_user()
    (item,) = money.rows("users")
    assert "models" not in item
    for _ in range(2):
        calls.clear()
        await use(money, "anything", "and-more")
        assert calls == ["UpdateItem"]


async def test_who_has_a_list_pays_one_write_once_this_process_knows(
    money: MoneyPath, calls: list[str]
) -> None:
    money.put_user(models=("small", "llama*"))
    twice, once = ["UpdateItem", "UpdateItem"], ["UpdateItem"]
    for models, expected in (
        (("small",), twice),
        (("small",), once),
        (("llama-3", "small"), once),
    ):
        calls.clear()
        await use(money, *models)
        assert calls == expected
    put_models(money)
    calls.clear()
    await use(money, "small")
    assert calls == once, "a list that is taken away needs no second write"
    calls.clear()
    await use(money, "big")
    assert calls == once
    put_models(money, "other", "small")
    calls.clear()
    await use(money, "small")
    assert calls == twice


async def test_a_refusal_is_one_write_that_changes_nothing(
    money: MoneyPath, calls: list[str]
) -> None:
    before = money.put_user(models=("small",))
    for _ in range(3):
        calls.clear()
        with pytest.raises(UserModelNotAllowedError) as refused:
            await use(money, "small", "big")
        assert calls == ["UpdateItem"]
        assert (refused.value.model, refused.value.models) == ("big", ("small",))
        assert refused.value.by_group
    assert money.user() == before
    await use(money, "small")
    calls.clear()
    with pytest.raises(UserModelNotAllowedError):
        await use(money, "big")
    assert calls == ["UpdateItem"], "not from memory: the list may be another by now"


async def test_what_is_refused_for_more_than_one_reason(money: MoneyPath) -> None:
    money.put_user(models=("small",), monthly_limit=0)
    with pytest.raises(UserModelNotAllowedError):
        await use(money, "big")
    with pytest.raises(QuotaExhaustedError):
        await use(money, "small")
    money.put_user(BIA, models=("small",), status=UserStatus.SUSPENDED)
    with pytest.raises(AccountStatusError):
        await use(money, "big", email=BIA)


async def test_who_is_only_warned_is_refused_for_models_all_the_same(money: MoneyPath) -> None:
    money.put_user(models=("small",), monthly_limit=0, enforcement=Enforcement.WARN)
    assert (await use(money, "small", completes=True)).is_over_limit
    with pytest.raises(UserModelNotAllowedError):
        await use(money, "big")


async def test_a_month_is_opened_and_the_list_stays(money: MoneyPath) -> None:
    money.put_user(models=("small",))
    await use(money, "small")
    money.clock.forward(days=20)
    with pytest.raises(UserModelNotAllowedError):
        await use(money, "big")
    assert money.user().period == "2026-11", "a refusal opens no month"
    await use(money, "small")
    assert (money.user().period, money.user().models) == ("2026-12", ("small",))


async def test_a_list_of_the_greatest_length_is_compared_whole(money: MoneyPath) -> None:
    models = tuple(f"m{n:03}".ljust(200, "x") for n in range(100))
    money.put_user(models=models)
    for _ in range(2):
        await use(money, models[99])
    with pytest.raises(UserModelNotAllowedError):
        await use(money, "m")


async def test_by_the_old_and_the_new_address_the_list_is_the_persons(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(models=("small",))
    api.ok("PUT", USER, {"email": "new@example.com"})
    for _ in range(2):
        for email in (ANA, "new@example.com"):
            await use(money, "small", email=email)
            with pytest.raises(UserModelNotAllowedError):
                await use(money, "big", email=email)


# changes while people ask


CHANGES, BETWEEN = 20, 5


async def test_no_forbidden_model_passes_after_a_change_and_none_allowed_is_refused(
    money: MoneyPath,
) -> None:
    """Three processes ask while the list changes: `both` is allowed always, `a` and `b` in turn.

    Of what was asked after a change had returned and answered before the next one began, the
    list decides exactly: five requests at least each time.
    """
    money.put_user(models=("a", "both"))
    processes = [MoneyPath.of(money.parts, money.clock, money.aws) for _ in range(3)]
    outcomes: list[tuple[str, int, int, bool]] = []
    written = begun = decided = 0
    enough, is_over = asyncio.Event(), asyncio.Event()

    async def ask(process: MoneyPath, seed: int) -> None:
        nonlocal decided
        chance = random.Random(seed)
        while not is_over.is_set():
            model, began = chance.choice(("a", "b", "both")), written
            event = None
            with contextlib.suppress(UserModelNotAllowedError):
                event = money.event((await use(process, model)).reservation)
            outcomes.append((model, began, begun, event is not None))
            decided += began == begun
            if decided >= BETWEEN:
                enough.set()
            if event is not None:
                process.meter._open.discard(event.request_id)
                assert await asyncio.to_thread(money.record, event) == []

    async def change() -> None:
        nonlocal written, begun, decided
        for n in range(1, CHANGES + 1):
            begun = n
            allowed = ("b", "both") if n % 2 else ("a", "both")
            await asyncio.to_thread(put_models, money, *allowed)
            written, decided = n, 0
            enough.clear()
            await enough.wait()
        is_over.set()

    async with asyncio.timeout(240):
        await asyncio.gather(change(), *(ask(one, n) for n, one in enumerate(processes * 2)))
    exact = [one for one in outcomes if one[1] == one[2]]
    assert len(exact) >= CHANGES * BETWEEN
    assert {passed for model, _, _, passed in outcomes if model == "both"} == {True}
    for model, change_number, _, passed in exact:
        if model != "both":
            assert passed is (model == ("b" if change_number % 2 else "a"))
    assert {one[3] for one in exact if one[0] == "a"} == {True, False}


async def test_a_group_that_changes_its_list_holds_for_its_members_at_once(
    money: MoneyPath, api: Api
) -> None:
    group = api.ok("POST", GROUPS, {"name": "Vendas", "models": ["small"]})
    money.put_user()
    await use(money, "big")
    api.ok("PUT", USER, {"groupId": group["id"]})
    with pytest.raises(UserModelNotAllowedError) as refused:
        await use(money, "big")
    assert refused.value.by_group
    await use(money, "small")
    api.ok("PUT", f"{GROUPS}/{group['id']}", {"version": 1, "models": ["big"]})
    await use(money, "big")
    with pytest.raises(UserModelNotAllowedError):
        await use(money, "small")
    api.ok("PUT", USER, {"models": ["own"]})
    with pytest.raises(UserModelNotAllowedError) as refused:
        await use(money, "big")
    assert not refused.value.by_group
    await use(money, "own")
    api.ok("PUT", USER, {"groupId": "", "modelsSource": "group"})
    await use(money, "anything")


# the whole gateway


@pytest.mark.parametrize("stream", [False, True])
async def test_every_api_is_served_or_refused_by_the_item(
    money: MoneyPath,
    url: str,
    upstream: Upstream,
    stream: bool,
) -> None:
    money.put_user(models=("small",))
    gateway = Gateway(url)
    forwarder: Any = gateway.app._forwarder
    forwarder._meter = cast("Meter", Silent(money.meter))
    for n, endpoint in enumerate(APIS):
        put_models(money, "small")
        got = await gateway.ask(asked(endpoint, stream=stream, model="big"), endpoint)
        assert (got.status, got.json["error"]["code"]) == (403, "user_model_not_allowed")
        assert len(upstream.asked) == 2 * n
        body = asked(endpoint, stream=False, model="small")
        assert (await gateway.ask(body, endpoint)).status == 200
        put_models(money, "big")
        body = asked(endpoint, stream=False, model="big")
        assert (await gateway.ask(body, endpoint)).status == 200
    await gateway.close()


class Silent:
    """A meter whose events go nowhere: what is held stays."""

    def __init__(self, meter: Meter) -> None:
        self.admit, self.hold_more = meter.admit, meter.hold_more

    async def resolve(self, _: object) -> None:
        return


# newcomers


@pytest.fixture
def mapped(money: MoneyPath) -> MoneyPath:
    return money.settings(
        identity_group_headers=("x-user-group",),
        identity_group_map="ALUNO=Estudantes;prof=Professores",
    )


async def test_a_newcomer_is_put_into_the_group_that_is_named(
    mapped: MoneyPath, api: Api, calls: list[str]
) -> None:
    group = api.ok("POST", GROUPS, {"name": "estudantes", "models": ["small"], "plan": "pro"})
    first = await use(mapped, "small", group="aluno")
    assert first.user.group_id == group["id"]
    ana = mapped.user()
    assert (ana.group_id, ana.models, ana.plan.value) == (group["id"], ("small",), "pro")
    calls.clear()
    await use(mapped, "small", group="aluno")
    assert calls == ["UpdateItem"], "the list of a newcomer is known from the start"
    with pytest.raises(UserModelNotAllowedError):
        await use(mapped, "big", group="prof")
    assert mapped.user().group_id == group["id"], "a header moves nobody"


async def test_a_newcomer_whose_group_does_not_allow_the_model_is_made_and_refused(
    mapped: MoneyPath, api: Api
) -> None:
    group = api.ok("POST", GROUPS, {"name": "Estudantes", "models": ["small"]})
    with pytest.raises(UserModelNotAllowedError):
        await use(mapped, "big", group="ALUNO")
    ana = mapped.user()
    assert (ana.group_id, ana.reservations, ana.reserved_tokens) == (group["id"], {}, 0)
    await use(mapped, "small", group="ALUNO")
    mapped.assert_books_balance()


@pytest.mark.parametrize("group", ["prof", "Estudantes", "other", ""])
async def test_who_names_no_group_that_there_is_is_served_as_ever(
    mapped: MoneyPath, api: Api, group: str
) -> None:
    """`prof` stands for a group that does not exist, `Estudantes` is a name without leave."""
    api.ok("POST", GROUPS, {"name": "Estudantes", "models": ["small"]})
    assert (await use(mapped, "big", group=group)).user.group_id is None


async def test_without_the_setting_nobody_is_put_anywhere(money: MoneyPath, api: Api) -> None:
    api.ok("POST", GROUPS, {"name": "Estudantes"})
    assert (await use(money, "big", group="Estudantes")).user.group_id is None


async def test_twenty_first_requests_make_one_member(mapped: MoneyPath, api: Api) -> None:
    group = api.ok("POST", GROUPS, {"name": "Estudantes", "models": ["small"]})
    found = await asyncio.gather(
        *(use(mapped, "big" if n % 2 else "small", group="ALUNO") for n in range(20)),
        return_exceptions=True,
    )
    assert [isinstance(one, UserModelNotAllowedError) for one in found] == [False, True] * 10
    assert (mapped.user().group_id, len(mapped.user().reservations)) == (group["id"], 10)


async def test_who_waits_for_approval_is_in_the_group_already(mapped: MoneyPath, api: Api) -> None:
    group = api.ok("POST", GROUPS, {"name": "Estudantes"})
    pending = mapped.settings(auto_provision="pending")
    with pytest.raises(AccountStatusError):
        await use(pending, "small", group="ALUNO")
    assert pending.user().group_id == group["id"]


# what is told


async def test_the_quota_api_tells_the_list_and_refuses_with_the_same_code(
    money: MoneyPath,
) -> None:
    money.put_user(models=("small", "llama*"))
    quotes = quoting(money)
    assert quotes.own(headers()).body["models"] == ["small", "llama*"]

    def check(model: str | None, email: str = ANA) -> dict[str, Any]:
        body: dict[str, Any] = {"estimated_tokens": 10} | ({"model": model} if model else {})
        return quotes.check(headers(email), orjson.dumps(body)).body

    assert check("big")["reason"] == "user_model_not_allowed"
    assert check("big")["models"] == ["small", "llama*"]
    for allowed in ("small", "llama-3", None):
        assert check(allowed)["reason"] is None
    assert check("big", BIA)["reason"] is None
    assert check("big", BIA)["models"] is None


async def test_lists_of_models_go_by_the_item_or_by_what_a_newcomer_would_get(
    mapped: MoneyPath, api: Api
) -> None:
    api.ok("POST", GROUPS, {"name": "Estudantes", "models": ["small"]})
    quota = mapped.parts.quota
    people = PeopleModels(mapped.parts.settings, quota.users, quota.plans)
    student = Identity(ANA, group_values=(("x-user-group", "aluno"),))
    assert await people.models(student) == ("small",)
    assert await people.models(Identity(ANA)) is None
    assert mapped.rows("users") == [], "nobody is made by looking"
    mapped.put_user(models=("own",))
    assert await people.models(student) == ("own",)
    put_models(mapped)
    assert await people.models(student) is None


async def test_the_own_page_tells_the_list(money: MoneyPath, api: Api) -> None:
    money.put_user(models=("small", "llama*"))
    link = money.parts.quota.personal_links.make(user_id_for(ANA))
    token = link.url.partition("#")[2]
    own = api.ok("GET", "/me", authorization=f"Bearer {token}")
    assert own["models"] == ["small", "llama*"]


async def test_what_ran_out_is_booked_although_its_model_is_not_allowed_any_more(
    money: MoneyPath,
) -> None:
    money.put_user()
    held = await use(money, "big")
    put_models(money, "small")
    money.meter._open.discard(held.reservation.request_id)
    money.clock.forward(minutes=16)
    await use(money, "small")
    assert held.reservation.request_id not in money.user().reservations
    assert timedelta(minutes=15) == held.reservation.expires_at - held.reservation.created_at
    money.assert_books_balance()
