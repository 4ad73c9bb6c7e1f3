"""Faults under load, and the books after each: `make test-faults`.

    python -m tests.faults                          20 rounds of kill -9, then every other fault
    python -m tests.faults --rounds 0 --only queue-down
    python -m tests.faults --store dynamodb-local   DynamoDB Local with its tables in files

A whole local system answers 16 connections of streamed and buffered requests; some users are
near their quota, some clients hang up. Then a fault. When all is over, every answer that a client
saw finished must have exactly one record with the tokens that it stated, records must equal what
the upstream counted (or an estimate, where an answer broke), `solaris reconcile` must find
nothing, nobody may be over their quota, no reservation may outlive its expiry, and nothing may be
charged for what was refused. Faults that last are told by /health/detailed within 30 s, and told
no longer 60 s after their end.

Exit code 1: something differs. 3: this machine cannot run it.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Never

from solaris.platform.logs import configure_logging
from tests.faults.arena import arena
from tests.faults.machine import machine
from tests.faults.rounds import HEADERS, LOAD_SECONDS, MAX_SHOWN, Rounds, Row, line
from tests.faults.scenarios import SCENARIOS, Scenario, possible
from tests.faults.tables import EMBEDDED, STORES, NotPossibleError

ROUNDS, MAX_ROUNDS = 20, 1_000
SEED_BITS = 32
KILLS = "kills"


def main() -> int:
    """Run what was asked for; print a line a round."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _stop)
    if arguments.seed is None:
        arguments.seed = random.getrandbits(SEED_BITS)
    seed = arguments.seed
    print(f"seed {seed}, store {arguments.store}", flush=True)
    print(line(HEADERS), flush=True)
    rows: list[Row] = []
    skipped: list[str] = []
    started = time.monotonic()
    configure_logging("CRITICAL")  # what it should say of the books, the table says

    def take(row: Row) -> None:
        rows.append(row)
        _show(row)

    wanted = arguments.only or [KILLS, *(one.name for one in SCENARIOS)]
    chosen = [one for one in SCENARIOS if one.name in wanted]
    with tempfile.TemporaryDirectory(prefix="solaris-faults-") as name:
        try:
            rounds = Rounds(seed, seconds=arguments.seconds)
            if KILLS in wanted and arguments.rounds:
                _kills(Path(name) / "kills", rounds, arguments, take)
            if chosen:
                skipped = _scenarios(Path(name) / "faults", rounds, arguments, chosen, take)
        except NotPossibleError as error:
            print(f"test-faults: {error}", file=sys.stderr)
            return 3
    for reason in skipped:
        print(f"skipped: {reason}")
    return _summary(rows, seed, time.monotonic() - started)


def _kills(
    directory: Path, rounds: Rounds, arguments: argparse.Namespace, take: Callable[[Row], None]
) -> None:
    directory.mkdir()
    with machine(directory, store=arguments.store) as running:
        for _ in range(arguments.rounds):
            take(rounds.kill(running))


def _scenarios(
    directory: Path,
    rounds: Rounds,
    arguments: argparse.Namespace,
    chosen: list[Scenario],
    take: Callable[[Row], None],
) -> list[str]:
    directory.mkdir()
    skipped = []
    seconds = arguments.seconds
    with arena(directory, store=arguments.store, seed=arguments.seed, seconds=seconds) as place:
        for one in chosen:
            try:
                possible(place, one)
            except NotPossibleError as error:
                skipped.append(str(error))
                continue
            take(rounds.scenario(place, one))
    return skipped


def _show(row: Row) -> None:
    print(line(row.cells()), *(f"({note})" for note in row.notes), flush=True)
    for one in row.differences[:MAX_SHOWN]:
        print(f"       {one}", flush=True)
    if len(row.differences) > MAX_SHOWN:
        print(f"       … and {len(row.differences) - MAX_SHOWN} more", flush=True)


def _summary(rows: list[Row], seed: int, seconds: float) -> int:
    requests = sum(len(row.load.seen) for row in rows)
    records = sum(row.verdict.records for row in rows)
    differences = sum(len(row.differences) for row in rows)
    books = "the books are equal" if not differences else f"{differences} differences"
    print(
        f"{len(rows)} faults, {requests:,} requests, {records:,} records in {seconds:.0f} s: "
        f"{books} (seed {seed})",
        flush=True,
    )
    return 1 if differences else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__.split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--rounds", type=_count, default=ROUNDS, help=f"of kill -9 ({ROUNDS})")
    parser.add_argument("--seed", type=int, help="as an earlier run printed it")
    parser.add_argument("--store", choices=STORES, default=EMBEDDED)
    names = [KILLS, *(one.name for one in SCENARIOS)]
    parser.add_argument("--only", choices=names, action="append", help="may be repeated")
    parser.add_argument(
        "--seconds", type=float, default=LOAD_SECONDS, help=f"of load a round ({LOAD_SECONDS:g})"
    )
    return parser.parse_args()


def _stop(number: int, _frame: object) -> Never:
    """Leave by way of every block, which ends what was started."""
    raise SystemExit(128 + number)


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_ROUNDS:
        raise argparse.ArgumentTypeError(f"between 0 and {MAX_ROUNDS}")
    return value


if __name__ == "__main__":
    sys.exit(main())
