"""Groups from the command line: made, shown, tried out, changed, taken away; and by a CSV file."""

import json
from pathlib import Path

import pytest

from solaris.app import Parts
from solaris.quota.user import Enforcement, LimitSource
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    error_of,
    parts_fixture,
    run,
    store_fixture,
    stored,
)

COMMANDS = ("show", "create", "set", "delete", "add", "remove")


@pytest.mark.parametrize("command", [("groups",), *(("groups", one) for one in COMMANDS)])
def test_the_help_of_every_command_shows_an_example(command: tuple[str, ...]) -> None:
    assert f"solaris {' '.join(command)}" in run(*command, "--help").stdout.partition("Example:")[2]
    shown = run(*command, "--help", lang="pt-BR").stdout
    assert f"solaris {' '.join(command)}" in shown.partition("Exemplo:")[2]


def test_a_groups_whole_life(parts: Parts) -> None:
    run("users", "create", ANA)
    run("users", "create", "own@example.com", "--limit", "300k")
    made = run("groups", "create", "Vendas", "--cost-center", "CC-1", "--limit", "500k")
    assert "group Vendas made" in made.stdout
    run("groups", "add", "vendas", ANA, "own@example.com", "--reason", "novo time")
    assert (stored(parts).monthly_limit, stored(parts).limit_source) == (500_000, LimitSource.GROUP)
    found = json.loads(run("groups", "--json").stdout)
    (group,) = found["groups"]
    assert (group["name"], group["users"], group["monthlyLimit"]) == ("Vendas", 2, 500_000)
    assert "500,000" in run("groups").stdout
    assert "Vendas" in run("groups", "show", "VENDAS").stdout
    shown = run("groups", "show", "Vendas", lang="pt-BR").stdout
    assert "Centro de custo" in shown
    change = ("--limit", "200k", "--enforcement", "warn", "--models", "gpt-4o-mini, claude-*")
    preview = run("groups", "set", "Vendas", *change, "--preview").stdout
    assert "changes 2 of the group's members (2)" in preview
    assert stored(parts).monthly_limit == 500_000
    run("groups", "set", "Vendas", *change, stdin="n\n", code=1)
    run("groups", "set", "Vendas", *change, "--yes", "--reason", "corte")
    user = stored(parts)
    assert (user.monthly_limit, user.enforcement) == (200_000, Enforcement.WARN)
    assert user.models == ("gpt-4o-mini", "claude-*")
    renamed = ("--limit", "unset", "--rename", "Comercial", "--yes", "--json")
    answer = json.loads(run("groups", "set", "Vendas", *renamed).stdout)
    assert (answer["name"], answer["monthlyLimit"]) == ("Comercial", None)
    assert stored(parts).monthly_limit == 1_000_000
    assert "--release" in error_of("groups", "delete", "Comercial", "--yes")
    run("groups", "remove", "own@example.com")
    run("groups", "delete", "Comercial", "--release", "--yes")
    assert stored(parts).group_id is None
    assert json.loads(run("groups", "--json").stdout)["groups"] == []


def test_what_cannot_be_says_why_and_changes_nothing(parts: Parts) -> None:
    run("groups", "create", "Vendas")
    assert "There is a group of this name" in error_of("groups", "create", "VENDAS")
    assert "Já existe um grupo" in error_of("groups", "create", "vendas", lang="pt-BR")
    assert "no group" in error_of("groups", "show", "Nada")
    assert "say what changes" in run("groups", "set", "Vendas", code=2).stderr
    assert (
        "not block, warn or unset"
        in run("groups", "set", "Vendas", "--enforcement", "hard", code=2).stderr
    )
    assert "trial, basic" in run("groups", "set", "Vendas", "--plan", "gold", code=2).stderr
    assert "address" in error_of("groups", "create", "X", "--managers", "nobody")
    assert len(parts.accounts.groups.now().stated.groups) == 1


def test_a_file_of_users_names_their_groups(parts: Parts, tmp_path: Path) -> None:
    run("users", "create", ANA)
    file = tmp_path / "people.csv"
    file.write_text(
        "email;nome;grupo;centro_de_custo\n"
        f"{ANA};Ana;Vendas;CC-1\n"
        "bia@example.com;Bia;VENDAS;\n"
        "caio@example.com;Caio;Jurídico;CC-2\n"
        "duda@example.com;Duda;Jurídico;CC-3\n"
        "edu@example.com;Edu;;CC-9\n"
        "fabi@example.com;Fabi;;\n"
    )
    shown = run("users", "import", str(file), code=1).stdout
    assert "new groups (2): Vendas, Jurídico" in shown
    assert "The group has another cost centre" in shown
    assert "A cost centre needs its group" in shown
    assert "group Vendas" in shown
    assert not parts.accounts.groups.now().stated.groups
    told = json.loads(run("users", "import", str(file), "--yes", "--json", code=1).stdout)
    assert told["newGroups"] == ["Vendas", "Jurídico"]
    groups = {one.name: one for one in parts.accounts.groups.now().stated.groups.values()}
    assert {name: one.cost_center for name, one in groups.items()} == {
        "Vendas": "CC-1",
        "Jurídico": "CC-2",
    }
    members = {user.email: user.group_id for user in parts.accounts.everybody()}
    vendas, juridico = groups["Vendas"].group_id, groups["Jurídico"].group_id
    assert members == {
        ANA: vendas,
        "bia@example.com": vendas,
        "caio@example.com": juridico,
        "fabi@example.com": None,
    }
    again = json.loads(run("users", "import", str(file), "--yes", "--json", code=1).stdout)
    assert [one["action"] for one in again["results"]] == [
        *["unchanged"] * 3,
        *["error"] * 2,
        "unchanged",
    ]
    file.write_text(f"email,group\n{ANA},-\nbia@example.com,Jurídico\n")
    moved = json.loads(run("users", "import", str(file), "--yes", "--json").stdout)
    assert [one["changes"] for one in moved["results"]] == [
        [{"field": "group", "before": "Vendas", "after": ""}],
        [{"field": "group", "before": "Vendas", "after": "Jurídico"}],
    ]
    assert stored(parts).group_id is None
