"""What others feel while twenty connections send bodies that shall stop the gateway.

    python -m tests.e2e.hostile_bodies [--seconds 30] [--later 60]

Starts a system of its own on this machine, asks for health and for the first byte of a chat ten
times a second each, without and then with the hostile connections, and prints the 50th and 99th
percentile, the memory of the gateway and the functions, and both again a minute later. It measures
in rounds, without and with them in turn, so that what else the machine does is in both. The hostile
connections are a process of their own, which competes for the same cores.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import socket
import statistics
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil

from tests.e2e.local_system import LocalSystem, running

CONNECTIONS = 20
EVERY_SECONDS = 0.1
CALL_SECONDS = 30.0
READY_SECONDS = 120.0  # to make its bodies, on a busy machine
MEGABYTE = 1_000_000
MEBIBYTE = 1024 * 1024
LARGE = 19 * MEGABYTE

# What is within the bounds is counted and then refused for the quota: the upstream of this machine,
# which would parse it on the same two cores, is not what is measured.
SETTINGS = {"DEFAULT_MONTHLY_LIMIT": "4000", "MIN_USER_LIMIT": "0"}


def _chat(messages: bytes) -> bytes:
    return b'{"model":"demo-fast","messages":' + messages + b"}"


def _many(item: bytes) -> bytes:
    return _chat(b"[" + b",".join([item] * (LARGE // (len(item) + 1))) + b"]")


def bodies() -> dict[str, bytes]:
    """The bodies that come whole, by their kind."""
    return {
        "wide": _many(b"[]"),
        "objects": _many(b'{"a":{}}'),
        "texts": _many(b'"a"'),
        "below the bound": _chat(b"[" + b",".join([b'{"a":0}'] * 19_000) + b"]"),
        "deep": _chat(b"[" * 2 * MEGABYTE),
        "names": _chat(b"{" + b",".join(b'"k%d":1' % one for one in range(MEGABYTE)) + b"}"),
        "huge number": _chat(b"[" + b"1" * LARGE + b"]"),
        "picture": _chat(
            b'[{"role":"user","content":[{"type":"image_url","image_url":{"url":'
            b'"data:image/png;base64,' + b"A" * LARGE + b'"}}]}]'
        ),
        "long text": _chat(b'[{"role":"user","content":"' + b"many words " * 500_000 + b'"}]'),
    }


_users = itertools.count()


class Hostile:
    """Twenty threads, each one connection after another, every kind in turn, until `stop`."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._bodies = bodies()

    def run(self, number: int, until: float) -> None:
        names = [*self._bodies, "wrong key", "sign-in", "check", "slow", "chunked", "lies"]
        for turn in itertools.count(number):
            if time.monotonic() > until:
                return
            with suppress(OSError):
                self._send(names[turn % len(names)], number, until)

    def _send(self, name: str, number: int, until: float) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=CALL_SECONDS) as one:
            key = "sk-wrong" if name == "wrong key" else self._key
            path = {"sign-in": "/api/auth/login", "check": "/v1/quota/check"}.get(
                name, "/v1/chat/completions"
            )
            body = self._bodies.get(name, self._bodies["wide"])
            length = f"content-length: {len(body) + 1000 if name == 'lies' else len(body)}"
            chunked = name in ("chunked", "slow")
            head = (
                f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
                f"x-user-email: hostile{number}@example.com\r\ncontent-type: application/json\r\n"
                f"{'transfer-encoding: chunked' if chunked else length}\r\n"
                "connection: close\r\n\r\n"
            )
            one.sendall(head.encode())
            if name == "slow":
                one.sendall(b"%x\r\n" % len(body) + body[: 2 * MEGABYTE])
                time.sleep(max(0.0, min(2.0, until - time.monotonic())))
                return
            if chunked:
                body = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
            with suppress(ConnectionError):
                one.sendall(body)
            if name == "lies":
                one.shutdown(socket.SHUT_WR)
            while one.recv(65_536):
                pass


def attack(port: int, key: str, seconds: float, ready: Event) -> None:
    """Send hostile bodies for so long, over twenty connections; `ready` when it begins."""
    hostile = Hostile(port, key)
    ready.set()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=hostile.run, args=(number, until)) for number in range(CONNECTIONS)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


