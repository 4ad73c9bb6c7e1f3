"""How often transactions meet on the system's counters, by rate and number of shards. On paper.

    python -m tests.bench.scale_conflicts --milliseconds 20

Every batch adds to the counters of one shard, and DynamoDB refuses a transaction that meets
another on an item. This plays arrivals by chance against the ledger's own attempts and pauses; how
long a transaction takes on AWS is assumed, and nothing else here is measured.
"""

import argparse
import heapq
import random
from dataclasses import dataclass

from solaris.ledger.booking import SYSTEM_SHARDS
from solaris.platform.aws.retry import CONFLICT

BATCH_EVENTS = 10  # template.yaml: BatchSize of RecordUsage
SECONDS = 120.0
SEED = 7
CASES = (
    *((SYSTEM_SHARDS, rate) for rate in (670, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000)),
    *((shards, 10_000) for shards in (32, 64, 128)),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of all transactions."""

    tries: float
    given_up: float  # the share
    p99_ms: float


def simulate(events_per_second: int, shards: int, seconds: float) -> Outcome:
    """Transactions of `seconds` each that arrive by chance for SECONDS."""
    chance = random.Random(SEED)
    free_at = [0.0] * shards
    waiting: list[tuple[float, int, int, int, float]] = []
    now, count = 0.0, 0
    while (now := now + chance.expovariate(events_per_second / BATCH_EVENTS)) < SECONDS:
        heapq.heappush(waiting, (now, count, 0, chance.randrange(shards), now))
        count += 1
    tries = given_up = 0
    took = []
    while waiting:
        now, number, attempt, shard, begun = heapq.heappop(waiting)
        tries += 1
        if free_at[shard] <= now:
            free_at[shard] = now + seconds
            took.append(free_at[shard] - begun)
        elif attempt + 1 == CONFLICT.most:
            given_up += 1
        else:
            pause = chance.uniform(0, CONFLICT.pause_seconds * (attempt + 1))
            # the refusal itself takes about half of a transaction
            again = now + seconds / 2 + pause
            heapq.heappush(waiting, (again, number, attempt + 1, shard, begun))
    took.sort()
    return Outcome(tries / count, given_up / count, took[int(0.99 * len(took))] * 1000)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--milliseconds", type=float, default=20.0, help="of a transaction (20)")
    milliseconds = parser.parse_args().milliseconds
    print(f"Transactions of {milliseconds:g} ms, {BATCH_EVENTS} events each.\n")
    print("| shards | events/s | tries | given up | p99 ms |\n|--:|--:|--:|--:|--:|")
    for shards, rate in CASES:
        one = simulate(rate, shards, milliseconds / 1000)
        cells = f"{shards} | {rate:,} | {one.tries:.1f} | {one.given_up:.2%} | {one.p99_ms:.0f}"
        print(f"| {cells} |")


if __name__ == "__main__":
    main()
