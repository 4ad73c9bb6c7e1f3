"""`solaris users set-daily-limit` and `lift-day`: set, shown, lifted, and what is refused how."""

import json

import pytest

from solaris.app import Parts
from tests.functional.cli.cli_support import (
    ANA,
    error_of,
    parts_fixture,
    run,
    store_fixture,
    stored,
)

__all__ = ["parts_fixture", "store_fixture"]

PT = "pt-BR"
LIMIT = ("users", "set-daily-limit", ANA)


def test_a_daily_limit_is_set_shown_lifted_and_taken_away(parts: Parts) -> None:
    run("users", "create", ANA, "--limit", "300000")
    assert "daily limit" not in run("users", "show", ANA).stdout
    told = run(*LIMIT, "auto:25", "--reason", "fair use").stdout
    assert f"{ANA}: daily limit of 12,500 tokens (auto:25)" in told
    assert "today: used 0, available 12,500" in told
    assert (
        "12.500 (auto:25); hoje: usados 0, disponíveis 12.500"
        in run("users", "show", ANA, lang=PT).stdout
    )
    found = json.loads(run(*LIMIT, "50k", "--json").stdout)["user"]
    assert (found["dailyLimit"], found["dailyLimitTokens"]) == ("50000", 50_000)
    assert (found["dayUsed"], found["dayAvailable"], found["dayLifted"]) == (0, 50_000, False)
    lifted = run("users", "lift-day", ANA, lang=PT).stdout
    assert "não tem limite diário até o fim de hoje" in lifted
    assert "lifted today" in run("users", "show", ANA).stdout
    cap = stored(parts).day_cap
    assert cap is not None
    assert cap.is_lifted
    assert "has no daily limit" in run(*LIMIT, "none").stdout
    assert stored(parts).day_cap is None


@pytest.mark.parametrize("stated", ["auto:1001", "auto", "0"])
def test_what_is_no_limit_is_one_line(parts: Parts, stated: str) -> None:
    run("users", "create", ANA)
    assert "daily limit" in error_of(*LIMIT, stated)
    assert "limite diário" in error_of(*LIMIT, stated, lang=PT)
    assert stored(parts).day_cap is None


def test_what_is_no_number_is_a_wrong_call(parts: Parts) -> None:
    run("users", "create", ANA)
    assert "many" in run(*LIMIT, "many", code=2).stderr
    assert stored(parts).day_cap is None


def test_nothing_is_lifted_where_there_is_no_limit(parts: Parts) -> None:
    run("users", "create", ANA)
    assert "no daily limit" in error_of("users", "lift-day", ANA)
    assert "não tem limite diário" in error_of("users", "lift-day", ANA, lang=PT)
    assert stored(parts).day_cap is None
