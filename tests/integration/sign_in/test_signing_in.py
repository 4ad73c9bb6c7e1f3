"""Signing in, refreshing and out again, on a real store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solaris.platform.actor import Role
from solaris.platform.errors import (
    InvalidCredentialsError,
    LoginLockedError,
    RateLimitedError,
    UnauthenticatedError,
    ValidationFailedError,
)
from solaris.sign_in.admin import SignedIn
from solaris.sign_in.password_hash import Passwords
from solaris.sign_in.sessions import CACHE_SECONDS, Opened
from tests.integration.sign_in.sign_in_support import (  # noqa: F401 - a fixture
    ANA,
    HERE,
    PASSWORD,
    ROOT,
    Desk,
    actions,
    desk_fixture,
    fail,
    raced,
    refresh,
    sign_in,
)

NOBODY = "nobody@example.com"
NEW_PASSWORD = "três tigres à mesa"


# signing in


def test_the_right_password_opens_a_session_that_is_verified(desk: Desk) -> None:
    opened = sign_in(desk, email=" Ana@Example.COM ")
    assert desk.sessions.verify(opened.token) == SignedIn(
        email=ANA, role=Role.ADMIN, session_id=opened.session.session_id
    )
    assert desk.admin().last_login_at == desk.clock().replace(microsecond=123_000)
    assert opened.session.expires_at == desk.clock() + timedelta(days=14)


def test_neither_the_password_nor_a_token_is_in_the_store(desk: Desk) -> None:
    opened = sign_in(desk)
    assert opened.refresh_token is not None
    tables = ("admins", "sessions", "audit")
    stored = repr(
        [
            desk.parts.platform.dynamodb.scan(TableName=desk.settings.table_name(one))["Items"]
            for one in tables
        ]
    )
    assert ANA in stored
    for secret in (PASSWORD, opened.token, opened.refresh_token.partition(".")[2]):
        assert secret not in stored


def test_an_unknown_address_and_a_wrong_password_are_refused_alike(desk: Desk) -> None:
    refused = []
    for email in (ANA, NOBODY, "not an address", " ", "#count"):
        with pytest.raises(InvalidCredentialsError) as caught:
            sign_in(desk, "not the password", email)
        refused.append((type(caught.value), str(caught.value)))
    assert len(set(refused)) == 1


def test_an_unknown_address_costs_the_same_work(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    verify = Passwords.verify

    def counted(self: Passwords, stored: str | None, password: str) -> bool:
        steps.append("verify")
        return verify(self, stored, password)

    monkeypatch.setattr(Passwords, "verify", counted)
    desk.parts.platform.dynamodb.meta.events.register(
        "before-send.dynamodb.*",
        lambda event_name, **_: steps.append(event_name.rpartition(".")[2]),
    )
    fail(desk)
    known = steps.copy()
    steps.clear()
    fail(desk, email=NOBODY)
    assert steps == known
    assert "verify" in known


def test_who_signs_in_by_oidc_alone_has_no_password_that_fits(desk: Desk) -> None:
    desk.put_without_password("bia@example.com", Role.VIEWER)
    fail(desk, email="bia@example.com")


def test_a_hash_by_older_parameters_is_renewed_at_a_sign_in(desk: Desk) -> None:
    before = desk.admin().password_hash
    stronger = replace(desk, memory_kib=128)
    opened = sign_in(stronger)
    after = desk.admin().password_hash
    assert after != before
    assert after is not None
    assert "m=128" in after
    assert stronger.sessions.verify(opened.token).email
    assert sign_in(stronger).token
    assert desk.admin().password_hash == after


def test_every_success_failure_lock_and_logout_is_audited(desk: Desk) -> None:
    sign_in(desk)
    fail(desk, 5)
    with pytest.raises(LoginLockedError):
        sign_in(desk)
    fail(desk, email="my secret, typed into the wrong field")
    rows = [one for one in desk.audited() if one[0] != "admin.create"]
    assert rows == [
        ("admin.login", ANA, None),
        *[("admin.login_failed", ANA, "wrong_password")] * 5,
        ("admin.locked", ANA, None),
        ("admin.login_failed", ANA, "locked"),
        ("admin.login_failed", "(no address)", "wrong_password"),
    ]


# the lock


@pytest.mark.parametrize("email", [ANA, NOBODY])
def test_five_failures_lock_an_address_whether_it_exists_or_not(
    desk: Desk, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(desk, 5, email)
    monkeypatch.setattr(Passwords, "verify", lambda *_: pytest.fail("a hash was computed"))
    with pytest.raises(LoginLockedError) as caught:
        sign_in(desk, email=email)
    assert caught.value.retry_after_seconds == 900.0


def test_the_lock_ends_after_fifteen_minutes(desk: Desk) -> None:
    fail(desk, 5)
    desk.clock.forward(minutes=14, seconds=59)
    with pytest.raises(LoginLockedError) as caught:
        sign_in(desk)
    assert caught.value.retry_after_seconds == 1.0
    desk.clock.forward(seconds=1)
    assert sign_in(desk).token


def test_a_success_clears_the_count(desk: Desk) -> None:
    for _ in range(2):
        fail(desk, 4)
        sign_in(desk)


def test_addresses_are_locked_apart_and_however_they_are_written(desk: Desk) -> None:
    fail(desk, 5, "ANA@example.com")
    with pytest.raises(LoginLockedError):
        sign_in(desk)
    assert sign_in(desk, "raiz quadrada de 2", "root@example.com").token


def test_of_many_guesses_at_the_same_moment_five_are_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def refuse(*_: Any) -> bool:
        looked.append(1)
        return False

    monkeypatch.setattr(Passwords, "verify", refuse)
    results = raced(lambda _: sign_in(desk, "a guess"), 16)
    refused = [type(one) for one in results]
    assert len(looked) == refused.count(InvalidCredentialsError) <= 5
    assert set(refused) <= {InvalidCredentialsError, LoginLockedError, RateLimitedError}


def test_too_many_at_once_are_told_to_wait_and_it_does_not_count_as_a_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> bool:
        raise RateLimitedError(1)

    with monkeypatch.context() as patch:
        patch.setattr(Passwords, "verify", busy)
        for _ in range(7):
            with pytest.raises(RateLimitedError):
                sign_in(desk)
    assert sign_in(desk).token


def test_an_operator_can_unlock(desk: Desk) -> None:
    fail(desk, 5)
    assert desk.signing_in.unlock(" ANA@example.com")
    assert not desk.signing_in.unlock(ANA)
    assert sign_in(desk).token


# one's own password


def change(desk: Desk, opened: Opened, current: str = PASSWORD, new: str = NEW_PASSWORD) -> Opened:
    caller = SignedIn(email=ANA, role=Role.ADMIN, session_id=opened.session.session_id)
    return desk.signing_in.change_password(caller, current, new, HERE)


def test_a_new_password_ends_every_other_session_and_not_this_one(desk: Desk) -> None:
    mine, other = sign_in(desk), sign_in(desk)
    elsewhere = desk.process()
    for opened in (mine, other):
        assert elsewhere.sessions.verify(opened.token).email
    changed = change(desk, mine)
    assert changed.refresh_token is None
    # at once, though the other process remembers the session as it was
    assert elsewhere.sessions.verify(changed.token).session_id == mine.session.session_id
    elsewhere.seconds.now += CACHE_SECONDS
    for token in (mine.token, other.token):
        with pytest.raises(UnauthenticatedError):
            elsewhere.sessions.verify(token)
    assert refresh(desk, mine).token
    with pytest.raises(UnauthenticatedError):
        refresh(desk, other)
    fail(desk)
    assert sign_in(desk, NEW_PASSWORD).token
    assert "admin.change_password" in actions(desk)


def test_a_wrong_current_password_counts_as_a_failed_sign_in(desk: Desk) -> None:
    opened = sign_in(desk)
    for _ in range(5):
        with pytest.raises(InvalidCredentialsError):
            change(desk, opened, current="not the password")
    with pytest.raises(LoginLockedError):
        change(desk, opened)
    with pytest.raises(LoginLockedError):
        sign_in(desk)
    # the sixth is told of, and the sign-in after it is gathered
    assert actions(desk).count("admin.password_refused") == 6


def test_a_bad_new_password_is_named_and_nothing_is_counted(desk: Desk) -> None:
    opened = sign_in(desk)
    for _ in range(6):
        with pytest.raises(ValidationFailedError) as caught:
            change(desk, opened, new="password1234")
        assert caught.value.problems[0][:2] == ("newPassword", "password_common")
    assert change(desk, opened).token


def test_of_two_changes_at_the_same_moment_one_is_made(desk: Desk) -> None:
    opened = sign_in(desk)
    results = raced(lambda n: change(desk, opened, new=f"três tigres à mesa {n}"), 4)
    assert sum(isinstance(one, Opened) for one in results) == 1
