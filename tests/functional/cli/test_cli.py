"""Users and keys from the command line: what people see, exit codes, and the store after."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from solaris.app import Parts
from solaris.keys.management import KeyTerms
from solaris.platform.actor import Actor
from solaris.platform.model_weight import ModelWeight
from solaris.platform.terminal.environment import actor
from solaris.quota.periods import previous_period
from solaris.quota.user import Plan, UserStatus
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    ANA_ID,
    change,
    error_of,
    event,
    parts_fixture,
    run,
    store_fixture,
    stored,
    use,
)


def test_the_version_needs_no_settings_and_no_store() -> None:
    assert run("--version").stdout.startswith("solaris ")


@pytest.mark.parametrize(
    "command",
    [
        *(("users", name) for name in ("list", "show", "create", "set-limit", "add-tokens")),
        *(("users", name) for name in ("suspend", "activate", "set-plan", "reset-usage", "import")),
        *(("users", name) for name in ("transactions", "grants", "void-grant", "set-enforcement")),
        *(("users", name) for name in ("set-daily-limit", "lift-day")),
        *(("models", name) for name in ("list", "weights", "set-weight", "remove-weight")),
        *(("keys", name) for name in ("create", "list", "revoke")),
        *(("replay",), ("doctor",), ("init",)),
    ],
)
def test_the_help_of_every_command_shows_an_example(command: tuple[str, ...]) -> None:
    assert f"solaris {' '.join(command)}" in run(*command, "--help").stdout.partition("Example:")[2]


# users


def test_a_created_user_has_the_limit_of_the_plan(parts: Parts) -> None:
    out = run("users", "create", " Ana@Example.COM ", "--name", "Ana", "--plan", "pro").stdout
    assert "created ana@example.com" in out
    assert "5,000,000 tokens" in out
    assert stored(parts).monthly_limit == 5_000_000
    assert stored(parts).available_tokens == 5_000_000


def test_a_file_of_users_is_shown_and_then_imported(parts: Parts, tmp_path: Path) -> None:
    people = tmp_path / "pessoas.csv"
    lines = [f"u{n}@example.com;Usuário {n};Básico;2.000.000" for n in range(1_200)]
    text = "\n".join(["sep=;", "E-mail;Nome;Plano;Limite", *lines[:2], "ana;;;", ""])
    people.write_bytes(text.encode("cp1252"))
    shown = run("users", "import", str(people), code=1)
    assert "2 create, 0 update, 0 unchanged, 1 error" in shown.stdout
    assert "Nothing was written" in shown.stdout
    assert parts.accounts.by_email.accounts(None, "") == []
    run("users", "import", str(people), "--yes", code=1)
    made = parts.accounts.by_email.find("u1@example.com").user
    assert (made.name, made.plan, made.monthly_limit) == ("Usuário 1", Plan.BASIC, 2_000_000)
    people.write_text("\n".join(["E-mail;Nome;Plano;Limite", *lines]))
    told = json.loads(run("users", "import", str(people), "--json").stdout)
    actions = [one["action"] for one in told["results"]]
    assert (told["dryRun"], actions.count("create"), actions.count("unchanged")) == (
        True,
        1_198,
        2,
    )
    people.write_text("nome\nAna\n")
    assert "must name the columns" in error_of("users", "import", str(people))
    assert "No such file" in error_of("users", "import", str(tmp_path / "nobody.csv"))


def test_without_a_plan_a_user_is_as_the_first_request_would_make_it(parts: Parts) -> None:
    run("users", "create", ANA)
    assert stored(parts).plan.value == "basic"
    assert stored(parts).monthly_limit == parts.settings.default_monthly_limit


def test_creating_twice_is_an_error_and_changes_nothing(parts: Parts) -> None:
    run("users", "create", ANA)
    assert error_of("users", "create", ANA, "--plan", "pro") == f"user exists already: {ANA}"
    assert stored(parts).plan.value == "basic"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("users", "create", "ana"), "not an e-mail address: 'ana'"),
        (("users", "create", ANA, "--limit", "99999"), "must be from 100,000 to 10,000,000"),
        (("users", "show", "Zoe@example.com"), "no such user: zoe@example.com"),
        (("users", "set-limit", "zoe@example.com", "500000"), "no such user: zoe@example.com"),
        (("users", "activate", "zoe@example.com"), "no such user: zoe@example.com"),
        (("users", "transactions", "zoe@example.com"), "no such user: zoe@example.com"),
        (("keys", "create", "--user", "ana"), "not an e-mail address: 'ana'"),
        (("keys", "create", "--expires-in", "0"), "a key expires in 1 to"),
        (("keys", "revoke", "key_nothing"), "no such key: key_nothing"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_1(
    parts: Parts, arguments: tuple[str, ...], message: str
) -> None:
    assert message in error_of(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "set-limit", ANA, "many"),
        ("users", "suspend", ANA),
        ("users", "reset-usage", ANA),
        ("users", "set-plan", ANA, "gold"),
        ("users", "list", "--status", "asleep"),
        ("replay",),
        ("replay", "--file", "/nowhere/at/all.log"),
        ("dance",),
    ],
)
def test_a_wrong_call_is_code_2(parts: Parts, arguments: tuple[str, ...]) -> None:
    run(*arguments, code=2)


def test_a_new_limit_moves_what_is_available_by_the_difference(parts: Parts) -> None:
    run("users", "create", ANA)
    use(parts, 300_000)
    version = stored(parts).version
    out = run("users", "set-limit", "ANA@example.com", "2000000").stdout
    assert "1,000,000 → 2,000,000" in out
    assert "available 700,000 → 1,700,000" in out
    assert "blocked" not in out
    assert stored(parts).available_tokens == 1_700_000
    assert stored(parts).version == version + 1


def test_a_limit_below_what_is_used_says_at_once_that_it_blocks(parts: Parts) -> None:
    run("users", "create", ANA)
    use(parts, 300_000)
    out = run("users", "set-limit", ANA, "200000").stdout
    assert "has used 300,000 tokens: blocked until " in out


def test_tokens_are_granted_and_taken_back(parts: Parts) -> None:
    run("users", "create", ANA)
    run("users", "add-tokens", ANA, "5000", "--reason", "report")
    assert stored(parts).available_tokens == 1_005_000
    assert "only 5,000" in error_of("users", "add-tokens", ANA, "-5001", "--reason", "slip")
    run("users", "add-tokens", ANA, "-5000", "--reason", "done")
    assert stored(parts).additional_tokens == 0
    assert stored(parts).available_tokens == 1_000_000


def test_a_raised_limit_says_at_once_that_it_serves_again(parts: Parts) -> None:
    run("users", "create", ANA)
    use(parts, 1_000_000)
    out = run("users", "set-limit", ANA, "1500000").stdout
    assert "available 0 → 500,000" in out
    assert "ana@example.com is served again from now on" in out


def test_a_plan_brings_its_limit_unless_one_is_stated(parts: Parts) -> None:
    run("users", "create", ANA)
    out = run("users", "set-plan", ANA, "pro").stdout
    assert "plan basic → pro" in out
    assert "monthly limit 1,000,000 → 5,000,000" in out
    run("users", "set-plan", ANA, "enterprise", "--limit", "20000000")
    assert (stored(parts).plan.value, stored(parts).monthly_limit) == ("enterprise", 20_000_000)
    assert "100,000 to 10,000,000" in error_of("users", "set-plan", ANA, "pro", "--limit", "1")


def test_usage_is_reset_once(parts: Parts) -> None:
    run("users", "create", ANA)
    use(parts, 300_000)
    out = run("users", "reset-usage", ANA, "--reason", "script").stdout
    assert "used 300,000 → 0" in out
    assert "available 700,000 → 1,000,000" in out
    assert stored(parts).current_usage == 0
    again = run("users", "reset-usage", ANA, "--reason", "script").stdout
    assert "has used nothing this month" in again


def test_transactions_say_who_changed_what_and_why(parts: Parts) -> None:
    run("users", "create", ANA)
    assert "0 transactions" in run("users", "transactions", ANA).stdout
    run("users", "add-tokens", ANA, "5000", "--reason", "year-end \x1b[2Jreport")
    (row,) = json.loads(run("users", "transactions", ANA, "--json").stdout)["transactions"]
    assert (row["kind"], row["amount"], row["actor"]) == ("grant", 5_000, actor())
    assert row["actor"].startswith("cli:")
    assert (row["before"], row["after"]) == ({"additionalTokens": 0}, {"additionalTokens": 5_000})
    assert row["balanceAfter"] == 1_005_000
    run("users", "suspend", ANA, "--reason", "left")
    out = run("users", "transactions", ANA).stdout
    assert "+5,000" in out
    assert "additional_tokens 0 → 5,000" in out
    assert "status active → suspended" in out
    assert "year-end [2Jreport" in out
    assert "1 transaction" in run("users", "transactions", ANA, "--limit", "1").stdout


def test_suspending_and_activating(parts: Parts) -> None:
    run("users", "create", ANA)
    assert "active → suspended" in run("users", "suspend", ANA, "--reason", "left").stdout
    assert stored(parts).status is UserStatus.SUSPENDED
    assert "already" in run("users", "suspend", ANA, "--reason", "left").stdout
    assert "suspended → active" in run("users", "activate", ANA).stdout
    assert stored(parts).status is UserStatus.ACTIVE


def test_the_list_filters_searches_and_says_how_many_there_are(parts: Parts) -> None:
    for name in ("ana", "bia", "caio"):
        run("users", "create", f"{name}@example.com", "--name", f"{name.title()} Lima")
    run("users", "suspend", "bia@example.com", "--reason", "left")

    def emails(*options: str) -> list[str]:
        answer = json.loads(run("users", "list", "--json", *options).stdout)
        return [one["email"] for one in answer["users"]]

    assert emails() == [f"{name}@example.com" for name in ("ana", "bia", "caio")]
    assert emails("--status", "suspended") == ["bia@example.com"]
    assert emails("--search", "CAIO L") == ["caio@example.com"]
    assert emails("--limit", "1") == ["ana@example.com"]
    assert "1 of 3 users" in run("users", "list", "--limit", "1").stdout


def test_a_user_is_shown_with_records_and_sums_by_model(parts: Parts) -> None:
    run("users", "create", ANA)
    for n in range(11):
        parts.ledger.recorder.record_one(event(parts, f"r{n:02}", tokens=1_000))
    parts.ledger.recorder.record_one(event(parts, "other", tokens=500, model="m\x1b[2J"))
    out = run("users", "show", ANA).stdout
    assert "11,500 (1.15% of the quota)" in out
    assert "988,500" in out
    assert "11,000" in out
    assert "\x1b" not in out
    answer = json.loads(run("users", "show", ANA, "--json").stdout)
    assert answer["currentUsage"] == 11_500
    assert answer["availableTokens"] == 988_500
    assert len(answer["usage"]) == 10
    assert answer["usage"][0]["requestId"] == "other"
    assert [(one["model"], one["requests"], one["chargedTokens"]) for one in answer["models"]] == [
        ("gpt-4o-mini", 11, 11_000),
        ("m\x1b[2J", 1, 500),
    ]


def test_a_record_is_shown_with_the_weight_that_it_was_charged_by(parts: Parts) -> None:
    run("users", "create", ANA)
    parts.ledger.recorder.record_one(event(parts, "plain"))
    assert "WEIGHT" not in run("users", "show", ANA).stdout
    weight = ModelWeight(2_000, 5_000, 500)
    parts.ledger.recorder.record_one(event(parts, "weighed", weight=weight))
    out = run("users", "show", ANA, lang="pt-BR").stdout
    assert "PESO" in out
    assert "2× + 5× (cache 0,5×)" in out
    newest, plain = json.loads(run("users", "show", ANA, "--json").stdout)["usage"]
    assert newest["weight"] == {"prompt": 2, "completion": 5, "cached": 0.5}
    assert (newest["heldWeight"], plain["weight"]) == (None, None)


def in_an_older_month(parts: Parts) -> str:
    use(parts, 400_000)
    older = previous_period(stored(parts).period)
    change(parts, lambda user: replace(user, period=older))
    return older


def test_a_user_of_an_older_month_is_shown_rolled_over_and_not_written(parts: Parts) -> None:
    run("users", "create", ANA)
    older = in_an_older_month(parts)
    before = stored(parts)
    out = run("users", "show", ANA).stdout
    assert f"stored month is still {older}" in out
    answer = json.loads(run("users", "show", ANA, "--json").stdout)
    assert (answer["currentUsage"], answer["availableTokens"]) == (0, 1_000_000)
    assert answer["storedPeriod"] == older < answer["period"]
    assert stored(parts) == before


def test_a_change_opens_the_month_first_so_the_closed_one_keeps_its_limit(parts: Parts) -> None:
    run("users", "create", ANA)
    older = in_an_older_month(parts)
    run("users", "set-limit", ANA, "2000000")
    closed = parts.platform.dynamodb.get_item(
        TableName=parts.settings.table_name("periods"),
        Key={"user_id": {"S": ANA_ID}, "period": {"S": older}},
    )["Item"]
    assert closed["monthly_limit"]["N"] == "1000000"
    assert closed["current_usage"]["N"] == "400000"
    assert stored(parts).period > older
    assert stored(parts).available_tokens == 2_000_000


# keys


def test_a_service_key_is_printed_once_with_the_librechat_snippet(parts: Parts) -> None:
    out = run("keys", "create", "--name", "LibreChat").stdout
    secret = next(line for line in out.splitlines() if line.startswith("sk-solaris-"))
    assert out.count(secret) == 1
    assert "{{LIBRECHAT_USER_EMAIL}}" in out
    assert f":{parts.settings.port}/v1" in out
    (key,) = parts.keys.store.list()
    assert (key.name, key.kind.value) == ("LibreChat", "service")
    listed = run("keys", "list").stdout + run("keys", "list", "--json").stdout
    assert key.key_id in listed
    assert secret not in listed
    assert key.key_hash not in listed


def test_a_personal_key_belongs_to_its_user_and_expires(parts: Parts) -> None:
    options = ("--user", "Ana@Example.com", "--expires-in", "30")
    assert "no user has the address ana@example.com" in error_of("keys", "create", *options)
    assert parts.keys.store.list() == []
    run("users", "create", ANA)
    out = run("keys", "create", *options).stdout
    assert "librechat" not in out.lower()
    (key,) = parts.keys.store.list()
    assert (key.kind.value, key.user_email) == ("personal", ANA)
    assert key.expires_at is not None
    assert (key.expires_at - key.created_at).days == 30


def test_a_key_may_have_models_and_a_rate_and_a_list_says_so(parts: Parts) -> None:
    options = ("--model", "gpt-4o-mini", "--model", "claude-*", "--rate", "0.5", "--burst", "3")
    run("keys", "create", "--name", "bot", *options)
    (key,) = parts.keys.store.list()
    assert key.allowed_models == ("gpt-4o-mini", "claude-*")
    assert (key.rate_limit_per_second, key.rate_limit_burst) == (0.5, 3)
    assert key.created_by == actor()
    listed = run("keys", "list").stdout
    assert "gpt-4o-mini, claude-*" in listed
    assert "0.5/s, 3 at once" in listed
    assert "never" in listed
    parts.keys.store.note_use(key.key_hash, key.created_at)
    (shown,) = json.loads(run("keys", "list", "--json").stdout)
    assert shown["lastUsedAt"] == shown["createdAt"]
    assert shown["allowedModels"] == ["gpt-4o-mini", "claude-*"]


def test_what_a_key_may_not_have_is_named_and_makes_none(parts: Parts) -> None:
    assert "allowedModels" in error_of("keys", "create", "--model", "a*b")
    assert "needs a rate" in error_of("keys", "create", "--burst", "3")
    assert "not an e-mail address" in error_of("keys", "create", "--user", "ana")
    assert "3,650 days" in error_of("keys", "create", "--expires-in", "0")
    assert parts.keys.store.list() == []


def test_who_made_and_revoked_a_key_is_in_the_audit_log(parts: Parts) -> None:
    run("keys", "create")
    (key,) = parts.keys.store.list()
    run("keys", "revoke", key.key_id)
    rows = parts.platform.dynamodb.scan(TableName=parts.settings.table_name("audit"))["Items"]
    found = {(row["action"]["S"], row["actor"]["S"], row["target_id"]["S"]) for row in rows}
    assert found == {(one, actor(), key.key_id) for one in ("key.create", "key.revoke")}


@pytest.mark.parametrize("part", ["id", "start", "prefix", "key"])
def test_a_key_is_revoked_by_whatever_names_it(parts: Parts, part: str) -> None:
    out = run("keys", "create").stdout
    secret = next(line for line in out.splitlines() if line.startswith("sk-solaris-"))
    (key,) = parts.keys.store.list()
    named = {"id": key.key_id, "start": key.key_id[:9], "prefix": key.prefix, "key": secret}[part]
    assert secret not in run("keys", "revoke", named).stdout
    (revoked,) = parts.keys.store.list()
    assert revoked.revoked_at is not None
    assert "revoked already" in error_of("keys", "revoke", named)


def test_a_prefix_that_several_keys_share_revokes_none(parts: Parts) -> None:
    for _ in range(2):
        issued = parts.keys.management.create(KeyTerms(), Actor(name="cli:test"))
        parts.platform.dynamodb.update_item(
            TableName=parts.settings.table_name("keys"),
            Key={"key_hash": {"S": issued.key.key_hash}},
            UpdateExpression="SET #p = :p",
            ExpressionAttributeNames={"#p": "prefix"},
            ExpressionAttributeValues={":p": {"S": "sk-solaris-same"}},
        )
    assert "several keys are meant" in error_of("keys", "revoke", "sk-solaris-same")
    assert all(key.revoked_at is None for key in parts.keys.store.list())


def test_a_slip_of_the_prefix_all_keys_have_revokes_nothing(parts: Parts) -> None:
    run("keys", "create")
    error_of("keys", "revoke", "sk-solaris-")
    error_of("keys", "revoke", "key_")
    assert all(key.revoked_at is None for key in parts.keys.store.list())
