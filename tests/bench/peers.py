"""IA SOLARIS against its peers: same mock, same load, one run, rounds in turn.

    make bench-peers                  three rounds of everything, about ten minutes
    python -m tests.bench.peers --quick --only stream-20

Systems: direct to the mock; IA SOLARIS with quota, rate limit, books and logs on; LiteLLM's proxy
(two workers, no database); Portkey's gateway (one Node process). Prints Markdown, writes
build/bench/peers.json and .svg. Exit code 1: the books differ, or a system failed.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from infra.local.run.programs import ROOT
from tests.bench.books import Books
from tests.bench.generator import Generator
from tests.bench.load import Job, Result
from tests.bench.peer_systems import Peer, start_litellm, start_portkey
from tests.bench.peers_plot import picture
from tests.bench.running import run_bench
from tests.bench.system import PROGRAMS, BenchSystem, tell

ROUNDS, SECONDS = 3, 4.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 1.5
CONNECTIONS = (1, 16, 64)
USERS = 200
MIB = 1024 * 1024
DIRECT, OURS, LITELLM, PORTKEY = "direct", "IA SOLARIS", "LiteLLM", "Portkey"
JSON_PATH = ROOT / "build" / "bench" / "peers.json"
PICTURE_PATH = JSON_PATH.with_suffix(".svg")
# All that IA SOLARIS runs for /v1; the mock is nobody's.
OUR_PROGRAMS = tuple(name for name in PROGRAMS if name != "mock")


_HEADER = (
    "| connections | | requests/s | × LiteLLM | first byte p50 (p99) ms | whole p50 (p99) ms "
    "| CPU ms a request | memory MiB |"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked for."""

    name: str
    title: str
    model: str
    stream: bool


