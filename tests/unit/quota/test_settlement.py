"""Settlement: what resolving a reservation changes; every delta is exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.quota import Quota
from solaris.quota.settlement import Settlement, correct, settle

tokens = st.integers(min_value=0, max_value=20_000_000)


def test_an_answer_shorter_than_its_hold_gives_the_rest_back() -> None:
    assert settle(reserved_tokens=5_000, charged_tokens=1_200) == Settlement(
        available_delta=3_800, usage_delta=1_200
    )


def test_an_answer_longer_than_its_hold_takes_the_excess_from_what_is_available() -> None:
    assert settle(reserved_tokens=5_000, charged_tokens=6_000) == Settlement(
        available_delta=-1_000, usage_delta=6_000
    )


@given(reserved=tokens)
def test_a_release_gives_the_whole_hold_back_and_books_nothing(reserved: int) -> None:
    assert settle(reserved_tokens=reserved, charged_tokens=0) == Settlement(
        available_delta=reserved, usage_delta=0
    )


@pytest.mark.parametrize(("reserved", "charged"), [(-1, 0), (0, -1), (-5, -5)])
def test_negative_tokens_are_refused(reserved: int, charged: int) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        settle(reserved_tokens=reserved, charged_tokens=charged)


@given(limit=tokens, used=tokens, reserved=tokens, others=tokens, charged=tokens)
def test_a_settlement_keeps_available_equal_to_the_formula(
    limit: int, used: int, reserved: int, others: int, charged: int
) -> None:
    before = Quota(
        monthly_limit=limit,
        additional_tokens=0,
        current_usage=used,
        reserved_tokens=reserved + others,
    )
    change = settle(reserved_tokens=reserved, charged_tokens=charged)
    after = Quota(
        monthly_limit=limit,
        additional_tokens=0,
        current_usage=used + change.usage_delta,
        reserved_tokens=others,
    )
    assert before.available_tokens + change.available_delta == after.available_tokens


@given(reserved=tokens, estimate=tokens, real=tokens)
def test_an_expiry_corrected_late_equals_a_settlement_in_time(
    reserved: int, estimate: int, real: int
) -> None:
    expiry = settle(reserved_tokens=reserved, charged_tokens=estimate)
    late = correct(previously_charged=estimate, charged_tokens=real)
    in_time = settle(reserved_tokens=reserved, charged_tokens=real)
    assert expiry.available_delta + late.available_delta == in_time.available_delta
    assert expiry.usage_delta + late.usage_delta == in_time.usage_delta


@given(charged=tokens)
def test_a_correction_to_the_same_figure_changes_nothing(charged: int) -> None:
    assert correct(previously_charged=charged, charged_tokens=charged) == Settlement(
        available_delta=0, usage_delta=0
    )
