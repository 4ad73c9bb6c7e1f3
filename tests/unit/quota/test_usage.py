"""Usage: token counts, what they charge, and the keys that order the books."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.model_weight import ModelWeight
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

EVENT = UsageEvent(
    request_id="req-1",
    user_id="u-1",
    period="2026-11",
    outcome=Outcome.SETTLED,
    created_at=datetime(2026, 11, 22, 13, 5, 9, 123_999, tzinfo=UTC),
    model="gpt-4o-mini",
    endpoint="/v1/chat/completions",
    counts=TokenCounts(prompt_tokens=10, completion_tokens=5),
    charged_tokens=15,
    reserved_tokens=4_106,
)

tokens = st.integers(min_value=0, max_value=20_000_000)
instants = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu")]),
)


def counts(prompt: int, completion: int = 0, cached: int = 0) -> TokenCounts:
    return TokenCounts(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached)


def share(weight: float) -> ModelWeight:
    """Each token counts once, and a cached one by this weight."""
    return ModelWeight(cached=round(weight * 1000))


@pytest.mark.parametrize(
    ("weight", "charged"), [(0.0, 600 + 50), (0.1, 640 + 50), (0.5, 800 + 50), (1.0, 1_050)]
)
def test_cached_prompt_tokens_count_by_their_weight(weight: float, charged: int) -> None:
    assert counts(1_000, 50, cached=400).charged_tokens(share(weight)) == charged


def test_a_fraction_of_a_token_is_charged_as_a_whole_one() -> None:
    assert counts(10, cached=1).charged_tokens(share(0.1)) == 10
    assert counts(11, cached=11).charged_tokens(share(0.1)) == 2
    assert counts(3, cached=3).charged_tokens(share(0.5)) == 2


def test_cached_and_reasoning_tokens_are_never_on_top_of_the_total() -> None:
    answer = TokenCounts(
        prompt_tokens=100, completion_tokens=40, cached_tokens=60, reasoning_tokens=30
    )
    assert answer.total_tokens == 140
    assert answer.charged_tokens() == 140


def test_an_upstream_that_states_more_cached_than_prompt_tokens_is_read_as_all_cached() -> None:
    assert counts(100, 7, cached=5_000).charged_tokens(share(0.0)) == 7
    assert counts(100, 7, cached=5_000).charged_tokens(share(1.0)) == 107


@given(prompt=tokens, completion=tokens, cached=tokens)
def test_with_weight_one_the_charge_is_the_total(prompt: int, completion: int, cached: int) -> None:
    answer = counts(prompt, completion, cached)
    assert answer.charged_tokens() == answer.total_tokens == prompt + completion


@given(
    prompt=tokens,
    completion=tokens,
    cached=tokens,
    weight_percent=st.integers(min_value=0, max_value=100),
)
def test_float_noise_never_changes_the_charge(
    prompt: int, completion: int, cached: int, weight_percent: int
) -> None:
    part = min(cached, prompt)
    exact = prompt + completion - part + math.ceil(part * Fraction(weight_percent, 100))
    answer = counts(prompt, completion, cached)
    assert answer.charged_tokens(share(weight_percent / 100)) == exact


@given(
    hundreds=st.integers(min_value=0, max_value=100_000),
    weight_percent=st.integers(min_value=0, max_value=100),
)
def test_a_product_that_is_whole_is_charged_whole(hundreds: int, weight_percent: int) -> None:
    cached = hundreds * 100
    answer = counts(cached, cached=cached)
    assert answer.charged_tokens(share(weight_percent / 100)) == hundreds * weight_percent


@pytest.mark.parametrize(
    ("weight", "cached", "charged"), [(0.07, 100, 7), (0.14, 100, 14), (0.55, 100, 55)]
)
def test_float_noise_above_a_whole_product_is_not_rounded_up(
    weight: float, cached: int, charged: int
) -> None:
    """As floats these products lie above the whole number: 100 × 0.07 is 7.000000000000001."""
    assert cached * weight > charged
    assert counts(cached, cached=cached).charged_tokens(share(weight)) == charged


@given(prompt=tokens, completion=tokens, cached=tokens, low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_heavier_weight_never_charges_less_and_never_more_than_the_total(
    prompt: int, completion: int, cached: int, low: float, high: float
) -> None:
    answer = counts(prompt, completion, cached)
    low, high = sorted((low, high))
    assert completion <= answer.charged_tokens(share(low)) <= answer.charged_tokens(share(high))
    assert answer.charged_tokens(share(high)) <= answer.total_tokens


def test_the_record_key_is_the_time_in_utc_and_the_request() -> None:
    assert EVENT.record_key == "2026-11-22T13:05:09.123Z#req-1"
    local = EVENT.created_at.astimezone(ZoneInfo("America/Sao_Paulo"))
    assert replace(EVENT, created_at=local).record_key == EVENT.record_key


@given(first=instants, second=instants)
def test_record_keys_sort_as_their_times_do(first: datetime, second: datetime) -> None:
    keys = [replace(EVENT, created_at=one).record_key for one in (first, second)]
    gap = second.astimezone(UTC) - first.astimezone(UTC)
    if gap >= timedelta(milliseconds=1):
        assert keys[0] < keys[1]
    elif gap <= -timedelta(milliseconds=1):
        assert keys[0] > keys[1]
    else:
        read = [parse_instant(key.partition("#")[0]) for key in keys]
        assert abs(read[0] - read[1]) <= timedelta(milliseconds=1)


@pytest.mark.parametrize("step_milliseconds", [1, 999, 1_000, 60_000, 86_400_000])
def test_a_later_request_has_a_later_key_across_every_digit(step_milliseconds: int) -> None:
    start = datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    later = start + timedelta(milliseconds=step_milliseconds)
    assert iso_milliseconds(start) < iso_milliseconds(later)


@given(instant=instants)
def test_an_instant_reads_back_to_the_millisecond(instant: datetime) -> None:
    utc = instant.astimezone(UTC)
    truncated = utc.replace(microsecond=utc.microsecond // 1_000 * 1_000)
    back = parse_instant(iso_milliseconds(instant))
    assert back == truncated
    assert back.tzinfo is UTC


def test_an_instant_with_an_offset_is_read_as_utc() -> None:
    read = parse_instant("2026-11-22T10:05:09-03:00")
    assert read == datetime(2026, 11, 22, 13, 5, 9, tzinfo=UTC)
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-22", "2026-11-22T13:05:09", "2026-13-01T00:00:00Z", "1e9"]
)
def test_text_that_is_no_instant_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)iso|time zone|month"):
        parse_instant(text)
