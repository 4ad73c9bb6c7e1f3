"""The short form of `make soak`: each kind of fault once, for a few seconds, under a little load.

Its bounds in seconds are the long form's alone: here the machine may be busy, and each wait is for
a condition.
"""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread

import httpx
import pytest

from solaris.operations.states import REASONS
from tests.e2e.test_faults import EXCHANGE, LINE, SEEN, WHOLE
from tests.faults.arena import Arena, arena
from tests.faults.books import Ledger, Verdict, held_against
from tests.faults.garbling import Garble, GarblingProxy
from tests.faults.health import SILENT
from tests.faults.ills import ILLS, Ill, Told, tell
from tests.faults.load import Load, new_people
from tests.faults.soak_table import Account, table

SEED = 20_261_129
LOAD_SECONDS, PAUSE_SECONDS = 1.0, 2.0
BOUND_SECONDS = 120.0
CLOCK_JUMPED = "clock_jumped"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n" + b"d" * 40 + b"\r\n0\r\n\r\n"
)
WHOLE_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + b"{" * 40


@pytest.fixture(name="place", scope="module")
def place_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One system for all of them."""
    with arena(tmp_path_factory.mktemp("faults"), seed=SEED, seconds=LOAD_SECONDS) as place:
        yield place


@pytest.mark.e2e
@pytest.mark.parametrize("ill", ILLS, ids=lambda one: one.name)
def test_it_is_told_and_forgotten_and_the_books_are_equal(place: Arena, ill: Ill) -> None:
    if why := ill.lacks(place):
        pytest.skip(why)
    people = new_people()
    place.machine.welcome(people)
    place.machine.system.reset_demo()
    key = place.machine.system.printed_key
    assert key is not None
    load = Load(
        place.machine.system.url, key, people, seed=SEED, leaves=False, pause_seconds=PAUSE_SECONDS
    )
    told: list[Told] = []

    async def during() -> None:
        found = await tell(
            place,
            ill,
            seconds=0,
            visible_seconds=BOUND_SECONDS,
            gone_seconds=BOUND_SECONDS,
            # told for half a minute by itself: whoever needs it gone waits for it
            waits=ill.reason != CLOCK_JUMPED,
        )
        told.append(found)

    asyncio.run(load.run(LOAD_SECONDS, during))
    assert [one.problems for one in told] == [[]]
    assert load.is_served_again
    ledger = Ledger(place.machine, people, place.upstream.garbled)
    verdict = held_against(place.machine, people, load.seen, silent=ill.silent, ledger=ledger)
    assert verdict.differences == []
    assert verdict.records > 0


@pytest.mark.e2e
def test_a_clock_that_was_set_is_no_longer_told_in_the_end(place: Arena) -> None:
    gone = asyncio.run(place.health.gone(CLOCK_JUMPED, time.monotonic(), BOUND_SECONDS))
    assert gone is not None


@pytest.mark.parametrize("answer", [CHUNKED, WHOLE_BODY], ids=["chunked", "whole"])
def test_no_garbled_answer_arrives_as_it_was_sent(answer: bytes) -> None:
    """Each kind in turn; an answer that does not end is left."""
    with _saying(answer) as port:
        proxy = GarblingProxy("127.0.0.1", port)
        proxy.start()
        try:
            url = f"http://127.0.0.1:{proxy.port}/"
            whole = httpx.get(url, headers={"x-request-id": "before"}, trust_env=False).content
            with proxy.garbling():
                for kind in Garble:
                    got = _read(url, kind.name)
                    assert got != whole, kind
            assert proxy.garbled == {kind.name for kind in Garble}
            assert httpx.get(url, trust_env=False).content == whole
            with proxy.down(), pytest.raises(httpx.HTTPError):
                httpx.get(url, trust_env=False)
        finally:
            proxy.stop()


def _read(url: str, name: str) -> bytes | None:
    """A whole body; None for what broke, or had not ended after a second."""
    deadline, body = time.monotonic() + 1, b""
    headers = {"x-request-id": name}
    with (
        suppress(httpx.HTTPError),
        httpx.stream("GET", url, headers=headers, timeout=1.0, trust_env=False) as answer,
    ):
        for part in answer.iter_bytes():
            body += part
            if time.monotonic() > deadline:
                return None
        return body
    return None


@contextmanager
def _saying(answer: bytes) -> Iterator[int]:
    """A server on a port that says the same to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(BOUND_SECONDS)


def test_each_kind_has_a_name_of_its_own_and_a_reason_that_health_knows() -> None:
    assert len({one.name for one in ILLS}) == len(ILLS)
    assert {one.reason for one in ILLS} <= {SILENT, *REASONS}


def test_what_was_not_told_is_a_broken_promise() -> None:
    ill = ILLS[0]
    assert Told(ill, 5.0, 1.0, 1.0).problems == []
    assert "did not say" in Told(ill, 5.0, None, 1.0).problems[0]
    assert "goes on saying" in Told(ill, 5.0, 1.0, None).problems[0]


def test_the_account_tells_what_was_lost_and_what_refusals_cost() -> None:
    whole = Account.of(WHOLE)
    assert (whole.upstream_tokens, whole.seen_tokens, whole.booked_tokens) == (30, 30, 30)
    assert (whole.lost_tokens, whole.refusal_tokens) == (0, 0)
    assert Account.of(replace(WHOLE, records=[])).lost_tokens == 30
    less = replace(WHOLE, records=[replace(LINE, total_tokens=28)])
    assert Account.of(less).lost_tokens == 2
    refused = replace(WHOLE, seen=[replace(SEEN, status=503)], exchanges=[])
    assert Account.of(refused).refusal_tokens == 30
    # what the upstream had begun is billed there, whoever loses the rest
    begun = replace(WHOLE, seen=[replace(SEEN, status=502)], exchanges=[EXCHANGE])
    assert Account.of(begun).refusal_tokens == 0


def test_the_table_shows_each_fault() -> None:
    told = [Told(ILLS[0], 5.0, 1.2, 30.4), Told(ILLS[1], 9.0, None, 0.5)]
    lines = list(table(Account.of(WHOLE), told, Verdict(records=1)))
    shown = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ") or line}
    assert shown[ILLS[0].name] == ["5.0", "1.2", "30.4"]
    assert shown[ILLS[1].name] == ["9.0", "never", "0.5"]
