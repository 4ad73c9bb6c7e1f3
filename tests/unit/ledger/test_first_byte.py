"""How long first bytes took: buckets, their sums, and what is estimated of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.ledger.booking import hour_requests, hour_tokens
from solaris.ledger.figures import FIGURE_NAMES
from solaris.ledger.first_byte import (
    BOUNDS_MS,
    BUCKET_NAMES,
    NOTHING,
    Buckets,
    bucket_of,
    buckets_in,
    percentile_ms,
    together,
)

KIB = 1024
times = st.lists(st.integers(0, 60_000), min_size=1, max_size=200)


def counted(*milliseconds: int) -> Buckets:
    names = [bucket_of(one) for one in milliseconds]
    return buckets_in({name: names.count(name) for name in names})


@pytest.mark.parametrize(
    ("milliseconds", "name"),
    [
        *((0, "first_100"), (100, "first_100"), (101, "first_200"), (200, "first_200")),
        *((12_800, "first_12800"), (12_801, "first_more"), (10**9, "first_more")),
    ],
)
def test_a_bucket_holds_its_own_bound(milliseconds: int, name: str) -> None:
    assert bucket_of(milliseconds) == name


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile_ms(NOTHING, 50) is None
    assert percentile_ms(buckets_in({"requests": 7, "tokens_13": 9}), 95) is None
    # what a hand has put below zero is no answer either
    assert percentile_ms((-1, *NOTHING[1:]), 50) is None


def test_inside_a_bucket_answers_lie_evenly() -> None:
    assert percentile_ms((0, 0, 10, 0, 0, 0, 0, 0, 0), 50) == 300
    assert percentile_ms((4, 0, 0, 0, 0, 0, 0, 0, 0), 50) == 50
    # 90 of 100 began within 100 ms: the 95th is the middle of the ten behind 1,600 ms
    assert percentile_ms((90, 0, 0, 0, 0, 10, 0, 0, 0), 95) == 2_400
    assert percentile_ms((90, 0, 0, 0, 0, 10, 0, 0, 0), 90) == 100


def test_what_has_no_end_is_told_by_its_beginning() -> None:
    assert percentile_ms(counted(100, 20_000, 500_000), 95) == 12_800


@given(times, st.integers(1, 99))
def test_an_estimate_is_in_the_bucket_of_the_answer_that_it_stands_for(
    found: list[int], percent: int
) -> None:
    rank = math.ceil(len(found) * percent / 100)
    truly = sorted(found)[rank - 1]
    estimate = percentile_ms(counted(*found), percent)
    assert estimate is not None
    at = BUCKET_NAMES.index(bucket_of(truly))
    low = (0, *BOUNDS_MS)[at]
    high = (*BOUNDS_MS, BOUNDS_MS[-1])[at]
    assert low <= estimate <= high


@given(times)
def test_the_median_is_not_above_the_95th(found: list[int]) -> None:
    buckets = counted(*found)
    assert (percentile_ms(buckets, 50) or 0) <= (percentile_ms(buckets, 95) or 0)


@given(st.lists(times, max_size=4))
def test_days_together_are_all_their_answers(days: list[list[int]]) -> None:
    whole = together(counted(*day) for day in days)
    assert whole == (counted(*(one for day in days for one in day)) if days else NOTHING)


def test_a_busy_days_counter_stays_below_a_kilobyte() -> None:
    """Of half a thousand requests in every hour: above it, each booking would cost twice."""

    def size(name: str, value: int) -> int:
        return len(name) + math.ceil(len(str(value)) / 2) + 1

    hours = [
        size(hour_tokens(hour), 999_999) + size(hour_requests(hour), 999) for hour in range(24)
    ]
    buckets = [size(name, 9_999) for name in BUCKET_NAMES]
    figures = [size(name, 99_999_999) for name in FIGURE_NAMES]
    keys = len("ownersystem#0day_model2026-11-22#claude-sonnet-4-5-20250929")
    assert sum(hours) + sum(buckets) + sum(figures) + keys < KIB
