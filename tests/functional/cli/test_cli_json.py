"""`--json`: one value for programs, and nothing beside it on standard output."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from solaris.app import Parts
from solaris.cli import app
from solaris.sign_in.password_hash import Passwords
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    parts_fixture,
    run,
    store_fixture,
)

BIA = "bia@example.com"
# What a shell reads; it is not for people either.
_NOT_JSON = {"completion"}


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Every command with its path."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, *path, name)
        else:
            yield " ".join((*path, name)), one


def test_every_command_that_prints_takes_json() -> None:
    found = dict(commands(typer.main.get_command(app)))
    assert len(found) > 25
    without = {
        name
        for name, one in found.items()
        if "--json" not in {o for p in one.params for o in p.opts}
    }
    assert without == _NOT_JSON


def told(*arguments: str) -> Any:
    """What a command prints with --json: one value, whatever it says to people."""
    return json.loads(run(*arguments, "--json").stdout)


def test_changes_of_users_print_user_and_transaction(parts: Parts) -> None:
    assert told("users", "create", ANA, "--plan", "pro")["user"]["email"] == ANA
    for command, kind in (
        (("set-limit", "2M"), "limit"),
        (("set-plan", "basic"), "plan"),
        (("add-tokens", "5k", "--reason", "fim do mês"), "grant"),
        (("suspend", "--reason", "férias"), "status"),
        (("activate",), "status"),
    ):
        name, *rest = command
        answer = told("users", name, ANA, *rest)
        assert set(answer) == {"user", "transaction"}, name
        assert answer["user"]["email"] == ANA
        assert answer["transaction"]["balanceAfter"] >= 0, kind
    assert told("users", "show", ANA)["additionalTokens"] == 5_000
    assert told("users", "reset-usage", ANA, "--reason", "nada")["transaction"] is None
    assert told("users", "transactions", ANA)["transactions"][0]["actor"].startswith("cli:")


def test_moving_and_erasing(parts: Parts, tmp_path: Path) -> None:
    told("users", "create", ANA)
    assert told("users", "move", ANA, BIA)["user"]["aliases"] == [ANA]
    assert told("users", "release-alias", ANA)["user"]["aliases"] == []
    told("users", "create", ANA)
    assert told("users", "merge", ANA, BIA, "--yes")["user"]["email"] == BIA
    file = tmp_path / "bia.json"
    answer = told("users", "export-data", BIA, "--out", str(file))
    assert (answer["file"], answer["email"]) == (str(file), BIA)
    assert answer["written"]["usage"] == 0
    answer = told("users", "delete", BIA, "--yes")
    assert answer == {"email": BIA, "erasedRecords": 0, "isComplete": True}


def test_a_question_is_not_in_the_way(parts: Parts) -> None:
    told("users", "create", ANA)
    result = run("users", "delete", ANA, "--json", stdin="y\n")
    answer = result.stdout.lstrip(" y\n")  # what was typed is echoed by the test's terminal
    assert json.loads(answer)["isComplete"] is True
    assert "for good?" in result.stderr


def test_keys_and_admins_hand_out_their_secret_once(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solaris.sign_in.password_hash.Passwords", lambda: Passwords(memory_kib=64))
    made = told("keys", "create", "--name", "LibreChat")
    assert made["secret"].startswith("sk-solaris-")
    assert made["key"]["state"] == "active"
    assert told("keys", "revoke", made["key"]["id"])["key"]["state"] == "revoked"
    made = told("admins", "create", ANA)
    assert len(made["password"]) > 12
    assert told("admins", "set-role", ANA, "admin")["admin"]["role"] == "admin"
    assert told("admins", "unlock", ANA) == {"email": ANA, "wasCounted": False}
    assert told("admins", "reset-password", ANA)["password"] != made["password"]
    told("admins", "create", BIA)
    assert told("admins", "remove", ANA) == {"email": ANA}


def test_operation(parts: Parts, tmp_path: Path) -> None:
    told("users", "create", ANA)
    assert told("reset", "--user", ANA, "--dry-run") == {
        "period": parts.months.resetter.period,
        "users": 1,
        "opened": 0,
        "dryRun": True,
    }
    assert told("replay", "--from-dlq")["results"] == [
        {
            "source": "dead-letter queue",
            "booked": 0,
            "repeated": 0,
            "skippedLines": 0,
            "failures": [],
        }
    ]
    assert told("init")["newKey"].startswith("sk-solaris-")
    answer = told("mail", "preview", "--out", str(tmp_path / "mails"), "--locale", "en")
    assert len(answer["mails"]) == len(set(answer["mails"])) > 3


def test_people_are_told_as_ever_after_a_program_was(parts: Parts) -> None:
    told("users", "create", ANA)
    assert "monthly limit" in run("users", "set-limit", ANA, "2M").stdout


def completed(words: str) -> list[str]:
    """What bash is offered for the last of the words."""
    result = CliRunner().invoke(
        app,
        env={
            "_SOLARIS_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        prog_name="solaris",
    )
    return result.stdout.split()


def test_commands_options_and_addresses_are_completed(parts: Parts) -> None:
    for email in (ANA, "ana.lima@example.com", BIA):
        run("users", "create", email)
    assert completed("solaris users set-") == [
        *("set-limit", "set-plan", "set-daily-limit", "set-enforcement"),
    ]
    assert "--at-least" in completed("solaris users list --")
    assert completed("solaris users show an") == ["ana.lima@example.com", ANA]
    assert completed("solaris users show bia@e") == [BIA]
    assert completed("solaris reports usage --user bi") == [BIA]


@pytest.mark.parametrize("signs", ["&reboot&", "`id`", "|id|", "$home", "*", "'x'y", "{a}", "!1"])
def test_an_address_that_a_shell_would_run_is_not_put_into_its_line(
    parts: Parts, signs: str
) -> None:
    hostile = f"ana{signs}x@example.com"
    run("users", "create", ANA)
    run("users", "create", hostile)
    assert told("users", "show", hostile)["email"] == hostile
    assert completed("solaris users show ana") == [ANA]


def test_nothing_is_completed_where_no_system_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solaris.quota.completion.open_parts", lambda _: 1 / 0)
    assert completed("solaris users show an") == []


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_takes_the_script(shell: str) -> None:
    script = run("completion", shell).stdout
    assert f"complete_{shell}" in script
    assert "_SOLARIS_COMPLETE" in script
