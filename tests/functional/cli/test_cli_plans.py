"""Plans from the command line: shown, tried out, changed for all who have them."""

import json

import pytest

from solaris.app import Parts
from solaris.quota.user import Enforcement, LimitSource, Plan
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    error_of,
    parts_fixture,
    run,
    store_fixture,
    stored,
)


@pytest.mark.parametrize("command", [("plans",), ("plans", "show"), ("plans", "set")])
def test_the_help_of_every_command_shows_an_example(command: tuple[str, ...]) -> None:
    assert f"solaris {' '.join(command)}" in run(*command, "--help").stdout.partition("Example:")[2]


def test_plans_are_listed_and_shown(parts: Parts) -> None:
    run("users", "create", ANA, "--plan", "basic")
    run("users", "create", "own@example.com", "--plan", "basic", "--limit", "300k")
    out = run("plans").stdout
    assert "1,000,000" in out
    assert "basic" in out
    found = json.loads(run("plans", "--json").stdout)
    basic = next(one for one in found["plans"] if one["plan"] == "basic")
    assert found["version"] == 0
    assert (basic["users"], basic["usersWithPlanLimit"], basic["usersWithOwnLimit"]) == (2, 1, 1)
    assert json.loads(run("plans", "show", "basic", "--json").stdout) == basic
    assert "with a limit of their own" in run("plans", "show", "basic").stdout
    assert "com limite próprio" in run("plans", "show", "basic", lang="pt-BR").stdout


def test_a_plan_is_changed_for_all_who_have_it(parts: Parts) -> None:
    run("users", "create", ANA, "--plan", "basic")
    run("users", "create", "own@example.com", "--plan", "basic", "--limit", "300k")
    change = (
        "--limit",
        "2M",
        "--warn",
        "75",
        "--rate",
        "5",
        "--burst",
        "9",
        "--daily-limit",
        "50000",
    )
    shown = run("plans", "set", "basic", *change, "--preview").stdout
    assert "changes 2 users" in shown
    assert "1 has a limit of their own" in shown
    assert stored(parts).monthly_limit == 1_000_000
    told = json.loads(run("plans", "set", "basic", *change, "--preview", "--json").stdout)
    assert (told["changed"], told["usersWithOwnLimit"]) == (2, 1)
    run("plans", "set", "basic", *change, stdin="n\n", code=1)
    assert stored(parts).monthly_limit == 1_000_000
    done = run("plans", "set", "basic", *change, "--reason", "more", stdin="y\n").stdout
    assert "changed for 2 users" in done
    user = stored(parts)
    assert (user.monthly_limit, user.limit_source) == (2_000_000, LimitSource.PLAN)
    assert (user.warning_ppm, user.rate is not None) == (750_000, True)
    own = parts.accounts.by_email.find("own@example.com").user
    assert (own.monthly_limit, own.warning_ppm) == (300_000, 750_000)
    assert "version 1" in run("plans").stdout
    answer = json.loads(run("plans", "set", "basic", "--limit", "unset", "--yes", "--json").stdout)
    assert (answer["monthlyLimit"], answer["warning"]) == (1_000_000, 0.75)
    assert answer["propagation"]["state"] == "done"
    assert stored(parts).monthly_limit == 1_000_000


def test_what_cannot_be_is_said_in_a_line(parts: Parts) -> None:
    error = error_of("plans", "set", "basic", "--limit", "5", "--yes")
    assert "must be from 100,000 to 10,000,000" in error
    assert "primeiro aviso" in error_of(
        "plans", "set", "pro", "--warn", "99", "--yes", lang="pt-BR"
    )
    assert "percentage" in run("plans", "set", "basic", "--warn", "0.8", code=2).stderr
    assert "say what changes" in run("plans", "set", "basic", code=2).stderr
    assert parts.accounts.plans.now().stated.document.version == 0


def test_a_user_goes_back_to_the_plan(parts: Parts) -> None:
    run("users", "create", ANA, "--plan", "basic")
    run("users", "set-limit", ANA, "700k")
    assert "700,000 (their own)" in run("users", "show", ANA).stdout
    assert stored(parts).limit_source is LimitSource.OWN
    run("users", "set-limit", ANA, code=2)
    run("users", "set-limit", ANA, "5M", "--plan", code=2)
    out = run("users", "set-limit", ANA, "--plan").stdout
    assert "700,000 → 1,000,000" in out
    assert "1,000,000 (the plan's)" in run("users", "show", ANA).stdout
    run("users", "set-enforcement", ANA, "warn")
    assert stored(parts).enforcement is Enforcement.WARN
    assert "is refused" in run("users", "set-enforcement", ANA, "plan").stdout
    assert stored(parts).own == frozenset()
    assert stored(parts).plan is Plan.BASIC


def test_a_plans_limit_a_day_is_had_given_up_and_taken_back(parts: Parts) -> None:
    run("users", "create", ANA)
    run("plans", "set", "basic", "--daily-limit", "50k", "--reason", "fair shares", "--yes")
    assert stored(parts).daily_limit == "50000"
    run("users", "set-daily-limit", ANA, "none")
    assert stored(parts).daily_limit is None
    out = run("users", "set-daily-limit", ANA, "plan").stdout
    assert "daily limit of 50,000 tokens" in out
    assert "50000" in run("plans", "show", "basic", "--json").stdout
