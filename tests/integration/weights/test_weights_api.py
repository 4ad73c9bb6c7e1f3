"""Weights by the admin API: read, tried out on a month, changed, audited, in force at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solaris.alerts.alert import ModelWithoutPrice
from solaris.alerts.notices import notice_from_json
from solaris.ledger.booking import LedgerEntry
from solaris.platform.aws.queues import ALERTS_QUEUE, Message
from solaris.platform.model_weight import ModelWeight
from solaris.quota.usage import Outcome, TokenCounts
from tests.integration.accounts.users_support import BOSS, Api
from tests.integration.conftest import ANA, MoneyPath

BIA, CAU = "bia@example.com", "cau@example.com"
WEIGHTS = "/admin/weights"


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    api = Api(money)
    yield api
    api.close()


def use(money: MoneyPath, email: str, model: str, prompt: int, completion: int = 0) -> None:
    event = replace(
        money.event(None, email),
        model=model,
        counts=TokenCounts(prompt, completion),
        charged_tokens=prompt + completion,
    )
    money.parts.ledger.ledger.record(LedgerEntry(event, cost_micros=0, day=money.day(event)))


def last_month(money: MoneyPath) -> None:
    """Three people; 1,000,000 tokens of big and 500,000 of small."""
    now, money.clock.now = money.clock.now, money.clock.now - timedelta(days=30)
    for email, limit in ((ANA, 1_000_000), (BIA, 1_000_000), (CAU, 100_000)):
        money.put_user(email, monthly_limit=limit)
    use(money, ANA, "big", 400_000, 100_000)
    use(money, BIA, "big", 400_000, 100_000)
    use(money, ANA, "small", 380_000)
    use(money, CAU, "small", 120_000)
    money.clock.now = now


def test_without_weights_each_token_counts_once(money: MoneyPath, api: Api) -> None:
    last_month(money)
    found = api.ok("GET", WEIGHTS, role="viewer")
    assert (found["version"], found["entries"], found["changedBy"]) == (0, [], None)
    assert [(one["model"], one["tokens"], one["entry"]) for one in found["models"]] == [
        ("big", 1_000_000, None),
        ("small", 500_000, None),
    ]
    assert found["models"][0]["weight"] == {"prompt": 1, "completion": 1, "cached": 1}


def test_a_change_is_in_force_audited_and_dated(money: MoneyPath, api: Api) -> None:
    before = money.parts.ledger.weighing.live.get()
    assert before.of("big") == ModelWeight()
    body = {
        "weights": {"BIG": {"prompt": 2, "completion": 5}, "llama*": 0, "x": "auto:gpt-4o-mini"},
        "version": 0,
        "reason": "list prices",
    }
    changed = api.ok("PUT", WEIGHTS, body)
    assert (changed["version"], changed["changedBy"]) == (1, BOSS)
    assert changed["changedAt"] == "2026-11-15T15:00:00.123Z"
    assert changed["entries"] == [
        {
            "name": "big",
            "weight": {"prompt": 2, "completion": 5, "cached": None},
            "auto": None,
        },
        {
            "name": "llama*",
            "weight": {"prompt": 0, "completion": 0, "cached": None},
            "auto": None,
        },
        {"name": "x", "weight": None, "auto": "gpt-4o-mini"},
    ]
    (row,) = money.rows("audit")
    assert (row["action"], row["actor"], row["reason"]) == ("weights.change", BOSS, "list prices")
    assert row["after"]["weights"]["S"] == (
        'big: {"prompt": 2, "completion": 5}, llama*: 0, x: auto:gpt-4o-mini'
    )
    money.parts.ledger.weighing.live.forget()
    assert money.parts.ledger.weighing.live.get().of("big") == ModelWeight(2_000, 5_000, 2_000)
    assert before.of("big") == ModelWeight(), "what a request has begun with stays"
    api.ok("PUT", WEIGHTS, {"weights": {"llama*": 0}, "version": 1})
    assert len(money.rows("audit")) == 2
    # the same again is no change
    assert api.ok("PUT", WEIGHTS, {"weights": {"LLAMA*": 0.0}, "version": 2})["version"] == 2
    assert len(money.rows("audit")) == 2


def test_who_has_read_an_older_table_overwrites_nothing(money: MoneyPath, api: Api) -> None:
    api.ok("PUT", WEIGHTS, {"weights": {"a": 2}, "version": 0})
    answer = api("PUT", WEIGHTS, {"weights": {"b": 2}, "version": 0})
    assert answer.status == 409
    assert [one["name"] for one in api.ok("GET", WEIGHTS)["entries"]] == ["a"]


@pytest.mark.parametrize(
    "value",
    [-1, 1_001, 0.0001, "cheap", "auto:", {"prompt": -1, "completion": 1}, {"prompt": 1}, None],
)
def test_what_is_no_weight_is_refused_and_changes_nothing(
    money: MoneyPath, api: Api, value: Any
) -> None:
    for method, target in (("PUT", WEIGHTS), ("POST", f"{WEIGHTS}/preview")):
        body = {"weights": {"big": value}} | ({"version": 0} if method == "PUT" else {})
        assert api(method, target, body).status in {400, 422}
    assert money.rows("audit") == []


def test_a_preview_tells_what_the_last_month_would_have_been(money: MoneyPath, api: Api) -> None:
    last_month(money)
    found = api.ok("POST", f"{WEIGHTS}/preview", {"weights": {"big": 2, "small": 0.5}})
    assert (found["period"], found["chargedTokens"]) == ("2026-10", 1_500_000)
    assert (found["wouldCharge"], found["percent"]) == (2_250_000, 50.0)
    # Ana: 1,190,000 of 1,000,000; Bia: 1,000,000 of 1,000,000; Cau: 60,000 of 100,000, was over
    assert (found["users"], found["usersOver"], found["usersNewlyOver"]) == (3, 1, 1)
    assert found["isWhole"]
    assert found["models"] == [
        {"model": "big", "tokens": 1_000_000, "chargedTokens": 1_000_000, "wouldCharge": 2_000_000},
        {"model": "small", "tokens": 500_000, "chargedTokens": 500_000, "wouldCharge": 250_000},
    ]
    assert money.rows("audit") == []


def test_a_preview_of_an_idle_month_looks_at_this_one(money: MoneyPath, api: Api) -> None:
    money.put_user(monthly_limit=100)
    empty = api.ok("POST", f"{WEIGHTS}/preview", {"weights": {"*": 3}})
    assert (empty["period"], empty["percent"], empty["users"]) == ("2026-11", None, 0)
    use(money, ANA, "big", 40)
    found = api.ok("POST", f"{WEIGHTS}/preview", {"weights": {"*": 3}})
    assert (found["wouldCharge"], found["percent"], found["usersNewlyOver"]) == (120, 200.0, 1)


def test_weights_by_price_are_shown_with_what_has_none(money: MoneyPath, api: Api) -> None:
    money.put_user(monthly_limit=1_000_000)
    for model in ("gpt-4o", "our-own-model"):
        use(money, ANA, model, 100)
    body = {"weights": {"*": "auto:gpt-4o-mini"}, "version": 0}
    models = {one["model"]: one for one in api.ok("PUT", WEIGHTS, body)["models"]}
    assert models["gpt-4o"]["hasPrice"] is True
    assert models["gpt-4o"]["weight"]["prompt"] > 10
    assert models["our-own-model"]["hasPrice"] is False
    assert models["our-own-model"]["weight"]["prompt"] == 1


def test_a_viewer_looks_and_changes_nothing(money: MoneyPath, api: Api) -> None:
    assert api("PUT", WEIGHTS, {"weights": {}, "version": 0}, role="viewer").status == 403
    assert api("GET", WEIGHTS, role=None).status == 401
    api.ok("POST", f"{WEIGHTS}/preview", {"weights": {}}, role="viewer")
    assert money.rows("audit") == []


def test_the_environment_is_where_weights_begin(money: MoneyPath) -> None:
    seeded = money.settings(model_weights={"big": 3})
    assert seeded.parts.ledger.weighing.live.get().of("big") == ModelWeight(3_000, 3_000, 3_000)
    api = Api(seeded)
    found = api.ok("GET", WEIGHTS)
    assert [(one["name"], one["weight"]["prompt"]) for one in found["entries"]] == [("big", 3)]
    # an empty table is a table: nothing comes back from the environment
    assert api.ok("PUT", WEIGHTS, {"weights": {}, "version": 0})["entries"] == []
    api.close()


def test_a_model_that_should_follow_its_price_and_has_none_raises_one_alert(
    money: MoneyPath, api: Api
) -> None:
    money.put_user(monthly_limit=1_000_000)
    api.ok("PUT", WEIGHTS, {"weights": {"*": "auto:gpt-4o-mini"}, "version": 0})
    money.parts.ledger.weighing.live.forget()
    events = [
        replace(money.event(None, prompt=10), model=model)
        for model in ("our-own-model", "our-own-model", "gpt-4o")
    ]
    failed = replace(money.event(None), model="made-up", status_code=404)
    assert money.record(*events, replace(failed, outcome=Outcome.RELEASED)) == []
    assert money.record(replace(money.event(None, prompt=5), model="our-own-model")) == []
    received = money.parts.platform.queues.receive(ALERTS_QUEUE, wait_seconds=1)
    bodies = [one["Body"] for one in received]
    assert [notice_from_json(one) for one in bodies] == [
        ModelWithoutPrice("our-own-model", "*", "2026-11")
    ]
    alerter = money.parts.alerts.alerter
    # another process tells it again
    assert alerter.handle_messages([Message(str(n), bodies[0]) for n in range(2)]) == []
    (alert,) = api.ok("GET", "/admin/alerts")["items"]
    assert alert["title"] == "Modelo sem preço: our-own-model"
    assert "MODEL_PRICES" in alert["message"]
    assert alert["userId"] is None
