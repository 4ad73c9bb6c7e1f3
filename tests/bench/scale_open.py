"""A thousand open streams on the one gateway process: memory, fairness, and what others feel."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from infra.local.run.programs import ROOT
from tests.bench.generator import BenchError, Generator
from tests.bench.load import Job, Result
from tests.bench.scale_measure import SENDERS, ScaleBench
from tests.bench.scale_streams import OPEN_LINE, Streams
from tests.bench.system import tell

STREAMS = 1_000
STREAM_SECONDS = 240.0  # a bound, for a machine that has other work
SLACK_SECONDS = 30.0
PROBE_SECONDS = 3.0
_USERS = "open"


@dataclass(frozen=True, slots=True)
class OpenStreams:
    """Bytes, and the requests of one more connection before and meanwhile."""

    asked: int
    model: str
    direct: Streams
    gateway: Streams
    idle_bytes: int
    open_bytes: int
    drain_seconds: float
    gateway_cpu_seconds: float
    mock_cpu_seconds: float
    alone: Result
    meanwhile: Result

    @property
    def bytes_a_stream(self) -> float:
        """What the gateway's memory rose by, for each of them."""
        return (self.open_bytes - self.idle_bytes) / self.asked


def fairness(chunks: list[int]) -> float:
    """Jain's index: 1 when all got the same, 1/n when one got everything; 0 without any."""
    squares = sum(one * one for one in chunks)
    return sum(chunks) ** 2 / (len(chunks) * squares) if squares else 0.0


def measure_open(bench: ScaleBench, model: str) -> OpenStreams:
    """The streams sent to the mock directly, then through the gateway."""
    system = bench.system
    job = replace(bench.job((_USERS, STREAMS), STREAM_SECONDS), model=model, connections=STREAMS)
    probe = replace(bench.job(SENDERS, PROBE_SECONDS), connections=1)
    bench.warm((_USERS, STREAMS))
    alone = bench.sample(probe).result
    tell(f"{STREAMS:,} streams, direct to the mock …")
    direct, _, _ = _run(bench.generator, replace(job, port=system.mock_port), None, lambda: 0)
    system.reset_mock()
    tell(f"{STREAMS:,} streams through the gateway …")
    before, idle_bytes = system.cpu_seconds(), system.memory_bytes()["gateway"]
    streams, meanwhile, open_bytes = _run(
        bench.generator, job, probe, lambda: system.memory_bytes()["gateway"]
    )
    after = system.cpu_seconds()
    if meanwhile is None:
        raise BenchError("nothing was asked while the streams were open")
    drain_seconds = bench.books.wait_empty()
    failed = sum(streams.failures.values()) + sum(meanwhile.failures.values())
    bench.expect(job, probe, delivered=streams.whole + meanwhile.answers, failed=failed)
    return OpenStreams(
        asked=STREAMS,
        model=model,
        direct=direct,
        gateway=streams,
        idle_bytes=idle_bytes,
        open_bytes=open_bytes,
        drain_seconds=drain_seconds,
        gateway_cpu_seconds=after["gateway"] - before["gateway"],
        mock_cpu_seconds=after["mock"] - before["mock"],
        alone=alone,
        meanwhile=meanwhile,
    )


def _run(
    generator: Generator, job: Job, probe: Job | None, memory: Callable[[], int]
) -> tuple[Streams, Result | None, int]:
    """The streams, the probe's answers while all are open, and the most memory then."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.scale_streams"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        bound = threading.Timer(job.seconds + SLACK_SECONDS, process.kill)
        bound.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise BenchError("the streams' process has no pipes")
            process.stdin.write(json.dumps(asdict(job)))
            process.stdin.close()
            if process.stdout.readline().strip() != OPEN_LINE:
                raise BenchError("the streams did not open")
            most = memory()
            answered = generator.run(probe) if probe else None
            most = max(most, memory())
            line = process.stdout.readline()
        finally:
            bound.cancel()
            process.kill()
    if not line:
        raise BenchError("the streams did not end")
    return Streams(**json.loads(line)), answered, most
