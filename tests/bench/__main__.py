"""Measures the whole system on this machine, against the same load sent to the mock directly.

    make bench                      three rounds of every scenario, about three minutes
    python -m tests.bench --quick   one short round, under a minute
    python -m tests.bench --memory  the gateway's memory over 10,000 streams and a long answer
    python -m tests.bench --only load-stream --seconds 10

Prints Markdown, writes build/bench/latest.json. Exit code 1: the books differ from what the mock
really answered, the gateway's memory grew past its bound, or the bench itself failed. Speed is
printed beside its aims and never asserted.
"""

import argparse
import sys
from pathlib import Path

from infra.local.run.programs import ROOT
from tests.bench.books import Books
from tests.bench.generator import Generator
from tests.bench.measure import SCENARIOS, Bench, Measured, Scenario
from tests.bench.memory import MemoryReport, measure_memory
from tests.bench.report import markdown, write_json
from tests.bench.running import run_bench
from tests.bench.system import BenchSystem, tell

ROUNDS, SECONDS = 3, 3.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 1.0
MAX_SECONDS = 600.0
JSON_PATH = ROOT / "build" / "bench" / "latest.json"


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"between 0 and {MAX_SECONDS:g}")
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--memory", action="store_true", help="memory instead of speed")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", choices=names, action="append", help="may be repeated")
    parser.add_argument("--seconds", type=_seconds, help=f"of each measurement ({SECONDS:g})")
    return parser.parse_args()


def _measure(
    bench: Bench, arguments: argparse.Namespace
) -> tuple[list[Measured], MemoryReport | None]:
    bench.warm()
    if arguments.memory:
        return [], measure_memory(bench)
    chosen: list[Scenario] = [s for s in SCENARIOS if s.name in (arguments.only or [s.name])]
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if arguments.quick else (ROUNDS, SECONDS)
    return bench.run(chosen, rounds, arguments.seconds or seconds), None


def _run(directory: Path, arguments: argparse.Namespace) -> int:
    system, generator = BenchSystem(directory), Generator()
    try:
        tell("starting store, cache, mock, worker and gateway …")
        system.start()
        books = Books()
        memory_start = system.memory_bytes()
        measured, memory = _measure(Bench(system, generator, books), arguments)
        tell("comparing the books …")
        problems = books.problems()
    finally:
        generator.stop()
        system.stop()
    if memory is not None and not memory.is_flat:
        problems.append("the gateway's memory grows")
    print(markdown(measured, memory_start, memory))
    print(books.summary() if not problems else "FAILED:\n" + "\n".join(problems))
    write_json(JSON_PATH, measured, memory, problems)
    tell(f"written to {JSON_PATH.relative_to(ROOT)}")
    return 1 if problems else 0


def main() -> int:
    """Run the bench; all that it starts is stopped, whatever happens."""
    arguments = _arguments()
    return run_bench(lambda directory: _run(directory, arguments))


if __name__ == "__main__":
    sys.exit(main())
