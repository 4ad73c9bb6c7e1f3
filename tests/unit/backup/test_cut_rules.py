"""Which rows belong to one point in time."""

import pytest

from solaris.backup.cut_rules import (
    Standing,
    available_tokens,
    keeps_change,
    keeps_month,
    keeps_record,
)

READ = Standing(period="2026-11", version=5)


@pytest.mark.parametrize(
    ("period", "record", "month"),
    [
        ("2026-10", True, True),  # left behind: its records and its summary
        ("2026-11", True, False),  # open: its sum is the account's
        ("2026-12", False, False),  # begun after the account was read
    ],
)
def test_a_record_belongs_to_months_that_its_user_had_reached(
    period: str, record: bool, month: bool
) -> None:
    assert keeps_record(READ, period) is record
    assert keeps_month(READ, period) is month


def test_of_a_user_made_meanwhile_nothing_is_kept() -> None:
    assert not keeps_record(None, "2026-11")
    assert not keeps_month(None, "2026-10")
    assert not keeps_change(None, 0)


@pytest.mark.parametrize(("version", "kept"), [(4, True), (5, True), (6, False)])
def test_a_change_belongs_in_when_the_account_shows_it(version: int, kept: bool) -> None:
    assert keeps_change(READ, version) is kept


def test_what_may_be_reserved_is_the_quota_less_what_is_used_and_held() -> None:
    whole = {"monthly_limit": 100_000, "additional_tokens": 5_000, "block_ppm": 1_000_000}
    assert available_tokens(**whole, current_usage=30_000, reserved_tokens=2_000) == 73_000
    at_half = whole | {"block_ppm": 500_000}
    assert available_tokens(**at_half, current_usage=50_000, reserved_tokens=2_500) == 0
