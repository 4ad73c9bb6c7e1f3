"""The load generator: raw HTTP/1.1 over asyncio, in a process of its own.

    python -m tests.bench.load

One JSON job a line on stdin, one JSON result a line on stdout; it ends with its input. It knows
just enough HTTP for the mock and the gateway, so that the load is not what is measured: a body
ends by its Content-Length, or by the chunk of length zero. A stream counts as whole only if
`[DONE]` came in front of that.
"""

import asyncio
import gc
import json
import sys
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import cast

import uvloop

PATH = "/v1/chat/completions"
TAIL_BYTES = 64
LAST_CHUNK = b"\r\n0\r\n\r\n"
DONE = b"[DONE]"
OK = 200
FINISH_SECONDS = 30.0  # for the answers that are open when the time is over
REFUSED_PAUSE_SECONDS = 0.01
MAX_HEAD_BYTES = 64 * 1024
PROMPT = "Summarise the attached minutes in five points, name who does what, and keep the dates."


@dataclass(frozen=True, slots=True)
class Job:
    """What to send; ends after `seconds`, or after `requests` if that is not 0."""

    port: int
    model: str
    stream: bool
    connections: int
    seconds: float
    key: str = "none"
    users: int = 200
    user_prefix: str = "user"
    requests: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """What came back. Times are milliseconds; `first` is the first byte of the body."""

    answers: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    body_bytes: int = 0
    first_p50: float = 0.0
    first_p99: float = 0.0
    total_p50: float = 0.0
    total_p99: float = 0.0

    @property
    def per_second(self) -> float:
        """Whole answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0


class _Run:
    """One job: its requests and what is known of the answers."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.requests = requests_of(job)
        self.numbers = count()
        self.first = array("d")
        self.total = array("d")
        self.failures: Counter[str] = Counter()
        self.body_bytes = 0
        self.deadline = time.perf_counter() + job.seconds

    def next_request(self) -> bytes | None:
        """The next user's request, None when the job is over."""
        number = next(self.numbers)
        if time.perf_counter() >= self.deadline:
            return None
        if self.job.requests and number >= self.job.requests:
            return None
        return self.requests[number % len(self.requests)]


def requests_of(job: Job) -> list[bytes]:
    """One ready request a user."""
    body = json.dumps(
        {
            "model": job.model,
            "stream": job.stream,
            "messages": [{"role": "user", "content": PROMPT}],
        }
    ).encode()
    head = (
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        "X-User-Email: {prefix}-{number}@bench.example\r\nX-User-Name: Bench {number}\r\n"
        "Content-Type: application/json\r\nUser-Agent: solaris-bench\r\n"
        "Content-Length: {length}\r\n{more}\r\n"
    )
    more = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
    made = []
    for number in range(job.users):
        values = {"path": PATH, "port": job.port, "key": job.key, "prefix": job.user_prefix}
        filled = head.format(number=number, length=len(body), more=more, **values)
        made.append(filled.encode() + body)
    return made


class _Connection(asyncio.Protocol):
    """One kept-alive connection: a request, its answer, the next request."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._is_open = False  # an answer is awaited
        self._head: bytearray | None = None
        self._status = 0
        self._left = 0
        self._tail = b""
        self._start = 0.0
        self._first = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_open:
            self._run.failures["broken"] += 1
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            body = self._read_head(data)
            if body is None:
                return
            data = body
            if not data and self._left:
                return
        if not self._first:
            self._first = time.perf_counter()
        self._run.body_bytes += len(data)
        size = len(data)
        self._tail = data[-TAIL_BYTES:] if size >= TAIL_BYTES else (self._tail + data)[-TAIL_BYTES:]
        if self._left < 0:
            if self._tail.endswith(LAST_CHUNK):
                self._finish()
            return
        self._left -= size
        if self._left <= 0:
            self._finish()

    def _send(self) -> None:
        transport = self._transport
        request = self._run.next_request()
        if transport is None or transport.is_closing() or request is None:
            if transport is not None:
                transport.close()
            return
        self._head = bytearray()
        self._tail = b""
        self._first = 0.0
        self._is_open = True
        self._start = time.perf_counter()
        transport.write(request)

    def _read_head(self, data: bytes) -> bytes | None:
        """Return what follows the headers, None while they are not whole."""
        head = self._head if self._head is not None else bytearray()
        head += data
        end = head.find(b"\r\n\r\n")
        if end < 0:
            if len(head) > MAX_HEAD_BYTES and self._transport is not None:
                self._transport.abort()
            return None
        self._status = int(head[9:12])
        found = head[:end].lower().find(b"\r\ncontent-length:")
        if found < 0:
            self._left = -1  # chunked
        else:
            line_end = head.find(b"\r\n", found + 2)
            self._left = int(head[found + 17 : line_end])
        self._head = None
        return bytes(head[end + 4 :])

    def _finish(self) -> None:
        now = time.perf_counter()
        run = self._run
        self._is_open = False
        if self._status != OK:
            run.failures[str(self._status)] += 1
            asyncio.get_running_loop().call_later(REFUSED_PAUSE_SECONDS, self._send)
            return
        if run.job.stream and DONE not in self._tail:
            run.failures["incomplete"] += 1
        else:
            run.first.append((self._first - self._start) * 1000)
            run.total.append((now - self._start) * 1000)
        self._send()


async def run_job(job: Job) -> Result:
    """Run one job; every connection finishes the answer it is in."""
    run = _Run(job)
    loop = asyncio.get_running_loop()
    cpu, started = time.process_time(), time.perf_counter()
    connections = []
    for _ in range(job.connections):
        _, connection = await loop.create_connection(
            lambda: _Connection(run), "127.0.0.1", job.port
        )
        connections.append(connection)
    closed = [connection.closed for connection in connections]
    _, late = await asyncio.wait(closed, timeout=job.seconds + FINISH_SECONDS)
    if late:
        run.failures["unfinished"] += len(late)
        for connection in connections:
            if connection._transport is not None:
                connection._transport.abort()
    return Result(
        answers=len(run.total),
        failures=dict(run.failures),
        seconds=time.perf_counter() - started,
        cpu_seconds=time.process_time() - cpu,
        body_bytes=run.body_bytes,
        first_p50=percentile(run.first, 0.50),
        first_p99=percentile(run.first, 0.99),
        total_p50=percentile(run.total, 0.50),
        total_p99=percentile(run.total, 0.99),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    """Serve jobs until stdin ends."""
    gc.disable()  # one job at a time, and its garbage holds no cycles worth a pause
    for line in sys.stdin:
        result = uvloop.run(run_job(Job(**json.loads(line))))
        print(json.dumps(asdict(result)), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
