"""The gateway's memory: flat over many streams, and constant for one very long answer."""

import threading
from dataclasses import dataclass

import psutil

from infra.local.demo.upstream.__main__ import behaviour_of
from tests.bench.load import Job, Result
from tests.bench.measure import CONNECTIONS, FRAMES_MODEL, USERS, Bench
from tests.bench.system import tell

STREAMS = 10_000
STREAMS_A_STEP = 1_000
STEP_SECONDS = 120.0
MAX_GROWTH_BYTES = 16 * 1024 * 1024  # after the first step, over all the others
LONG_TOKENS = 200_000
LONG_SECONDS = 120.0
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """RSS of the gateway in bytes."""

    steps: list[int]
    streams: int
    long_tokens: int
    long_body_bytes: int
    long_growth_bytes: int

    @property
    def growth_bytes(self) -> int:
        """Growth after the first thousand streams."""
        return self.steps[-1] - self.steps[0]

    @property
    def is_flat(self) -> bool:
        """Whether the growth is within the bound."""
        return self.growth_bytes <= MAX_GROWTH_BYTES


def measure_memory(bench: Bench) -> MemoryReport:
    """10,000 streams in steps of a thousand, then one long answer."""
    gateway = psutil.Process(bench.system.pid("gateway"))
    steps: list[int] = []
    streams = 0
    while len(steps) < STREAMS // STREAMS_A_STEP:
        job = _job(bench, FRAMES_MODEL, connections=CONNECTIONS, requests=STREAMS_A_STEP)
        result, drain_seconds = bench.through_gateway(job)
        streams += result.answers
        steps.append(gateway.memory_info().rss)
        tell(f"{streams:,} streams: {_mib(steps[-1])}, booked after {drain_seconds:.1f} s")
    model = f"demo-tokens-{LONG_TOKENS}"
    behaviour = behaviour_of(model)  # the mock may know a smaller limit
    result, growth = _long_answer(bench, gateway, model)
    return MemoryReport(
        steps=steps,
        streams=streams,
        long_tokens=behaviour.length if behaviour else 0,
        long_body_bytes=result.body_bytes,
        long_growth_bytes=growth,
    )


def _long_answer(bench: Bench, gateway: psutil.Process, model: str) -> tuple[Result, int]:
    """One answer, and how far RSS rose above what it was before."""
    before = gateway.memory_info().rss
    peak = before
    over = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not over.wait(SAMPLE_SECONDS):
            peak = max(peak, gateway.memory_info().rss)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        job = _job(bench, model, connections=1, requests=1)
        result, _ = bench.through_gateway(job)
    finally:
        over.set()
        sampler.join()
    return result, peak - before


def _job(bench: Bench, model: str, *, connections: int, requests: int) -> Job:
    return Job(
        port=bench.system.gateway_port,
        model=model,
        stream=True,
        connections=connections,
        seconds=STEP_SECONDS if connections > 1 else LONG_SECONDS,
        key=bench.system.key,
        users=USERS,
        requests=requests,
    )


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB"
