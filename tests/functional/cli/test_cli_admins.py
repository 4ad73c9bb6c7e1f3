"""`solaris admins`: what people see, exit codes, and the store after."""

import json
from typing import Any

import pytest

from solaris.app import Parts
from solaris.audit.entry import AuditFilters
from solaris.platform.actor import Role
from solaris.platform.errors import InvalidCredentialsError, LoginLockedError
from solaris.platform.terminal.environment import actor
from solaris.sign_in.password_hash import Passwords
from solaris.sign_in.sessions import Opened
from solaris.sign_in.sign_in import Origin
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    error_of,
    parts_fixture,
    run,
    store_fixture,
)

BIA = "bia@example.com"


def made(*arguments: str) -> str:
    """Run what prints a password on its last line; return it."""
    return run("admins", *arguments).stdout.splitlines()[-1]


def signed_in(parts: Parts, email: str, password: str) -> Opened:
    return parts.sign_in.signing_in.sign_in(email, password, Origin())


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solaris.sign_in.password_hash.Passwords", lambda: Passwords(memory_kib=64))


@pytest.mark.parametrize(
    "name", ["list", "create", "set-role", "reset-password", "remove", "unlock"]
)
def test_the_help_of_every_command_shows_an_example(name: str) -> None:
    help_text = run("admins", name, "--help").stdout.partition("Example:")[2]
    assert f"solaris admins {name}" in help_text


def test_a_created_admin_signs_in_with_the_password_that_was_printed(parts: Parts) -> None:
    password = made("create", " Ana@Example.COM ", "--name", "Ana Lima")
    opened = signed_in(parts, ANA, password)
    assert (opened.admin.role, opened.admin.name) == (Role.ADMIN, "Ana Lima")
    rows = parts.audit.auditor.page(AuditFilters(action="admin.create"), 10).entries
    assert [row.actor.name for row in rows] == [actor()]


def test_they_are_listed_without_hashes(parts: Parts) -> None:
    made("create", ANA)
    signed_in(parts, BIA, made("create", BIA, "--role", "viewer"))
    shown = run("admins", "list").stdout
    assert shown.splitlines()[-1] == "2 may sign in"
    assert "never" in next(line for line in shown.splitlines() if ANA in line)
    listed: list[dict[str, Any]] = json.loads(run("admins", "list", "--json").stdout)
    assert [(one["email"], one["role"], one["hasPassword"]) for one in listed] == [
        (ANA, "admin", True),
        (BIA, "viewer", True),
    ]
    assert listed[0]["lastLogin"] is None
    assert listed[1]["lastLogin"].endswith("Z")
    assert "argon2" not in shown + json.dumps(listed)


def test_a_role_is_changed_and_a_reset_ends_sessions(parts: Parts) -> None:
    made("create", ANA)
    first = made("create", BIA)
    assert run("admins", "set-role", BIA, "viewer").stdout == f"{BIA} is viewer\n"
    second = made("reset-password", BIA)
    assert signed_in(parts, BIA, second).admin.role is Role.VIEWER
    with pytest.raises(InvalidCredentialsError):
        signed_in(parts, BIA, first)


@pytest.mark.parametrize("command", ["unlock", "reset-password"])
def test_a_locked_address_may_try_again_after(parts: Parts, command: str) -> None:
    password = made("create", ANA)
    for _ in range(5):
        with pytest.raises(InvalidCredentialsError):
            signed_in(parts, ANA, "not the password")
    with pytest.raises(LoginLockedError):
        signed_in(parts, ANA, password)
    out = run("admins", command, ANA).stdout.splitlines()
    if command == "unlock":
        assert out == [f"unlocked {ANA}"]
        assert run("admins", "unlock", ANA).stdout == f"no failed sign-ins of {ANA}\n"
    assert signed_in(parts, ANA, password if command == "unlock" else out[-1]).token


def test_somebody_is_removed_and_the_last_admin_is_not(parts: Parts) -> None:
    made("create", ANA)
    made("create", BIA)
    assert run("admins", "remove", BIA).stdout == f"removed {BIA}\n"
    for command in (("remove", ANA), ("set-role", ANA, "viewer")):
        assert error_of("admins", *command) == "nobody would be left with the role admin"
    assert [one.email for one in parts.sign_in.admin_store.list()] == [ANA]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "ana"), "email: not an e-mail address: 'ana'"),
        (("set-role", "zoe@example.com", "viewer"), "no such admin: zoe@example.com"),
        (("reset-password", "zoe@example.com"), "no such admin: zoe@example.com"),
        (("remove", "zoe@example.com"), "no such admin: zoe@example.com"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    parts: Parts, arguments: tuple[str, ...], message: str
) -> None:
    assert error_of("admins", *arguments) == message


def test_the_same_address_twice_is_an_error(parts: Parts) -> None:
    made("create", ANA)
    assert error_of("admins", "create", ANA) == f"admin exists already: {ANA}"


def test_init_makes_the_first_admin_and_prints_the_password_once(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run("init").stdout.splitlines()
    said = lines.index("first admin admin@localhost, password:")
    assert signed_in(parts, "admin@localhost", lines[said + 1]).token
    monkeypatch.setenv("ADMIN_PASSWORD", "another good one")
    assert "admin" not in run("init").stdout
