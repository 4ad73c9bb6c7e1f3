"""Guesses from many places: they stay few, and nobody shuts the owner out. On a real store."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from solaris.audit.entry import AuditFilters
from solaris.platform.actor import Role
from solaris.platform.errors import InvalidCredentialsError, LoginLockedError
from solaris.sign_in.devices import LIFE
from solaris.sign_in.lockout import window_of
from solaris.sign_in.sign_in import Origin
from tests.integration.sign_in.sign_in_support import (  # noqa: F401 - a fixture
    ANA,
    HERE,
    PASSWORD,
    Desk,
    actions,
    desk_fixture,
    fail,
    raced,
    refresh,
    sign_in,
)

ELSEWHERE = Origin(ip_address="198.51.100.7")
ROOT_EMAIL, ROOT_PASSWORD = "root@example.com", "raiz quadrada de 2"


@pytest.fixture(autouse=True)
def _of_now(desk: Desk) -> None:
    """The beginning of the next window: the store deletes what expired by its own clock."""
    desk.clock.now = datetime.fromtimestamp((window_of(datetime.now(UTC)) + 1) * 900, UTC)


def network(number: int) -> Origin:
    """A place of its own."""
    return Origin(ip_address=f"10.{number // 256}.{number % 256}.1")


def guess(desk: Desk, origin: Origin, email: str = ANA) -> Any:
    """What a wrong password is answered: the error."""
    with pytest.raises((InvalidCredentialsError, LoginLockedError)) as caught:
        sign_in(desk, "not the password", email, origin)
    return caught.value


def known(desk: Desk, origin: Origin = HERE, email: str = ANA, password: str = PASSWORD) -> Origin:
    """The same place, from the browser that the account was just signed in from."""
    opened = sign_in(desk, password, email, origin)
    assert opened.device is not None
    return replace(origin, device=opened.device.token)


def test_who_locks_an_account_locks_their_own_network_out_of_it(desk: Desk) -> None:
    fail(desk, 5)
    neighbour = replace(HERE, ip_address="192.0.2.200")
    with pytest.raises(LoginLockedError):
        sign_in(desk, origin=neighbour)
    assert sign_in(desk, origin=ELSEWHERE).token


def test_an_attack_from_everywhere_slows_the_owner_and_never_locks_them(desk: Desk) -> None:
    for number in range(60):
        guess(desk, network(number))
    assert actions(desk).count("admin.slowed") == 1
    fail(desk, origin=ELSEWHERE)
    with pytest.raises(LoginLockedError) as caught:
        sign_in(desk, origin=ELSEWHERE)
    assert caught.value.retry_after_seconds == 60.0
    desk.clock.forward(seconds=60)
    assert sign_in(desk, origin=ELSEWHERE).token


def test_while_an_account_is_slow_a_network_has_three_guesses_in_fifteen_minutes(
    desk: Desk,
) -> None:
    for number in range(10):
        guess(desk, network(number))
    looked_at = 0
    for _ in range(15):
        looked_at += isinstance(guess(desk, ELSEWHERE), InvalidCredentialsError)
        desk.clock.forward(minutes=1)
    assert looked_at == 3


def test_the_owners_browser_gets_in_out_of_the_attackers_network(desk: Desk) -> None:
    mine = known(desk)
    for number in range(30):
        guess(desk, network(number))
    fail(desk, 1)
    for _ in range(30):
        guess(desk, HERE)
    with pytest.raises(LoginLockedError):
        sign_in(desk)
    fail(desk, 4, origin=mine)
    assert sign_in(desk, origin=mine).token


def test_a_known_browser_has_five_failures_of_its_own_wherever_it_is(desk: Desk) -> None:
    mine = known(desk)
    fail(desk, 3, origin=mine)
    there = replace(mine, ip_address="203.0.113.5")
    fail(desk, 2, origin=there)
    for origin in (mine, there):
        with pytest.raises(LoginLockedError) as caught:
            sign_in(desk, origin=origin)
        assert caught.value.retry_after_seconds == 900.0
    # and it has locked nobody else
    assert sign_in(desk, origin=HERE).token


def test_signing_in_again_does_not_give_a_browser_another_count(desk: Desk) -> None:
    mine = known(desk)
    again = known(desk, mine)
    fail(desk, 5, origin=mine)
    with pytest.raises(LoginLockedError):
        sign_in(desk, origin=again)


@pytest.mark.parametrize("of", ["another account", "nobody", "another secret", "long ago"])
def test_a_cookie_that_is_not_this_accounts_counts_as_none(desk: Desk, of: str) -> None:
    match of:
        case "another account":
            device = known(desk, email=ROOT_EMAIL, password=ROOT_PASSWORD).device
        case "nobody":
            device = "x" * 300
        case "another secret":
            device = known(desk.process(secret_key="another secret " * 4)).device
        case _:
            device = known(desk).device
            desk.clock.forward(seconds=LIFE.total_seconds())
    fail(desk, 5)
    with pytest.raises(LoginLockedError):
        sign_in(desk, origin=replace(HERE, device=device))


def test_a_cookie_survives_another_secret_key_with_the_old_one_kept(desk: Desk) -> None:
    mine = known(desk)
    later = desk.process(
        secret_key="another secret " * 4, secret_key_previous=desk.settings.secret_key
    )
    fail(later, 5)
    assert sign_in(later, origin=mine).token


def test_a_session_of_the_version_before_gives_its_browser_a_cookie(desk: Desk) -> None:
    opened = sign_in(desk)
    refreshed = refresh(desk, opened)
    assert refreshed.device is not None
    assert desk.devices.read(refreshed.device.token, " ANA@example.com")
    assert refreshed.refresh_token is not None
    origin = replace(HERE, device=refreshed.device.token)
    assert desk.signing_in.refresh(refreshed.refresh_token, origin).device is None


def test_a_network_has_twenty_guesses_at_all_accounts_together(desk: Desk) -> None:
    for number in range(20):
        fail(desk, email=f"nobody-{number}@example.com")
    with pytest.raises(LoginLockedError) as caught:
        sign_in(desk)
    assert 1 <= caught.value.retry_after_seconds <= 900
    assert sign_in(desk, origin=ELSEWHERE).token
    desk.clock.forward(minutes=15)
    assert sign_in(desk).token


def test_one_who_may_sign_in_cannot_guess_on_by_doing_so(desk: Desk) -> None:
    desk.put("mallory@example.com", Role.VIEWER, PASSWORD)
    for number in range(20):
        fail(desk, email=f"nobody-{number % 7}@example.com")
        if number % 4 == 0:
            sign_in(desk, email="mallory@example.com")
    with pytest.raises(LoginLockedError):
        sign_in(desk)


def test_sixty_four_thousand_networks_of_one_customer_are_one(desk: Desk) -> None:
    refused = 0
    for number in range(120):
        origin = Origin(ip_address=f"2001:db8:7:{number:x}::1")
        email = f"nobody-{number}@example.com"
        refused += isinstance(guess(desk, origin, email), LoginLockedError)
    assert refused == 20
    assert sign_in(desk, origin=Origin(ip_address="2001:db8:8::1")).token


def test_a_flood_from_everywhere_at_once_keeps_nobody_waiting_for_a_write(desk: Desk) -> None:
    results = raced(lambda number: sign_in(desk, "a guess", origin=network(number)), 8)
    # the hashes may be too many at once, the counts never
    assert all(isinstance(one, Exception) for one in results)
    assert sign_in(desk, origin=ELSEWHERE).token


def rows(desk: Desk) -> list[tuple[str, str | None, object]]:
    page = desk.auditor.page(AuditFilters(), 1_000)
    return [
        (one.action, one.reason, (one.after or {}).get("attempts"))
        for one in reversed(page.entries)
        if one.action not in ("admin.create", "admin.login")
    ]


def test_refusals_of_a_locked_account_are_one_row_a_minute_with_their_number(desk: Desk) -> None:
    fail(desk, 5)
    begun = len(rows(desk))
    for _ in range(30):
        guess(desk, HERE)
    assert rows(desk)[begun:] == [("admin.login_failed", "locked", None)]
    desk.clock.forward(minutes=1)
    for _ in range(30):
        guess(desk, HERE)
    assert rows(desk)[begun + 1 :] == [("admin.login_failed", "locked", 30)]
    # what nobody was told of yet is told to whoever gets in
    sign_in(desk, origin=ELSEWHERE)
    assert rows(desk)[begun + 2 :] == [("admin.login_failed", "locked", 29)]
    sign_in(desk, origin=ELSEWHERE)
    assert len(rows(desk)) == begun + 3


def test_an_attack_from_everywhere_fills_no_audit_log(desk: Desk) -> None:
    for number in range(100):
        guess(desk, network(number))
    found = rows(desk)
    assert [one[0] for one in found].count("admin.slowed") == 1
    assert len(found) == 10 + 1 + 1


def test_a_network_that_is_locked_out_fills_no_audit_log(desk: Desk) -> None:
    for number in range(60):
        guess(desk, HERE, f"nobody-{number}@example.com")
    assert len(rows(desk)) == 20 + 1
    assert rows(desk)[-1][1] == "network_locked"


def test_returns_from_the_provider_that_are_refused_fill_no_audit_log(desk: Desk) -> None:
    for _ in range(30):
        desk.signing_in.refused(None, HERE, "oidc_state")
    desk.signing_in.refused(ANA, HERE, "oidc_not_allowed")
    assert [one[1] for one in rows(desk)] == ["oidc_state", "oidc_not_allowed"]


def test_an_operator_unlocks_an_account_for_every_network_and_browser(desk: Desk) -> None:
    mine = known(desk)
    for origin in (HERE, ELSEWHERE, mine):
        fail(desk, 5 if origin.device or origin == HERE else 4, origin=origin)
        if origin is HERE:
            assert desk.signing_in.unlock(ANA)
            assert sign_in(desk).token
            desk.clock.forward(minutes=31)
    assert desk.signing_in.unlock(ANA)
    assert not desk.signing_in.unlock(ANA)
    for origin in (HERE, ELSEWHERE, mine):
        assert sign_in(desk, origin=origin).token


def test_the_lock_of_the_version_before_holds_nobody_and_can_be_taken_off(desk: Desk) -> None:
    table = desk.settings.table_name("sessions")
    old = hashlib.sha256(ANA.encode()).hexdigest()
    desk.parts.platform.dynamodb.put_item(
        TableName=table,
        Item={
            "session_id": {"S": f"failures#{old}"},
            "failures": {"N": "5"},
            "created_at": {"S": "2026-11-22T12:00:00.000Z"},
            "locked_until": {"S": "2026-11-22T12:15:00.000Z"},
            "expires_at": {"N": "1795350901"},
        },
    )
    stored = desk.attempts.attempts(old)
    assert stored is not None
    assert stored.tried_at is None
    assert sign_in(desk).token
    assert desk.signing_in.unlock(ANA)
