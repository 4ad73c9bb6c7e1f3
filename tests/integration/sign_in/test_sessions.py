"""Sessions on a real store: verified, refreshed once a token, and ended everywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from solaris.platform.actor import Role
from solaris.platform.errors import StoreUnavailableError, UnauthenticatedError
from solaris.sign_in.sessions import CACHE_SECONDS, Opened
from tests.integration.sign_in.sign_in_support import (  # noqa: F401 - a fixture
    ANA,
    HERE,
    ROOT,
    Desk,
    actions,
    desk_fixture,
    fail,
    raced,
    refresh,
    sign_in,
)

# verifying


def test_tokens_survive_a_rotation_of_the_secret(desk: Desk) -> None:
    opened = sign_in(desk)
    rotated = desk.process(
        secret_key="another-" + "s" * 32, secret_key_previous=(desk.settings.secret_key,)
    )
    assert rotated.sessions.verify(opened.token).email == ANA
    assert rotated.sessions.verify(refresh(rotated, opened).token).email == ANA
    with pytest.raises(UnauthenticatedError):
        desk.process(secret_key="another-" + "s" * 32).sessions.verify(opened.token)


def test_an_access_token_ends_after_fifteen_minutes(desk: Desk) -> None:
    opened = sign_in(desk)
    desk.clock.forward(minutes=15)
    with pytest.raises(UnauthenticatedError):
        desk.sessions.verify(opened.token)


def test_a_verified_session_is_read_once_in_two_and_a_half_seconds(desk: Desk) -> None:
    opened = sign_in(desk)
    reads: list[str] = []
    desk.parts.platform.dynamodb.meta.events.register(
        "before-send.dynamodb.*",
        lambda event_name, **_: reads.append(event_name.rpartition(".")[2]),
    )
    for _ in range(3):
        desk.sessions.verify(opened.token)
    assert reads == ["BatchGetItem"]
    desk.seconds.now += CACHE_SECONDS
    desk.sessions.verify(opened.token)
    assert reads == ["BatchGetItem"] * 2


@pytest.mark.parametrize(
    "end",
    [
        lambda desk, opened: desk.signing_in.sign_out(
            refresh_token=opened.refresh_token, access_token=None, origin=HERE
        ),
        lambda desk, _: desk.accounts.update(ROOT, ANA, role=Role.VIEWER),
        lambda desk, _: desk.accounts.remove(ROOT, ANA),
        lambda desk, _: desk.accounts.reset_password(ROOT, ANA),
    ],
    ids=["logout", "demotion", "removal", "password reset"],
)
def test_what_ends_a_session_ends_it_in_every_process_within_the_cache_time(
    desk: Desk, end: Callable[[Desk, Opened], Any]
) -> None:
    opened = sign_in(desk)
    elsewhere = desk.process()
    assert elsewhere.sessions.verify(opened.token).email
    end(desk, opened)
    elsewhere.seconds.now += CACHE_SECONDS
    with pytest.raises(UnauthenticatedError):
        elsewhere.sessions.verify(opened.token)
    with pytest.raises(UnauthenticatedError):
        refresh(elsewhere, opened)


def test_somebody_removed_and_made_again_does_not_get_the_old_session_back(desk: Desk) -> None:
    opened = sign_in(desk)
    desk.accounts.remove(ROOT, ANA)
    desk.clock.forward(seconds=1)
    desk.put()
    for call in (lambda: desk.sessions.verify(opened.token), lambda: refresh(desk, opened)):
        with pytest.raises(UnauthenticatedError):
            call()


def test_the_role_is_that_of_the_account_and_not_of_the_token(desk: Desk) -> None:
    opened = sign_in(desk)
    desk.parts.platform.dynamodb.update_item(
        TableName=desk.settings.table_name("admins"),
        Key={"email": {"S": ANA}},
        UpdateExpression="SET #role = :viewer",
        ExpressionAttributeNames={"#role": "role"},
        ExpressionAttributeValues={":viewer": {"S": "viewer"}},
    )
    assert desk.sessions.verify(opened.token).role is Role.VIEWER


def test_a_store_that_is_away_is_no_wrong_token(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sign_in(desk)

    def away(**_: Any) -> Any:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(desk.parts.platform.dynamodb, "batch_get_item", away)
    with pytest.raises(StoreUnavailableError):
        desk.sessions.verify(opened.token)


# refreshing


def test_a_refresh_gives_new_tokens_and_keeps_the_end_of_the_session(desk: Desk) -> None:
    opened = sign_in(desk)
    desk.clock.forward(minutes=14)
    again = refresh(desk, opened)
    assert again.refresh_token not in (None, opened.refresh_token)
    assert again.session.session_id == opened.session.session_id
    assert again.session.expires_at == opened.session.expires_at.replace(microsecond=0)
    assert desk.sessions.verify(again.token).email == ANA


def test_a_refresh_token_that_comes_twice_closes_the_session_for_both(desk: Desk) -> None:
    opened = sign_in(desk)
    again = refresh(desk, opened)
    with pytest.raises(UnauthenticatedError):
        refresh(desk, opened)
    with pytest.raises(UnauthenticatedError):
        refresh(desk, again)
    with pytest.raises(UnauthenticatedError):
        desk.sessions.verify(again.token)
    assert actions(desk) == ["admin.login", "admin.session_revoked"]


def test_of_copies_that_race_exactly_one_is_answered_and_the_session_closed(desk: Desk) -> None:
    opened = sign_in(desk)
    results = raced(lambda _: refresh(desk, opened), 8)
    won = [one for one in results if isinstance(one, Opened)]
    assert len(won) == 1
    assert all(isinstance(one, UnauthenticatedError) for one in results if one not in won)
    with pytest.raises(UnauthenticatedError):
        refresh(desk, won[0])


def test_one_session_of_two_is_closed_by_a_reuse_and_the_other_goes_on(desk: Desk) -> None:
    stolen, other = sign_in(desk), sign_in(desk)
    refresh(desk, stolen)
    with pytest.raises(UnauthenticatedError):
        refresh(desk, stolen)
    assert refresh(desk, other).token


def test_a_session_ends_after_its_days(desk: Desk) -> None:
    opened = sign_in(desk)
    desk.clock.forward(days=14)
    with pytest.raises(UnauthenticatedError):
        refresh(desk, opened)
    assert "admin.session_revoked" not in actions(desk)


@pytest.mark.parametrize(
    "token",
    ["", ".", "x", "0" * 32, "0" * 32 + ".", "0" * 32 + ".secret", "Z" * 32 + ".s", "0" * 201],
)
def test_what_is_no_refresh_token_is_refused(desk: Desk, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        desk.signing_in.refresh(token, HERE)


def test_the_count_of_failures_is_no_session(desk: Desk) -> None:
    fail(desk)
    assert desk.parts.sign_in.session_store.get_with_admin("0" * 32, ANA)[0] is None


# signing out


def test_signing_out_ends_the_session_by_either_token_and_only_that(desk: Desk) -> None:
    by_cookie, by_token, other = sign_in(desk), sign_in(desk), sign_in(desk)
    desk.signing_in.sign_out(refresh_token=by_cookie.refresh_token, access_token=None, origin=HERE)
    desk.signing_in.sign_out(refresh_token=None, access_token=by_token.token, origin=HERE)
    for opened in (by_cookie, by_token):
        with pytest.raises(UnauthenticatedError):
            desk.sessions.verify(opened.token)
    assert desk.sessions.verify(other.token).email
    assert actions(desk).count("admin.logout") == 2


@pytest.mark.parametrize("token", [None, "", "x", "0" * 32 + ".x", "a.b.c"])
def test_signing_out_without_a_session_is_no_error(desk: Desk, token: str | None) -> None:
    desk.signing_in.sign_out(refresh_token=token, access_token=token, origin=HERE)
    assert "admin.logout" not in actions(desk)


def test_signing_out_twice_is_audited_once(desk: Desk) -> None:
    opened = sign_in(desk)
    for _ in range(2):
        desk.signing_in.sign_out(
            refresh_token=opened.refresh_token, access_token=opened.token, origin=HERE
        )
    assert actions(desk) == ["admin.login", "admin.logout"]
