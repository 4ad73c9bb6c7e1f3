"""Many streams open at once: what each of them gets, second by second. A process of its own.

    python -m tests.bench.scale_streams < job.json

Opens every stream at the same moment, one connection and one user each. Prints a line when the
last of them has its first byte, so that whoever waits can look at memory and send other requests,
and the result as a JSON line when all have ended.
"""

import asyncio
import gc
import json
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import cast

import uvloop

from tests.bench.load import DONE, LAST_CHUNK, TAIL_BYTES, Job, percentile, requests_of

OPEN_LINE = "open"
FRAME_END = b"\n\n"
MAX_HEAD_BYTES = 64 * 1024


@dataclass(slots=True)
class Streams:
    """What came back. Milliseconds; `chunks` are the frames of each stream in the window.

    The window is from the last stream's first byte to the first stream's end: all are open in it.
    """

    whole: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    most_open: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    frames: int = 0
    first_p50: float = 0.0
    first_p99: float = 0.0
    window_seconds: float = 0.0
    chunks: list[int] = field(default_factory=list)
    gap_p50: float = 0.0  # of each stream's longest silence in the window
    gap_max: float = 0.0


class _Stream(asyncio.Protocol):
    """One request, and the time of each of its frames."""

    def __init__(self, request: bytes, opened: "asyncio.Queue[None]") -> None:
        self._request = request
        self._opened = opened
        self._head: bytearray | None = bytearray()
        self._tail = b""
        self._transport: asyncio.Transport | None = None
        self.start = self.first = self.end = 0.0
        self.failure = "unfinished"
        self.times = array("d")
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.start = time.perf_counter()
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.first:
            self._opened.put_nowait(None)
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if self._head is not None:
            self._head += data
            before, found, data = bytes(self._head).partition(b"\r\n\r\n")
            if not found:
                if len(self._head) > MAX_HEAD_BYTES:
                    self.abort()
                return
            self._head = None
            status = before[9:12].decode("ascii", "replace")
            if status != "200":
                self.failure = status
                self.abort()
                return
        if data:
            self._read(data, now)

    def _read(self, data: bytes, now: float) -> None:
        if not self.first:
            self.first = now
            self._opened.put_nowait(None)
        # a frame's end may be cut in two; what follows it is never another line end
        for _ in range((self._tail[-1:] + data).count(FRAME_END)):
            self.times.append(now)
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        if self._tail.endswith(LAST_CHUNK):
            self.end = now
            self.failure = "" if DONE in self._tail else "incomplete"
            self.abort()

    def abort(self) -> None:
        """Close the connection, whatever is on it."""
        if self._transport is not None:
            self._transport.abort()


async def run_streams(job: Job) -> Streams:
    """Open `job.connections` streams, and wait `job.seconds` at most for all to end."""
    loop = asyncio.get_running_loop()
    opened: asyncio.Queue[None] = asyncio.Queue()
    made = requests_of(job)
    cpu, started = time.process_time(), time.perf_counter()

    async def connect(number: int) -> _Stream:
        _, stream = await loop.create_connection(
            lambda: _Stream(made[number % len(made)], opened), "127.0.0.1", job.port
        )
        return stream

    streams = await asyncio.gather(*(connect(n) for n in range(job.connections)))

    async def tell_open() -> None:
        for _ in streams:
            await opened.get()
        print(OPEN_LINE, flush=True)

    telling = asyncio.create_task(tell_open())
    _, late = await asyncio.wait([stream.closed for stream in streams], timeout=job.seconds)
    for stream in streams if late else ():
        stream.abort()
    await telling
    return _result(streams, time.perf_counter() - started, time.process_time() - cpu)


def _result(streams: list[_Stream], seconds: float, cpu_seconds: float) -> Streams:
    whole = [stream for stream in streams if not stream.failure]
    failed = [stream.failure for stream in streams if stream.failure]
    first = [(stream.first - stream.start) * 1000 for stream in whole]
    result = Streams(
        whole=len(whole),
        failures={kind: failed.count(kind) for kind in set(failed)},
        most_open=_most_open(whole),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        frames=sum(len(stream.times) for stream in streams),
        first_p50=percentile(first, 0.50),
        first_p99=percentile(first, 0.99),
    )
    if whole and result.most_open == len(whole):
        begin = max(stream.first for stream in whole)
        end = min(stream.end for stream in whole)
        times = [[t for t in stream.times if begin <= t <= end] for stream in whole]
        gaps = [max(b - a for a, b in pairwise([begin, *inside, end])) * 1000 for inside in times]
        result.window_seconds = end - begin
        result.chunks = [len(inside) for inside in times]
        result.gap_p50, result.gap_max = percentile(gaps, 0.50), max(gaps)
    return result


def _most_open(whole: list[_Stream]) -> int:
    """How many were open at the same instant; an end goes before a beginning."""
    changes = sorted([(one.first, 1) for one in whole] + [(one.end, -1) for one in whole])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def main() -> None:
    """Run the one job that stdin holds."""
    gc.disable()  # a pause of the collector would look like one of the gateway's
    result = uvloop.run(run_streams(Job(**json.load(sys.stdin))))
    print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main()