KINDS = (
    Kind("buffered", "buffered", "demo-chunks-20", stream=False),
    Kind("stream-20", "stream, 20 chunks", "demo-chunks-20-0ms", stream=True),
    Kind("stream-200", "stream, 200 chunks 5 ms apart", "demo-chunks-200-5ms", stream=True),
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One system, kind and number of connections, once."""

    result: Result
    cpu_ms: float  # of all the system's processes, a request
    memory_bytes: int
    per_second: float  # until booked, for the one that books


@dataclass(slots=True)
class Row:
    """The rounds of one system, kind and number of connections."""

    system: str
    kind: Kind
    connections: int
    rounds: list[Measurement] = field(default_factory=list)

    def of(self, name: str) -> float:
        """Median of a figure: of the measurement, or of its result."""
        return median(
            float(getattr(one if hasattr(one, name) else one.result, name)) for one in self.rounds
        )

    @property
    def title(self) -> str:
        """Of the kind."""
        return self.kind.title

    @property
    def per_second(self) -> float:
        """Median of requests a second, until booked where something is booked."""
        return self.of("per_second")

    @property
    def failures(self) -> int:
        """Answers that were not 200 or not whole."""
        return sum(sum(one.result.failures.values()) for one in self.rounds)


class PeerBench:
    """All systems, up at the same time; only one is under load."""

    def __init__(self, system: BenchSystem, generator: Generator, peers: Sequence[Peer]) -> None:
        self._system = system
        self._generator = generator
        self._peers = {peer.name: peer for peer in peers}
        self.books = Books()

    def run(self, kinds: Sequence[Kind], rounds: int, seconds: float) -> list[Row]:
        """Every system in turn, kind by kind, round by round; the order turns each round."""
        systems = [DIRECT, OURS, *self._peers]
        for name in systems:
            for kind in kinds:
                self._measure(name, kind, 16, 1.0)  # warm; the books count it too
        rows = [
            Row(name, kind, connections)
            for kind in kinds
            for connections in CONNECTIONS
            for name in systems
        ]
        for number in range(rounds):
            # whoever comes first in one round comes last in the next
            for row in rows if number % 2 == 0 else rows[::-1]:
                row.rounds.append(self._measure(row.system, row.kind, row.connections, seconds))
                latest = row.rounds[-1]
                tell(
                    f"round {number + 1}/{rounds} {row.kind.name} x{row.connections} {row.system}: "
                    f"{latest.per_second:.0f}/s, p50 {latest.result.total_p50:.1f} ms"
                )
        return rows

    def _measure(self, name: str, kind: Kind, connections: int, seconds: float) -> Measurement:
        peer = self._peers.get(name)
        port, key, headers = self._system.gateway_port, self._system.key, {}
        if peer is not None:
            port, key, headers = peer.port, peer.key, peer.headers
        elif name == DIRECT:
            port, key = self._system.mock_port, "none"
        job = Job(
            port=port,
            model=kind.model,
            stream=kind.stream,
            connections=connections,
            seconds=seconds,
            key=key,
            users=USERS,
            headers=headers,
        )
        before = self._cpu(name)
        result = self._generator.run(job)
        drained = self.books.wait_empty() if name == OURS else 0.0
        used = self._cpu(name) - before
        totals = self._system.take_totals()
        if name == OURS:
            failed = sum(result.failures.values())
            self.books.expect(totals, delivered=result.answers, failed=failed)
        return Measurement(
            result=result,
            cpu_ms=used * 1000 / max(1, result.answers),
            memory_bytes=self._memory(name),
            per_second=result.answers / (result.seconds + drained) if result.seconds else 0.0,
        )

    def _cpu(self, name: str) -> float:
        if name in self._peers:
            return self._peers[name].cpu_seconds()
        used = self._system.cpu_seconds()
        return sum(used[one] for one in OUR_PROGRAMS) if name == OURS else 0.0

    def _memory(self, name: str) -> int:
        if name in self._peers:
            return self._peers[name].memory_bytes()
        used = self._system.memory_bytes()
        return sum(used[one] for one in OUR_PROGRAMS) if name == OURS else 0


def markdown(rows: Sequence[Row], versions: str) -> str:
    """One table a kind, and the ratios that are aimed at."""
    lines = [f"## IA SOLARIS and its peers\n\n{versions}"]
    for kind in dict.fromkeys(row.kind for row in rows):
        lines += [
            f"\n### {kind.title}\n",
            _HEADER,
            "|--:|---|--:|--:|--:|--:|--:|--:|",
        ]
        lines += [_line(row, rows) for row in rows if row.kind is kind]
    return "\n".join(lines)


def _line(row: Row, rows: Sequence[Row]) -> str:
    base = next(
        (
            one
            for one in rows
            if (one.system, one.kind, one.connections) == (LITELLM, row.kind, row.connections)
        ),
        None,
    )
    ratio = row.per_second / base.per_second if base and base.per_second else 0.0
    has_own = row.system != DIRECT
    cells = [
        str(row.connections),
        row.system + (f" ({row.failures} failed)" if row.failures else ""),
        f"{row.per_second:,.0f}",
        f"{ratio:.1f}" if base else "",
        f"{row.of('first_p50'):.1f} ({row.of('first_p99'):.1f})",
        f"{row.of('total_p50'):.1f} ({row.of('total_p99'):.1f})",
        f"{row.of('cpu_ms'):.2f}" if has_own else "",
        f"{row.of('memory_bytes') / MIB:.0f}" if has_own else "",
    ]
    return f"| {' | '.join(cells)} |"


def _versions() -> str:
    today = datetime.now(UTC).date().isoformat()
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {today}."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.peers", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="one short round")
    names = [kind.name for kind in KINDS]
    parser.add_argument("--only", choices=names, action="append", help="may be repeated")
    parser.add_argument("--seconds", type=float, help=f"of each measurement ({SECONDS:g})")
    parser.add_argument("--without", choices=("litellm", "portkey"), action="append", default=[])
    return parser.parse_args()


def _run(directory: Path, arguments: argparse.Namespace) -> int:
    system, generator = BenchSystem(directory), Generator()
    peers: list[Peer] = []
    try:
        tell("IA SOLARIS: starting store, cache, mock, worker and gateway …")
        system.start()
        if "litellm" not in arguments.without:
            peers.append(start_litellm(directory, system.mock_port))
        if "portkey" not in arguments.without:
            peers.append(start_portkey(directory, system.mock_port))
        bench = PeerBench(system, generator, peers)
        kinds = [kind for kind in KINDS if kind.name in (arguments.only or [kind.name])]
        rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if arguments.quick else (ROUNDS, SECONDS)
        rows = bench.run(kinds, rounds, arguments.seconds or seconds)
        tell("comparing the books …")
        problems = bench.books.problems()
    finally:
        for peer in peers:
            peer.stop()
        generator.stop()
        system.stop()
    print(markdown(rows, _versions()))
    print("\n" + (bench.books.summary() if not problems else "FAILED:\n" + "\n".join(problems)))
    JSON_PATH.parent.mkdir(parents=True, exist_ok=True)
    compared = [row for row in rows if row.system != DIRECT]
    PICTURE_PATH.write_text(picture(compared, f"IA SOLARIS and its peers. {_versions()}"))
    JSON_PATH.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    tell(f"written to {JSON_PATH.relative_to(ROOT)}")
    return 1 if problems else 0


def main() -> int:
    """Run the bench; all that it starts is stopped, whatever happens."""
    arguments = _arguments()
    return run_bench(lambda directory: _run(directory, arguments))


if __name__ == "__main__":
    sys.exit(main())
