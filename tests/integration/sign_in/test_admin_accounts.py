"""Admins made, changed and removed on a real store; the last one stays, whoever races."""

from typing import Any

import pytest

from solaris.app import Parts
from solaris.audit.entry import AuditFilters
from solaris.platform.actor import Role
from solaris.platform.errors import (
    AlreadyExistsError,
    LastAdminError,
    NotFoundError,
    ValidationFailedError,
)
from solaris.platform.password_rules import password_problem
from solaris.sign_in.admin_store import COUNT_KEY
from solaris.sign_in.admins import Issued
from tests.integration.conftest import Clock
from tests.integration.sign_in.sign_in_support import ANA, HERE, PASSWORD, ROOT, Desk, raced

BIA = "bia@example.com"


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts, Clock(), parts.settings)


def counted(desk: Desk) -> int:
    """What the count says; it must be what there is."""
    item = desk.parts.platform.dynamodb.get_item(
        TableName=desk.settings.table_name("admins"), Key={"email": {"S": COUNT_KEY}}
    ).get("Item")
    count = int(item["admins"]["N"]) if item else 0
    assert count == sum(one.role is Role.ADMIN for one in desk.accounts.list())
    return count


def last_row(desk: Desk) -> Any:
    return desk.auditor.page(AuditFilters(), 1).entries[0]


# making


def test_an_admin_is_made_with_a_password_that_is_shown_once(desk: Desk) -> None:
    issued = desk.accounts.create(ROOT, " Bia@Example.com ", name=" Bia\n", role=Role.VIEWER)
    assert issued.admin.email == BIA
    assert issued.admin.name == "Bia"
    assert issued.password is not None
    assert password_problem(issued.password, BIA) is None
    assert desk.signing_in.sign_in(BIA, issued.password, HERE).admin.role is Role.VIEWER
    row = last_row(desk)
    page = desk.auditor.page(AuditFilters(action="admin.create"), 10)
    assert [one.after for one in page.entries] == [
        {"name": "Bia", "role": "viewer", "has_password": True}
    ]
    assert row.action == "admin.login"


def test_a_stated_password_is_not_shown_again(desk: Desk) -> None:
    issued = desk.accounts.create(ROOT, ANA, name="", role=Role.ADMIN, password=PASSWORD)
    assert issued.password is None
    assert desk.signing_in.sign_in(ANA, PASSWORD, HERE).token


def test_the_same_address_cannot_be_made_twice(desk: Desk) -> None:
    before = desk.put()
    with pytest.raises(AlreadyExistsError):
        desk.accounts.create(ROOT, "ANA@example.com", name="Eve", role=Role.ADMIN)
    assert desk.admin() == before
    assert counted(desk) == 1
    assert [action for action, _, _ in desk.audited()] == ["admin.create"]


def test_of_many_that_make_the_same_address_one_does(desk: Desk) -> None:
    results = raced(lambda n: desk.accounts.create(ROOT, ANA, name=str(n), role=Role.ADMIN), 6)
    assert sum(isinstance(one, Issued) for one in results) == 1
    assert sum(isinstance(one, AlreadyExistsError) for one in results) == 5
    assert counted(desk) == 1


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("ana", None, "email"),
        ("#count", None, "email"),
        (ANA, "short", "password"),
        (ANA, ANA, "password"),
    ],
)
def test_a_bad_address_or_password_is_named_and_nothing_is_made(
    desk: Desk, email: str, password: str | None, field: str
) -> None:
    with pytest.raises(ValidationFailedError) as caught:
        desk.accounts.create(ROOT, email, name="", role=Role.ADMIN, password=password)
    assert [one[0] for one in caught.value.problems] == [field]
    assert desk.accounts.list() == []


def test_they_are_listed_by_address_without_the_count(desk: Desk) -> None:
    desk.put(BIA, Role.VIEWER)
    desk.put(ANA)
    assert [one.email for one in desk.accounts.list()] == [ANA, BIA]


# the first


def test_the_first_admin_is_made_once_and_later_settings_change_nothing(desk: Desk) -> None:
    first = desk.process(admin_email="Admin@localhost").accounts.ensure_first()
    assert first is not None
    assert first.admin.email == "admin@localhost"
    assert first.password is not None
    assert len(first.password) == 20
    again = desk.process(admin_email=ANA, admin_password=PASSWORD).accounts
    assert again.ensure_first() is None
    assert [one.email for one in desk.accounts.list()] == ["admin@localhost"]
    assert desk.signing_in.sign_in("admin@localhost", first.password, HERE).token
    assert ("admin.create", "system", None) in desk.audited()


