"""One POST to a channel's address, bounded in everything, to where addresses.py allows alone.

The name is resolved once, each of its addresses is looked at, and the connection is made to one of
these: a name that leads elsewhere a moment later changes nothing. TLS is still held against the
name. Ten seconds for all of it, however slowly the other side answers; redirects are answers with
a status and no more, proxies of the environment are not used, and the body of an answer is never
read: nobody learns what stands in it.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from functools import lru_cache
from threading import Thread
from typing import Any

import httpcore
import httpx

from solaris.channels.addresses import (
    AllowedHosts,
    Target,
    UrlRefusedError,
    is_refused,
    target_of,
)
from solaris.channels.channel import Outcome

TOTAL_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_ADDRESSES = 16
MAX_ADDRESSES_TRIED = 3

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a name, in the order in which they are tried; raises OSError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request went: the status where there was an answer, and how long it took."""

    outcome: Outcome
    status: int | None
    milliseconds: int


def resolve(host: str, port: int) -> Sequence[str]:
    """The system's own answer, IPv4 first: not every network has the other."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda one: one[0] != socket.AF_INET)
    return list(dict.fromkeys(str(one[4][0]) for one in ordered))


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """The authorities that httpx trusts; SSL_CERT_FILE names others, of a company."""
    return httpx.create_ssl_context()


class ChannelSender:
    """Sends; `resolver`, `tls` and `timer` (seconds, only rising) are tests' to replace."""

    def __init__(
        self,
        allowed: AllowedHosts,
        *,
        resolver: Resolver = resolve,
        tls: Callable[[], ssl.SSLContext] = tls_context,
        timer: Callable[[], float] = time.monotonic,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._tls = tls
        self._timer = timer
        self._total_seconds = total_seconds

    def check(self, url: str) -> None:
        """Refuse a URL that nothing would be sent to. Raises UrlRefusedError."""
        target = target_of(url, self._allowed)
        try:
            self._addresses(target, self._deadline())
        except (OSError, TimeoutError) as error:
            raise UrlRefusedError("channel_url_unresolved") from error

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send; whatever goes wrong is an answer."""
        started = self._timer()
        status = None
        try:
            status = self._post(url, body, headers)
            is_taken = httpx.codes.is_success(status)
            outcome = Outcome.DELIVERED if is_taken else Outcome.REFUSED
        except UrlRefusedError:
            outcome = Outcome.NOT_ALLOWED
        except (TimeoutError, httpcore.TimeoutException):
            outcome = Outcome.TIMEOUT
        except httpcore.ConnectError as error:
            outcome = Outcome.TLS if _is_of_tls(error) else Outcome.UNREACHABLE
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, UnicodeError):
            outcome = Outcome.UNREACHABLE
        return Answer(outcome, status, max(0, round((self._timer() - started) * 1000)))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        target = target_of(url, self._allowed)
        deadline = self._deadline()
        addresses = self._addresses(target, deadline)
        with httpcore.ConnectionPool(
            ssl_context=self._tls(),
            max_connections=1,
            network_backend=_Pinned(addresses, deadline),
        ) as pool:
            given = {**headers, "Accept-Encoding": "identity", "Connection": "close"}
            with pool.stream(
                "POST",
                url,
                headers=[(name.encode(), value.encode()) for name, value in given.items()],
                content=body,
            ) as answer:
                return answer.status

    def _addresses(self, target: Target, deadline: "_Deadline") -> Sequence[str]:
        """What the name leads to, all of it allowed. Raises UrlRefusedError, OSError."""
        found = _in_time(lambda: self._resolver(target.host, target.port), deadline)
        if not found:
            raise OSError("no address")
        if any(is_refused(one, target, self._allowed) for one in found[:MAX_ADDRESSES]):
            raise UrlRefusedError("channel_url_private")
        return found[:MAX_ADDRESSES_TRIED]

    def _deadline(self) -> "_Deadline":
        return _Deadline(self._timer, self._timer() + self._total_seconds)


@dataclass(frozen=True, slots=True)
class _Deadline:
    timer: Callable[[], float]
    end: float

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when none are."""
        left = self.end - self.timer()
        if left <= 0:
            raise httpcore.TimeoutException("the whole time is over")
        return left


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were looked at, whatever the name leads to by now."""

    def __init__(self, addresses: Sequence[str], deadline: _Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - its addresses are known
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - what is left of the whole time
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the addresses one after the other."""
        failure: Exception | None = None
        for left, address in zip(range(len(self._addresses), 0, -1), self._addresses, strict=True):
            try:
                stream = self._sockets.connect_tcp(
                    address,
                    port,
                    timeout=self._deadline.left() / left,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")


class _Bounded(httpcore.NetworkStream):
    """A connection that ends with the whole time, and gives 64 KiB at most."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._left_bytes = MAX_ANSWER_BYTES

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see above
        if self._left_bytes <= 0:
            raise httpcore.ReadError("the answer is too large")
        got = self._stream.read(min(max_bytes, self._left_bytes), self._deadline.left())
        self._left_bytes -= len(got)
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see above
        # a socket waits anew for each piece that it sends
        for start in range(0, len(buffer), MAX_ANSWER_BYTES):
            self._stream.write(buffer[start : start + MAX_ANSWER_BYTES], self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - see above
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Bounded(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _in_time(work: Callable[[], Sequence[str]], deadline: _Deadline) -> Sequence[str]:
    """What `work` gives within the time; it cannot be stopped, so its thread is left to itself."""
    done: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            done.set_exception(error)

    Thread(target=run, name="channel-name", daemon=True).start()
    try:
        return done.result(timeout=deadline.left())
    except NotInTime as error:
        if done.done():
            raise  # what the resolver itself has raised
        raise TimeoutError from error


def _is_of_tls(error: BaseException | None) -> bool:
    for _ in range(8):  # no chain is longer
        if error is None:
            return False
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
