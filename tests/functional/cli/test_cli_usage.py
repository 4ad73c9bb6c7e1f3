"""`solaris users`: who has used how much, and amounts as people type them."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from solaris.app import Parts
from solaris.ledger.refused_days import Refused
from solaris.platform.instants import iso_milliseconds
from solaris.platform.money_texts import amount
from solaris.platform.settings import load_settings
from solaris.quota.user import user_id_for
from tests.functional.cli.cli_support import (
    ANA,
    error_of,
    event,
    parts_fixture,
    run,
    store_fixture,
    stored,
    use,
)

__all__ = ["parts_fixture", "store_fixture"]


def test_the_list_is_ordered_and_cut_by_what_was_used(parts: Parts) -> None:
    for name, limit, used in (("ana", "1M", 100_000), ("bia", "500k", 450_000), ("caio", "2M", 0)):
        email = f"{name}@example.com"
        run("users", "create", email, "--limit", limit)
        if used:
            use(parts, used, email)

    def names(*options: str) -> list[str]:
        answer = json.loads(run("users", "list", "--json", *options).stdout)
        return [one["email"].partition("@")[0] for one in answer["users"]]

    assert names() == ["ana", "bia", "caio"]
    assert names("--sort", "used") == ["bia", "ana", "caio"]
    assert names("--sort", "percentage") == ["bia", "ana", "caio"]
    assert names("--sort", "available") == ["caio", "ana", "bia"]
    assert names("--at-least", "80") == ["bia"]
    assert names("--at-least", "90") == ["bia"], "90 % is at least 90 %"
    assert names("--at-least", "90.1") == []
    assert "1 of 2 users" in run("users", "list", "--at-least", "5", "--limit", "1").stdout
    run("users", "list", "--sort", "colour", code=2)
    run("users", "list", "--at-least", "-1", code=2)


def test_amounts_have_units(parts: Parts) -> None:
    run("users", "create", ANA, "--limit", "1.5M")
    assert stored(parts).monthly_limit == 1_500_000
    run("users", "set-limit", ANA, "750k")
    assert stored(parts).monthly_limit == 750_000
    run("users", "add-tokens", ANA, "50k", "--reason", "fechamento")
    run("users", "add-tokens", ANA, "-20k", "--reason", "sobrou")
    assert stored(parts).additional_tokens == 30_000
    run("users", "set-plan", ANA, "pro", "--limit", "2,5mi")
    assert stored(parts).monthly_limit == 2_500_000
    refused = run("users", "set-limit", ANA, "1.500", code=2)
    assert "two ways" in " ".join(refused.output.split())
    assert stored(parts).monthly_limit == 2_500_000


def book(parts: Parts) -> None:
    for email in (ANA, "bia@example.com"):
        run("users", "create", email)
    for n, (email, model, tokens) in enumerate(
        [(ANA, "m-1", 1_000), (ANA, "m-2", 500), ("bia@example.com", "m-1", 300)]
    ):
        one = event(parts, f"r{n}", tokens=tokens, user_id=user_id_for(email), model=model)
        parts.ledger.recorder.record_one(one)


def test_usage_is_reported_by_user_model_and_day(parts: Parts) -> None:
    book(parts)

    def report(*options: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(run("reports", "usage", "--json", *options).stdout)
        return found

    users = report()
    assert [(one["email"], one["chargedTokens"]) for one in users["items"]] == [
        (ANA, 1_500),
        ("bia@example.com", 300),
    ]
    assert users["totals"]["chargedTokens"] == 1_800
    assert users["totals"]["requests"] == 3
    models = report("--by", "model", "--user", ANA)["items"]
    assert [(one["model"], one["chargedTokens"]) for one in models] == [
        ("m-1", 1_000),
        ("m-2", 500),
    ]
    today = datetime.now(parts.settings.zone).date().isoformat()
    [day] = report("--by", "day", "--from", today, "--to", today, "--model", "m-1")["items"]
    assert (day["day"], day["chargedTokens"], day["requests"]) == (today, 1_300, 2)
    cut = report("--limit", "1")
    assert (len(cut["items"]), cut["total"], cut["totals"]["chargedTokens"]) == (1, 2, 1_800)
    assert report("--month", "2020-02")["items"] == []
    assert report("--month", "2020-02")["to"] == "2020-02-29"


def test_a_report_for_people_ends_with_the_whole(parts: Parts) -> None:
    book(parts)
    out = run("reports", "usage", "--limit", "1").stdout
    assert ANA in out
    assert "bia@example.com" not in out
    [total] = [line for line in out.splitlines() if line.startswith("total")]
    assert "1,800" in total
    assert "1 of 2 rows" in out


def test_days_and_models_tell_of_first_tokens_and_days_of_refusals(parts: Parts) -> None:
    book(parts)
    one = event(parts, "r9", user_id=user_id_for(ANA), model="m-1", first_byte_ms=150)
    parts.ledger.recorder.record_one(one)
    today = datetime.now(parts.settings.zone).date().isoformat()
    parts.platform.dynamodb.update_item(
        TableName=parts.settings.table_name("counters"),
        Key={"owner": {"S": "refusals"}, "day_model": {"S": f"{today}#-"}},
        UpdateExpression="ADD insufficient_quota :n, invalid_api_key :n",
        ExpressionAttributeValues={":n": {"N": "2"}},
    )

    def total(*options: str) -> tuple[str, dict[str, Any]]:
        out = run("reports", "usage", *options).stdout
        return out, json.loads(run("reports", "usage", "--json", *options).stdout)["totals"]

    out, day = total("--by", "day")
    assert (day["requests"], day["firstByteP95Ms"], day["refusals"]) == (4, 195, 4)
    assert all(word in " ".join(out.split()) for word in ("FIRST TOKEN P95", "REFUSED", "195 ms"))
    out, model = total("--by", "model")
    assert (model["firstByteP95Ms"], "refusals" in model) == (195, False)
    assert "REFUSED" not in out
    for options in ((), ("--by", "day", "--user", ANA)):
        out, some = total(*options)
        assert not {"firstByteP95Ms", "refusals"} & set(some), "of some people, not known"
        assert "P95" not in out


def test_a_user_is_shown_with_what_was_refused_this_month(parts: Parts) -> None:
    run("users", "create", ANA)
    assert "Refused requests" not in run("users", "show", ANA).stdout
    now = datetime.now(parts.settings.zone)
    refused = Refused(now, "insufficient_quota", "m-1", "key_1")
    parts.platform.dynamodb.put_item(
        TableName=parts.settings.table_name("counters"),
        Item={
            "owner": {"S": f"refused#{user_id_for(ANA)}"},
            "day_model": {"S": f"{now:%Y-%m-%d}#-"},
            "insufficient_quota": {"N": "2"},
            "last": {"L": [refused.as_item()]},
        },
    )
    shown = " ".join(run("users", "show", ANA).stdout.split())
    assert f"Refused requests in {now:%Y-%m}" in shown
    assert "Quota used up 2" in shown
    assert "Cota esgotada 2" in " ".join(run("users", "show", ANA, lang="pt-BR").stdout.split())
    found = json.loads(run("users", "show", ANA, "--json").stdout)["refusals"]
    assert found["counts"] == {"insufficient_quota": 2}
    (last,) = found["last"]
    assert (last["code"], last["model"], last["keyId"]) == ("insufficient_quota", "m-1", "key_1")
    assert last["at"] == iso_milliseconds(now)


def test_costs_are_in_the_currency_with_the_rate(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(parts)
    parts.ledger.recorder.record_one(event(parts, "r9", tokens=90_000, model="gpt-4o"))
    in_dollars = json.loads(run("reports", "usage", "--model", "gpt-4o", "--json").stdout)
    assert "localCost" not in in_dollars["totals"]
    monkeypatch.setenv("CURRENCY", "BRL")
    monkeypatch.setenv("EXCHANGE_RATES", "2020-01-01=5.00")
    load_settings.cache_clear()
    totals = json.loads(run("reports", "usage", "--model", "gpt-4o", "--json").stdout)["totals"]
    assert totals["costMicros"] == in_dollars["totals"]["costMicros"] > 0
    local = totals["localCost"]
    assert local == {
        "currency": "BRL",
        "micros": 5 * totals["costMicros"],
        "rate": 5.0,
        "rateSince": "2020-01-01",
    }
    reais = amount(local["micros"], "BRL", "en")
    out = run("reports", "usage", "--model", "gpt-4o").stdout
    [whole] = [line for line in out.splitlines() if line.startswith("total")]
    assert whole.endswith(reais)
    made_of = f"({amount(totals['costMicros'], 'USD', 'en')}, rate 5.00 of Jan 1)"
    assert f"Cost: {reais} {made_of}" in out
    assert "rate 5.00 of Jan 1" in run("users", "show", ANA).stdout
    models = json.loads(run("users", "show", ANA, "--json").stdout)["models"]
    [shown] = [one for one in models if one["model"] == "gpt-4o"]
    assert shown["localCost"] == local


def test_a_report_that_cannot_be_is_refused(parts: Parts) -> None:
    for options in (
        ("--by", "none"),
        ("--month", "2026-13"),
        ("--month", "0000-01"),
        ("--month", "2026-10", "--from", "2026-10-01"),
        ("--from", "yesterday"),
    ):
        run("reports", "usage", *options, code=2)
    assert "days" in error_of("reports", "usage", "--from", "2020-01-02", "--to", "2020-01-01")
    many = [one for n in range(51) for one in ("--model", f"m-{n}")]
    assert "at most 50" in error_of("reports", "usage", *many)
    assert "no such user" in error_of("reports", "usage", "--user", "zoe@example.com")


def test_usage_is_reported_by_group_and_key(parts: Parts) -> None:
    book(parts)
    store = parts.quota.groups
    sales = {"aaaaaaaaaaaa": {"name": "Vendas"}, "bbbbbbbbbbbb": {"name": "Jurídico"}}
    store.write(store.read(), sales, changed_by="test", now=parts.platform.clock())
    one = event(parts, "r9", tokens=40, user_id=user_id_for(ANA), model="m-1")
    parts.ledger.recorder.record_one(replace(one, group_id="aaaaaaaaaaaa"))

    def report(*options: str) -> Any:
        return json.loads(run("reports", "usage", "--json", *options).stdout)

    found = report("--by", "group")
    assert [(row["group"], row.get("name"), row["chargedTokens"]) for row in found["items"]] == [
        ("-", None, 1_800),
        ("aaaaaaaaaaaa", "Vendas", 40),
    ]
    assert found["totals"]["chargedTokens"] == 1_840
    assert "no group" in run("reports", "usage", "--by", "group").stdout
    for named in ("vendas", "aaaaaaaaaaaa"):
        assert report("--group", named, "--by", "model")["totals"]["chargedTokens"] == 40
    assert report("--group", "-", "--by", "day")["totals"]["chargedTokens"] == 1_800
    refused = run("reports", "usage", "--group", "Compras", code=2)
    assert "no group is called Compras" in " ".join(refused.output.split())
    keys = report("--by", "key")["items"]
    assert sum(row["chargedTokens"] for row in keys) == 1_840
    assert report("--key", keys[0]["key"])["totals"]["chargedTokens"] == keys[0]["chargedTokens"]
