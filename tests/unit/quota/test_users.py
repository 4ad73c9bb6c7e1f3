"""Users: one address is one user, and an item describes its own quota."""

import uuid
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.email import normalise_email
from solaris.quota.quota import Quota
from solaris.quota.reservation import Reservation, expiry_of
from solaris.quota.user import Plan, User, UserStatus, user_id_for

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def reservation(request_id: str, tokens: int) -> Reservation:
    return Reservation(
        request_id=request_id,
        tokens=tokens,
        prompt_tokens=min(tokens, 10),
        created_at=NOW,
        expires_at=expiry_of(NOW),
        period="2026-11",
    )


def user(*holds: int, block_ppm: int = 1_000_000) -> User:
    return User(
        user_id=user_id_for("ana@example.com"),
        email="ana@example.com",
        name="Ana",
        status=UserStatus.ACTIVE,
        plan=Plan.BASIC,
        monthly_limit=1_000_000,
        additional_tokens=5_000,
        current_usage=1_000,
        available_tokens=0,
        period="2026-11",
        created_at=NOW,
        updated_at=NOW,
        block_ppm=block_ppm,
        reservations={str(n): reservation(str(n), tokens) for n, tokens in enumerate(holds)},
    )


def test_the_id_of_an_address_never_changes() -> None:
    """Ids are in every ledger row: a new namespace or spelling would orphan the books."""
    assert user_id_for("ana@example.com") == "f174587d-376e-5bee-9a36-735a9de2d7ea"


def test_case_and_surrounding_spaces_do_not_make_another_user() -> None:
    assert normalise_email("  Ana@Example.COM ") == "ana@example.com"
    assert user_id_for("  Ana@Example.COM ") == user_id_for("ana@example.com")


def test_different_addresses_are_different_users() -> None:
    assert user_id_for("ana@example.com") != user_id_for("ana@example.org")


@given(email=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_normalising_twice_is_normalising_once_and_the_id_is_a_version_5_uuid(email: str) -> None:
    once = normalise_email(email)
    assert normalise_email(once) == once
    assert user_id_for(email) == user_id_for(once)
    assert uuid.UUID(user_id_for(email)).version == 5


def test_reserved_tokens_are_the_sum_of_the_open_holds() -> None:
    assert user().reserved_tokens == 0
    assert user(4_000, 250, 0).reserved_tokens == 4_250


def test_the_quota_of_an_item_takes_every_figure_from_it() -> None:
    assert user(4_000, 250, block_ppm=900_000).quota == Quota(
        monthly_limit=1_000_000,
        additional_tokens=5_000,
        current_usage=1_000,
        reserved_tokens=4_250,
        block_ppm=900_000,
    )


def test_an_item_without_reservations_has_its_own_empty_map() -> None:
    first, second = user(), user()
    assert first.reservations == {}
    assert first == second
