"""`solaris admin-keys`: what people see, exit codes, and the store after."""

import json

import pytest

from solaris.app import Parts
from solaris.audit.entry import AuditFilters
from solaris.platform.access import Scope
from solaris.platform.errors import InvalidAdminKeyError
from solaris.platform.terminal.environment import actor
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    error_of,
    parts_fixture,
    run,
    store_fixture,
)

READS = ("--scope", "users:read")


@pytest.mark.parametrize("name", ["list", "create", "revoke"])
def test_the_help_of_every_command_shows_an_example(name: str) -> None:
    help_text = run("admin-keys", name, "--help").stdout.partition("Example:")[2]
    assert f"solaris admin-keys {name}" in help_text


def test_a_key_is_printed_once_listed_and_revoked(parts: Parts) -> None:
    out = run("admin-keys", "create", "--name", "terraform", *READS, "--scope", "users:write")
    secret = out.stdout.splitlines()[-1]
    key = parts.sign_in.admin_key_verifier.verify(secret)
    assert key.scopes == {Scope.USERS_READ, Scope.USERS_WRITE}
    assert key.created_by == actor()

    shown = run("admin-keys", "list").stdout
    assert secret not in shown
    assert shown.splitlines()[-1] == "1 key"
    (listed,) = json.loads(run("admin-keys", "list", "--json").stdout)
    assert (listed["id"], listed["state"]) == (key.key_id, "active")
    assert listed["scopes"] == ["users:read", "users:write"]
    assert "hash" not in str(listed).lower()

    assert run("admin-keys", "revoke", key.key_id).stdout == f"revoked {key.key_id}\n"
    with pytest.raises(InvalidAdminKeyError):
        Parts(parts.settings).sign_in.admin_key_verifier.verify(secret)
    rows = parts.audit.auditor.page(AuditFilters(target_type="admin_key"), 10).entries
    assert {(row.action, row.actor.name) for row in rows} == {
        ("admin_key.create", actor()),
        ("admin_key.revoke", actor()),
    }


def test_json_has_the_key_once(parts: Parts) -> None:
    made = json.loads(run("admin-keys", "create", *READS, "--json").stdout)
    assert made["key"].startswith("sk-solaris-admin-")
    revoked = json.loads(run("admin-keys", "revoke", made["adminKey"]["id"], "--json").stdout)
    assert revoked["adminKey"]["state"] == "revoked"
    assert "key" not in revoked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("create", *READS, "--expires-in", "366"),
            "expiresInDays: an admin key expires in 1 to 365 days",
        ),
        (("revoke", "ak_0000000000000000"), "no such key"),
        (("revoke", "sk-solaris-admin-secret"), "no such key"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    parts: Parts, arguments: tuple[str, ...], message: str
) -> None:
    assert error_of("admin-keys", *arguments) == message


def test_without_a_scope_or_with_an_unknown_one_nothing_is_made(parts: Parts) -> None:
    for wrong in ((), ("--scope", "admins:write"), ("--scope", "*")):
        assert run("admin-keys", "create", *wrong, code=2).exit_code == 2
    assert parts.sign_in.admin_keys.list() == []
