"""Thresholds: which warning is due, announced once, and armed again by a grant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.quota import PPM, Quota
from solaris.quota.thresholds import (
    Threshold,
    ThresholdRule,
    reached,
    to_announce,
    to_rearm,
)

RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)
W, C, B = Threshold.WARNING, Threshold.CRITICAL, Threshold.BLOCK
NONE_SENT: frozenset[Threshold] = frozenset()

tokens = st.integers(min_value=0, max_value=20_000_000)
sent_sets = st.frozensets(st.sampled_from(Threshold))


def quota(used: int, *, limit: int = 1_000, additional: int = 0, block_ppm: int = PPM) -> Quota:
    return Quota(
        monthly_limit=limit,
        additional_tokens=additional,
        current_usage=used,
        reserved_tokens=0,
        block_ppm=block_ppm,
    )


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (0, []),
        (799, []),
        (800, [W]),
        (949, [W]),
        (950, [W, C]),
        (999, [W, C]),
        (1_000, [W, C, B]),
        (5_000, [W, C, B]),
    ],
)
def test_a_threshold_is_reached_exactly_at_its_share_of_the_grant(
    used: int, expected: list[Threshold]
) -> None:
    assert reached(quota(used), RULE) == expected


def test_one_token_short_of_a_threshold_is_not_rounded_up_to_it() -> None:
    big = 10_000_000
    assert reached(quota(big * 8 // 10 - 1, limit=big), RULE) == []
    assert reached(quota(big - 1, limit=big), RULE) == [W, C]


def test_reserved_tokens_announce_nothing() -> None:
    """Open requests may still be released; only what is used earns a warning."""
    held = Quota(monthly_limit=1_000, additional_tokens=0, current_usage=0, reserved_tokens=1_000)
    assert reached(held, RULE) == []


def test_a_jump_from_70_to_97_percent_announces_only_critical() -> None:
    assert to_announce(quota(700), RULE, NONE_SENT) is None
    assert to_announce(quota(970), RULE, NONE_SENT) is C
    assert to_announce(quota(970), RULE, frozenset({W, C})) is None


def test_a_jump_past_the_block_announces_only_the_block() -> None:
    assert to_announce(quota(1_200), RULE, NONE_SENT) is B


def test_each_threshold_is_announced_once_on_the_way_up() -> None:
    sent: frozenset[Threshold] = frozenset()
    mails = []
    for used in range(0, 1_101, 10):
        due = to_announce(quota(used), RULE, sent)
        if due is not None:
            mails.append((used, due))
            sent |= frozenset(reached(quota(used), RULE))
    assert mails == [(800, W), (950, C), (1_000, B)]


def test_a_grant_re_arms_what_it_brings_out_of_reach() -> None:
    sent = frozenset({W, C, B})
    assert to_rearm(quota(1_000), RULE, sent) == NONE_SENT
    after = quota(1_000, additional=200)  # 83 % of what is granted now
    assert to_rearm(after, RULE, sent) == frozenset({C, B})
    assert to_announce(after, RULE, sent - to_rearm(after, RULE, sent)) is None
    again = quota(1_150, additional=200)  # 95.8 %
    assert to_announce(again, RULE, frozenset({W})) is C


def test_a_grant_large_enough_re_arms_everything() -> None:
    assert to_rearm(quota(1_000, additional=1_000), RULE, frozenset({W, C, B})) == {W, C, B}


def test_a_block_threshold_below_the_critical_one_blocks_without_it() -> None:
    early = quota(900, block_ppm=900_000)
    assert reached(early, RULE) == [W, B]
    assert to_announce(early, RULE, NONE_SENT) is B
    later = quota(990, block_ppm=900_000)
    assert to_announce(later, RULE, frozenset({W, B})) is None


def test_who_was_granted_nothing_is_blocked_from_the_start() -> None:
    assert reached(quota(0, limit=0), RULE) == [W, C, B]


@given(limit=tokens, additional=tokens, used=tokens, more=tokens)
def test_more_usage_never_takes_a_threshold_back(
    limit: int, additional: int, used: int, more: int
) -> None:
    before = reached(quota(used, limit=limit, additional=additional), RULE)
    after = reached(quota(used + more, limit=limit, additional=additional), RULE)
    assert set(before) <= set(after)


@given(limit=tokens, additional=tokens, used=tokens, grant=tokens)
def test_a_grant_never_reaches_a_new_threshold(
    limit: int, additional: int, used: int, grant: int
) -> None:
    before = reached(quota(used, limit=limit, additional=additional), RULE)
    after = reached(quota(used, limit=limit, additional=additional + grant), RULE)
    assert set(after) <= set(before)


@given(limit=tokens, used=tokens, sent=sent_sets)
def test_what_is_announced_is_the_highest_reached_and_new(
    limit: int, used: int, sent: frozenset[Threshold]
) -> None:
    now = quota(used, limit=limit)
    due = to_announce(now, RULE, sent)
    found = reached(now, RULE)
    assert found == sorted(found, key=list(Threshold).index)
    if due is None:
        assert not found or found[-1] in sent
    else:
        assert due == found[-1]
        assert due not in sent


@given(limit=tokens, used=tokens, sent=sent_sets)
def test_only_what_was_sent_and_is_out_of_reach_is_re_armed(
    limit: int, used: int, sent: frozenset[Threshold]
) -> None:
    now = quota(used, limit=limit)
    rearmed = to_rearm(now, RULE, sent)
    kept = sent - rearmed
    assert rearmed <= sent
    assert rearmed.isdisjoint(reached(now, RULE))
    assert kept <= set(reached(now, RULE))
