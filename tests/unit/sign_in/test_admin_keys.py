"""Admin keys: their form, their ends, and what is kept and shown of them."""

import string
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.access import ADMIN_KEY_PREFIX, Scope
from solaris.sign_in.admin_keys.key import (
    AdminKey,
    AdminKeyState,
    figures,
    generate_admin_key,
    hash_of,
    id_of,
    is_admin_key,
    is_well_formed,
    new_admin_key,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
GOOD = ADMIN_KEY_PREFIX + "A" * 43


def key(secret: str = GOOD, days: int = 90) -> AdminKey:
    return new_admin_key(
        secret,
        name="terraform",
        note="",
        scopes=[Scope.USERS_WRITE, Scope.USERS_READ],
        days=days,
        created_by="ana@example.com",
        now=NOW,
    )


def test_keys_are_random_and_can_be_told_from_gateway_keys() -> None:
    made = [generate_admin_key() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    assert all(is_admin_key(one) and is_well_formed(one) for one in made)
    signs = Counter("".join(one.removeprefix(ADMIN_KEY_PREFIX) for one in made))
    assert set(signs) == set(string.ascii_letters + string.digits + "-_")


def test_of_a_key_its_hash_and_its_beginning_are_kept() -> None:
    made = key(secret := generate_admin_key())
    assert made.key_hash == hash_of(secret)
    assert made.key_id == id_of(hash_of(secret))
    assert secret.startswith(made.prefix)
    assert len(secret) - len(made.prefix) == 39
    assert secret not in repr(made)
    assert made.key_hash not in str(figures(made))
    assert figures(made)["scopes"] == "users:read users:write"


@pytest.mark.parametrize(
    "token",
    [
        *("", ADMIN_KEY_PREFIX, "sk-solaris-" + "A" * 43, "Bearer " + GOOD, GOOD.upper()),
        *(GOOD + "A", GOOD[:-1], GOOD[:-1] + "=", GOOD[:-1] + "\n", GOOD + "\n", " " + GOOD),
        *(GOOD[:-1] + "é", GOOD[:-1] + "\u0661", GOOD[:-1] + "/", GOOD[:-1] + "\0"),
    ],
)
def test_what_is_no_key_is_not_looked_up(token: str) -> None:
    assert is_well_formed(GOOD)
    assert not is_well_formed(token)


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(), AdminKeyState.ACTIVE),
        (timedelta(days=90, microseconds=-1), AdminKeyState.ACTIVE),
        (timedelta(days=90), AdminKeyState.EXPIRED),
        (timedelta(days=4_000), AdminKeyState.EXPIRED),
    ],
)
def test_a_key_ends_by_itself(after: timedelta, state: AdminKeyState) -> None:
    assert key().state(NOW + after) is state


@given(st.text("0123456789abcdef", min_size=64, max_size=64))
def test_no_other_hash_is_the_key_s(other: str) -> None:
    made = key()
    assert made.is_the_one(other) is (other == made.key_hash)
    assert made.is_the_one(made.key_hash)
    assert not made.is_the_one(made.key_hash[:-1])
    assert not made.is_the_one(made.key_hash + "é")


def test_a_use_is_written_once_a_minute_and_after_the_clock_was_set_back() -> None:
    unused = key()
    assert unused.is_use_to_be_noted(NOW)
    for seconds, due in ((0, False), (59, False), (60, True), (-1, True)):
        used = AdminKey(
            **{name: getattr(unused, name) for name in unused.__slots__} | {"last_used_at": NOW}
        )
        assert used.is_use_to_be_noted(NOW + timedelta(seconds=seconds)) is due
