"""Where a day's records and counters lie in the by_day indexes.

A day has several index partitions, because one takes 1,000 writes a second. Which one is told by
a checksum of the item's own id, so that a repeated write finds the same.
"""

import zlib

USAGE_SHARDS = 8
COUNTER_SHARDS = 4


def usage_shard(day: str, request_id: str) -> str:
    """Index partition of a usage record: `2026-11-22#5`."""
    return f"{day}#{zlib.crc32(request_id.encode()) % USAGE_SHARDS}"


def counter_shard(day: str, user_id: str) -> str:
    """Index partition of a user's counters of a day: `2026-11-22#3`."""
    return f"{day}#{zlib.crc32(user_id.encode()) % COUNTER_SHARDS}"


def usage_shards(day: str) -> list[str]:
    """Every index partition of a day's records."""
    return [f"{day}#{n}" for n in range(USAGE_SHARDS)]


def counter_shards(day: str) -> list[str]:
    """Every index partition of a day's user counters."""
    return [f"{day}#{n}" for n in range(COUNTER_SHARDS)]