@dataclass
class Felt:
    """Seconds until health was answered and until a chat's first byte; most memory, in bytes."""

    health: list[float] = field(default_factory=list)
    chat: list[float] = field(default_factory=list)
    failed: int = 0
    most_memory: int = 0

    def add(self, other: "Felt") -> None:
        """What was felt in another round."""
        self.health += other.health
        self.chat += other.chat
        self.failed += other.failed
        self.most_memory = max(self.most_memory, other.most_memory)

    def shown(self) -> str:
        parts = [
            f"{name} p50 {_at(values, 50):6.1f} ms, p99 {_at(values, 99):6.1f} ms ({len(values)})"
            for name, values in (("health", self.health), ("chat", self.chat))
        ]
        memory = f"memory {self.most_memory / MEBIBYTE:.0f} MiB at most"
        return f"{'; '.join(parts)}; failed {self.failed}; {memory}"


def _at(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] * 1000


def memory(system: LocalSystem) -> int:
    """Resident bytes of the processes that read what clients send."""
    total = 0
    for child in psutil.Process(system.process.pid).children(recursive=True):
        with suppress(psutil.Error):
            if {"infra.local.edge.gateway", "infra.local.edge.functions"} & set(child.cmdline()):
                total += child.memory_info().rss
    return total


async def _call(system: LocalSystem, request: bytes, ends: bytes) -> bytes:
    async with asyncio.timeout(CALL_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", system.port)
        try:
            writer.write(request)
            return await reader.readuntil(ends)
        finally:
            writer.close()


async def feel(system: LocalSystem, seconds: float) -> Felt:
    """Ask for so long."""
    felt = Felt()
    health = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    body = json.dumps(
        {"model": "demo-fast", "messages": [{"role": "user", "content": "Oi"}], "stream": True}
    ).encode()

    async def once(request: bytes, ends: bytes, into: list[float]) -> None:
        began = time.perf_counter()
        try:
            answer = await _call(system, request, ends)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            felt.failed += 1
            return
        if b" 200 " in answer[:20]:
            into.append(time.perf_counter() - began)
        else:
            felt.failed += 1

    async with asyncio.TaskGroup() as group:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            head = (
                f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                f"authorization: Bearer {system.printed_key}\r\ncontent-length: {len(body)}\r\n"
                f"x-user-email: user{next(_users) % 500}@example.com\r\n\r\n"
            )
            group.create_task(once(health, b"\r\n\r\n", felt.health))
            group.create_task(once(head.encode() + body, b"data:", felt.chat))
            felt.most_memory = max(felt.most_memory, memory(system))
            await asyncio.sleep(EVERY_SECONDS)
    return felt


def felt_under_attack(system: LocalSystem, seconds: float) -> Felt:
    """What others feel while bodies of every kind come; returns when the last has ended."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    arguments = (system.port, system.printed_key, seconds, ready)
    hostile = context.Process(target=attack, args=arguments)
    hostile.start()
    try:
        assert ready.wait(READY_SECONDS)
        return asyncio.run(feel(system, seconds))
    finally:
        hostile.join(seconds + CALL_SECONDS)
        if hostile.is_alive():
            hostile.terminate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Hostile bodies")
    parser.add_argument("--seconds", type=float, default=10, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--later", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), **SETTINGS) as system:
        asyncio.run(feel(system, 8))
        before, during = Felt(), Felt()
        for _ in range(arguments.rounds):
            before.add(asyncio.run(feel(system, arguments.seconds)))
            during.add(felt_under_attack(system, arguments.seconds))
        print("without:", before.shown(), flush=True)
        print("with:   ", during.shown(), flush=True)
        for name in ("health", "chat"):
            more = _at(getattr(during, name), 99) - _at(getattr(before, name), 99)
            print(f"{name}: p99 {more:+.0f} ms", flush=True)
        grown = (during.most_memory - before.most_memory) / MEBIBYTE
        time.sleep(arguments.later)
        after = asyncio.run(feel(system, 5))
        print(f"{arguments.later:.0f} s later:", after.shown())
        left = (after.most_memory - before.most_memory) / MEBIBYTE
        print(f"memory: +{grown:.0f} MiB under attack, +{left:.0f} MiB afterwards")


if __name__ == "__main__":
    main()
