"""Cost of a request against the size of the store, one hot user, and a thousand open streams.

    make bench-scale                          five minutes
    python -m tests.bench.scale --quick       a minute and a half
    python -m tests.bench.scale --full        with 1,000,000 records of 100,000 users

Two systems are up at a time: the base line (10 users, 1,000 records) and a larger one, measured in
turn, so that what else the machine does hits both. Prints Markdown, writes build/bench/scale.json.
Exit code 1: the books differ from what the mock really answered, or a system failed. Speed is
printed and never asserted.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from infra.local.run.programs import ROOT
from tests.bench.generator import Generator
from tests.bench.running import run_bench
from tests.bench.scale_measure import (
    MANY,
    ONE,
    SENDERS,
    Pair,
    ScaleBench,
    base_of,
    compare_sizes,
    compare_users,
)
from tests.bench.scale_open import fairness, measure_open
from tests.bench.scale_report import markdown, write_json
from tests.bench.scale_system import ScaleSystem, Size
from tests.bench.system import tell

BASE = Size(users=10, records=1_000)
QUICK = (Size(1_000, 1_000), Size(1_000, 10_000))
DEFAULT = (Size(1_000, 1_000), Size(100_000, 1_000), Size(1_000, 100_000))
FULL = (*DEFAULT, Size(100_000, 1_000_000))
ROUNDS, SECONDS = 5, 3.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 1.5
# Long enough that the first has not ended when the last begins.
STREAM_MODEL, QUICK_STREAM_MODEL = "demo-chunks-400-50ms", "demo-chunks-200-100ms"
JSON_PATH = ROOT / "build" / "bench" / "scale.json"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.scale", description=(__doc__ or "").split("\n")[0]
    )
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="small stores, one short round")
    sizes.add_argument("--full", action="store_true", help="1,000,000 records, 100,000 users")
    return parser.parse_args()


def _filled(directory: Path, size: Size) -> ScaleSystem:
    """A running system with its company."""
    path = directory / f"{size.users}-{size.records}"
    path.mkdir()
    system = ScaleSystem(path, size)
    tell(f"{size.title}: filling and starting …")
    try:
        system.fill()
        system.start()
    except BaseException:
        system.stop()
        raise
    tell(f"{size.title}: filled in {system.load_seconds:.0f} s")
    return system


def _larger(
    directory: Path, size: Size, base: ScaleBench, rounds: int, seconds: float
) -> tuple[Pair, list[str]]:
    """One size against the base line, and what is wrong with its books."""
    system = _filled(directory, size)
    try:
        bench = ScaleBench(system, base.generator)
        system.wait_until_settled()
        bench.warm(SENDERS)
        system.wait_until_quiet()
        pair = compare_sizes(base, bench, rounds, seconds)
        problems = [f"{size.title}: {problem}" for problem in bench.books.problems()]
        pair.start_seconds = system.start_again()
        return pair, problems
    finally:
        system.stop()


def _run(directory: Path, arguments: argparse.Namespace) -> int:
    is_quick = arguments.quick
    sizes = QUICK if is_quick else FULL if arguments.full else DEFAULT
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if is_quick else (ROUNDS, SECONDS)
    generator = Generator()
    system: ScaleSystem | None = None
    try:
        system = _filled(directory, BASE)
        base = ScaleBench(system, generator)
        base.warm(SENDERS)
        # first, because memory that other load has left free would be used again
        streams = measure_open(base, QUICK_STREAM_MODEL if is_quick else STREAM_MODEL)
        base.warm(ONE)
        base.warm(MANY)
        hot = compare_users(base, rounds, seconds)
        pairs, problems = [], []
        for size in sizes:
            pair, found = _larger(directory, size, base, rounds, seconds)
            pairs.append(pair)
            problems += found
        problems += [f"{BASE.title}: {problem}" for problem in base.books.problems()]
        small = base_of(pairs, BASE.title)
        base.note_size(small)
        small.start_seconds = system.start_again()
    finally:
        generator.stop()
        if system is not None:
            system.stop()
    print(markdown(small, pairs, hot, streams))
    print("\n" + ("FAILED:\n" + "\n".join(problems) if problems else "books: equal to the token"))
    data = {
        "base": asdict(small),
        "sizes": [asdict(pair) for pair in pairs],
        "hot_user": asdict(hot),
        "open_streams": asdict(streams),
        "fairness": fairness(streams.gateway.chunks),
        "problems": problems,
    }
    write_json(JSON_PATH, data)
    tell(f"written to {JSON_PATH.relative_to(ROOT)}")
    return 1 if problems else 0


def main() -> int:
    """Run the bench; all that it starts is stopped, whatever happens."""
    arguments = _arguments()
    return run_bench(lambda directory: _run(directory, arguments))


if __name__ == "__main__":
    sys.exit(main())