def test_the_first_admin_has_the_password_of_the_setting_and_it_is_not_printed(desk: Desk) -> None:
    first = desk.process(admin_password=PASSWORD).accounts.ensure_first()
    assert first is not None
    assert first.password is None
    assert desk.signing_in.sign_in("admin@localhost", PASSWORD, HERE).token


def test_of_starts_at_the_same_moment_one_makes_the_first_admin(desk: Desk) -> None:
    results = raced(
        lambda n: desk.process(admin_email=f"a{n}@localhost").accounts.ensure_first(), 4
    )
    assert sum(isinstance(one, Issued) for one in results) == 1
    assert results.count(None) == 3
    assert counted(desk) == 1


# changing


def test_a_change_is_audited_with_before_and_after(desk: Desk) -> None:
    desk.put()
    desk.put(BIA)
    desk.accounts.update(ROOT, BIA, name="Bia", role=Role.VIEWER)
    row = last_row(desk)
    assert (row.action, row.actor.name, row.target_id) == ("admin.update", ROOT.name, BIA)
    assert row.before == {"name": "Ana", "role": "admin", "has_password": True}
    assert row.after == {"name": "Bia", "role": "viewer", "has_password": True}
    assert counted(desk) == 1


def test_a_change_to_what_is_there_already_is_not_audited(desk: Desk) -> None:
    before = desk.put()
    assert desk.accounts.update(ROOT, ANA, name="Ana", role=Role.ADMIN) == before
    assert [action for action, _, _ in desk.audited()] == ["admin.create"]


def test_a_viewer_who_becomes_admin_is_counted(desk: Desk) -> None:
    desk.put()
    desk.put(BIA, Role.VIEWER)
    desk.accounts.update(ROOT, BIA, role=Role.ADMIN)
    assert counted(desk) == 2
    desk.accounts.remove(ROOT, ANA)
    assert counted(desk) == 1


def test_a_reset_gives_a_password_and_the_old_one_is_refused(desk: Desk) -> None:
    desk.put()
    issued = desk.accounts.reset_password(ROOT, ANA)
    assert issued.password is not None
    assert desk.signing_in.sign_in(ANA, issued.password, HERE).token
    assert [action for action, _, _ in desk.audited()][:2] == [
        "admin.create",
        "admin.reset_password",
    ]


def test_a_sign_in_and_a_change_at_the_same_moment_are_both_kept(desk: Desk) -> None:
    desk.put()

    def work(number: int) -> Any:
        if number % 2:
            return desk.signing_in.sign_in(ANA, PASSWORD, HERE)
        return desk.accounts.update(ROOT, ANA, name=f"Ana {number}")

    results = raced(work, 4)
    assert not [one for one in results if isinstance(one, Exception)]
    admin = desk.admin()
    assert admin.last_login_at is not None
    assert admin.name in {"Ana 0", "Ana 2"}


@pytest.mark.parametrize("name", ["update", "reset_password", "remove"])
def test_who_is_not_there_is_not_found(desk: Desk, name: str) -> None:
    desk.put()
    for email in ("nobody@example.com", "nobody", "", COUNT_KEY, "é" * 3_000):
        with pytest.raises(NotFoundError):
            getattr(desk.accounts, name)(ROOT, email)


# the last


def test_the_last_admin_is_neither_removed_nor_demoted(desk: Desk) -> None:
    before = desk.put()
    desk.put(BIA, Role.VIEWER)
    with pytest.raises(LastAdminError):
        desk.accounts.remove(ROOT, ANA)
    with pytest.raises(LastAdminError):
        desk.accounts.update(ROOT, ANA, role=Role.VIEWER)
    assert desk.admin() == before
    assert [action for action, _, _ in desk.audited()] == ["admin.create"] * 2
    desk.accounts.remove(ROOT, BIA)
    assert counted(desk) == 1


@pytest.mark.parametrize("round_", range(3))
def test_of_the_last_admins_one_is_left_however_they_are_taken_off_at_once(
    desk: Desk, round_: int
) -> None:
    emails = [f"a{n}@example.com" for n in range(4)]
    for email in emails:
        desk.put(email)

    def work(number: int) -> Any:
        if (number + round_) % 2:
            return desk.accounts.remove(ROOT, emails[number])
        return desk.accounts.update(ROOT, emails[number], role=Role.VIEWER)

    results = raced(work, len(emails))
    refused = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [LastAdminError]
    assert counted(desk) == 1
