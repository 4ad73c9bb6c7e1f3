"""`solaris users add-tokens`, `grants` and `void-grant`: for how long, and what is refused how."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
GIVE = ("users", "add-tokens", ANA, "5k", "--reason", "report")


@pytest.mark.parametrize(
    ("terms", "in_english", "in_portuguese"),
    [
        *[
            (("--until", day), "'--until'", "deve ser uma data no formato AAAA-MM-DD")
            for day in ("2026-02-30", "30/12/2026", "tomorrow", "", "99999-01-01", "20261215")
        ],
        *[
            (terms, "one term only", "um prazo só")
            for terms in (
                ("--until", "2030-12-15", "--this-month"),
                ("--until", "2030-12-15", "--every-month"),
                ("--until-used", "--every-month"),
                ("--this-month", "--until-used"),
            )
        ],
        (("--untill", "2030-12-15"), "--untill", "--untill"),
        (("--until",), "--until", "--until"),
    ],
)
def test_a_term_that_cannot_be_read_is_a_wrong_call(
    parts: Parts, terms: tuple[str, ...], in_english: str, in_portuguese: str
) -> None:
    run("users", "create", ANA)
    assert in_english in run(*GIVE, *terms, code=2).stderr
    assert in_portuguese in run(*GIVE, *terms, code=2, lang=PT).stderr
    assert stored(parts).additional_tokens == 0


@pytest.mark.parametrize(
    ("arguments", "in_english", "in_portuguese"),
    [
        (("5k", "--until", "9999-12-31"), "more than five years away", "no máximo cinco anos"),
        (("5k", "--until", "0001-01-01"), "the last day has passed", "O último dia já passou"),
        (("5k", "--until", "2020-02-29"), "the last day has passed", "O último dia já passou"),
        (("-5k", "--this-month"), "needs a positive amount", "Para retirar tokens"),
        (("0", "--until-used"), "needs a positive amount", "Para retirar tokens"),
        (("1000000000001", "--until-used"), "must not exceed", "não podem passar de"),
        (("-5k", "--every-month"), "cannot take back", "Não é possível retirar 5.000 tokens"),
    ],
)
def test_a_grant_that_cannot_be_is_one_line_and_code_1(
    parts: Parts, arguments: tuple[str, ...], in_english: str, in_portuguese: str
) -> None:
    run("users", "create", ANA)
    call = ("users", "add-tokens", ANA, *arguments, "--reason", "slip")
    assert in_english in error_of(*call)
    assert in_portuguese in error_of(*call, lang=PT)
    assert stored(parts).additional_tokens == 0


def test_grants_are_listed_and_taken_back_by_their_id(parts: Parts) -> None:
    run("users", "create", ANA)
    assert "0 grants" in run("users", "grants", ANA).stdout
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    told = run(*GIVE, "--until", day.isoformat()).stdout
    assert f"5,000 tokens are good until the end of {day.isoformat()}" in told
    told = run(*GIVE, "--until", day.isoformat(), lang=PT).stdout
    assert f"5.000 tokens valem até o fim de {day:%d/%m/%Y}" in told
    assert "só este mês" in run(*GIVE, "--this-month", lang=PT).stdout
    assert "until they are used up" in run(*GIVE, "--until-used").stdout
    run(*GIVE)
    listed = json.loads(run("users", "grants", ANA, "--json").stdout)["grants"]
    kinds = [one["kind"] for one in listed]
    assert kinds == ["this_month", "until", "until", "until_used", "every_month"]
    assert {one["reason"] for one in listed[:-1]} == {"report"}
    for left, one in zip((20, 15, 10, 5, 0), listed, strict=True):
        out = run("users", "void-grant", ANA, one["id"], "--reason", "by mistake").stdout
        assert f"additional tokens {left + 5},000 → " in out
        assert stored(parts).additional_tokens == left * 1_000
        assert "no such grant" in error_of("users", "void-grant", ANA, one["id"])
        assert "concessão não encontrada" in error_of(
            "users", "void-grant", ANA, one["id"], lang=PT
        )
    assert stored(parts).grants == ()


@pytest.mark.parametrize("name", ["x", "EVERY-MONTH", "a" * 32, "../" * 9, "every-month "])
def test_a_grant_that_is_not_there_is_named(parts: Parts, name: str) -> None:
    run("users", "create", ANA)
    run(*GIVE)
    assert "no such grant" in error_of("users", "void-grant", ANA, name)
    assert stored(parts).additional_tokens == 5_000


def test_grants_of_nobody(parts: Parts) -> None:
    for call in (("grants",), ("void-grant", "every-month"), ("add-tokens", "5k", "--reason", "x")):
        assert "no such user" in error_of("users", call[0], "zoe@example.com", *call[1:])


def test_an_import_shows_what_it_grants_and_grants_it_once(parts: Parts, tmp_path: Path) -> None:
    run("users", "create", ANA)
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    people = tmp_path / "people.csv"
    people.write_text(
        f"email,additional_amount,additional_kind,until\n{ANA},5000,until,{day}\n"
        "bia@example.com,700,this_month,\n"
    )
    shown = run("users", "import", str(people), lang=PT).stdout
    assert f"conceder 5000, válidos até uma data, último dia {day:%d/%m/%Y}" in shown
    assert "conceder 700, válidos só este mês" in shown
    for counts in ("1 create, 1 update", "0 create, 0 update, 2 unchanged"):
        assert counts in run("users", "import", str(people), "--yes").stdout
    assert stored(parts).additional_tokens == 5_000
    told = json.loads(run("users", "show", ANA, "--json").stdout)
    assert (told["everyMonthTokens"], told["endingTokens"], told["nextGrantEnd"]) == (
        0,
        5_000,
        day.isoformat(),
    )
    rows = run("users", "transactions", ANA).stdout
    assert f"until {day}" in rows
