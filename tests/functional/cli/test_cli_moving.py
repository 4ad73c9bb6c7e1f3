"""`solaris users move`, `merge`, `release-alias`, and the doctor who names whom they are for."""

import json

from solaris.app import Parts
from solaris.operations.twins import strays
from solaris.platform.aws.items import text
from solaris.quota.user import user_id_before, user_id_for
from tests.functional.cli.cli_support import (
    ANA,
    ANA_ID,
    event,
    parts_fixture,
    run,
    store_fixture,
)

__all__ = ["parts_fixture", "store_fixture"]

NEW = "ana.lima@example.org"
HIDDEN = "an\u200ba@example.com"


def shown(reference: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("users", "show", reference, "--json").stdout)
    return found


def test_a_user_moves_and_the_old_address_is_an_alias_until_released(parts: Parts) -> None:
    parts.platform.files.create()
    run("users", "create", ANA, "--name", "Ana")
    parts.ledger.recorder.record_one(event(parts, "r-1"))
    used = shown(ANA)["currentUsage"]
    out = run("users", "move", ANA, NEW.upper(), "--reason", "new domain").stdout
    assert f"{ANA} → {NEW}" in out
    for reference in (ANA, NEW, ANA_ID):
        found = shown(reference)
        assert (found["id"], found["email"], found["aliases"]) == (ANA_ID, NEW, [ANA])
        assert found["currentUsage"] == used
    assert ANA in run("users", "show", NEW).stdout
    run("users", "release-alias", ANA)
    assert shown(NEW)["aliases"] == []
    assert "no such user" in run("users", "show", ANA, code=1).stderr
    run("users", "create", ANA)
    assert shown(ANA)["id"] != ANA_ID
    assert "user exists" in run("users", "move", NEW, ANA, code=1).stderr


def test_a_merge_is_asked_for_and_then_done(parts: Parts) -> None:
    parts.platform.files.create()
    for email in (ANA, NEW):
        run("users", "create", email)
    parts.ledger.recorder.record_one(event(parts, "r-1"))
    used = shown(ANA)["currentUsage"]
    asked = run("users", "merge", ANA, NEW, code=1, stdin="n\n").stdout
    assert "not carried over" not in asked
    run("users", "add-tokens", ANA, "3k", "--this-month", "--reason", "report")
    run("users", "add-tokens", ANA, "2k", "--reason", "report")
    asked = run("users", "merge", ANA, NEW, code=1, stdin="n\n").stdout
    assert "5,000 additional tokens of the merged account are not carried over" in asked
    assert shown(ANA)["mergedInto"] is None
    run("users", "merge", ANA, NEW, "--yes")
    found = shown(ANA)
    assert (found["id"], found["currentUsage"]) == (user_id_for(NEW), used)
    assert found["mergedFrom"] == [ANA_ID]


def test_the_doctor_names_twins_and_the_command_helps(parts: Parts) -> None:
    parts.platform.files.create()
    run("users", "create", ANA)
    twin = user_id_before(HIDDEN)
    table = parts.settings.table_name("users")
    item = parts.platform.dynamodb.get_item(TableName=table, Key={"user_id": text(ANA_ID)})["Item"]
    old = item | {"user_id": text(twin), "email": text(HIDDEN)}
    parts.platform.dynamodb.put_item(TableName=table, Item=old)
    checks = json.loads(run("doctor", "--json", code=1).stdout)["checks"]
    (told,) = [one for one in checks if one["name"] == "addresses"]
    assert (told["is_well"], told["needed"]) == (False, False)
    assert "1 user is not found" in told["detail"]
    assert "an\\u200ba@example.com" in told["detail"]
    assert told["remedy"] == f"solaris users merge {twin} {ANA}"
    run(*told["remedy"].split()[1:], "--yes")
    assert strays(parts.platform.dynamodb, table) == []
