"""How long streamed answers took to their first byte, counted in buckets. Pure.

The system's counters of a day and model hold one attribute a bucket, each no longer than 11
characters: with them, and with all of its hours, such an item stays below 1 kB, above which every
booking would cost twice. Counters of the versions before have none of them, which is 0.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

BOUNDS_MS = (100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800)
"""Each bucket's greatest milliseconds; behind the last is one more bucket, without an end."""

BUCKET_NAMES = (*(f"first_{bound}" for bound in BOUNDS_MS), "first_more")
"""The buckets' attributes in the system's counters, in the order of time."""

Buckets = tuple[int, ...]
"""Answers in each of the nine buckets."""

NOTHING: Buckets = (0,) * len(BUCKET_NAMES)


def bucket_of(first_byte_ms: int) -> str:
    """The attribute that counts an answer whose first byte came after so many milliseconds."""
    return BUCKET_NAMES[bisect_left(BOUNDS_MS, first_byte_ms)]


def buckets_in(counted: Mapping[str, int]) -> Buckets:
    """The buckets among the figures of a counter; 0 for those that are not there."""
    return tuple(counted.get(name, 0) for name in BUCKET_NAMES)


def together(parts: Iterable[Buckets]) -> Buckets:
    """The sum of buckets; nothing sums up to zeros."""
    return tuple(map(sum, zip(NOTHING, *parts, strict=True)))


def percentile_ms(buckets: Buckets, percent: int) -> int | None:
    """Milliseconds within which this per cent (1 to 99) of the answers began; None without any.

    An estimate: inside a bucket answers are taken to lie evenly, so it is off by the bucket's width
    at most. 12,800 stands for that and more.
    """
    counted = sum(buckets)
    if counted <= 0:
        return None
    wanted = counted * percent / 100
    below = 0
    for start, end, inside in zip((0, *BOUNDS_MS), BOUNDS_MS, buckets, strict=False):
        if inside and below + inside >= wanted:
            return round(start + (end - start) * (wanted - below) / inside)
        below += inside
    return BOUNDS_MS[-1]
