"""Bodies on their way in: bounded in size, in time, in number by address, and all together.

What came whole with its head, as nearly every chat does, is returned as it is. Only a body that is
still on its way is counted. It counts until whoever serves it says `done`: what is parsed and sent
on is memory as well.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from io import BytesIO
from typing import Any

from solaris.gateway.client import ClientGoneError
from solaris.platform.errors import (
    InvalidRequestError,
    OverloadedError,
    PayloadTooLargeError,
    RateLimitedError,
)
from solaris.platform.web.body_structure import SMALL_BYTES, Structure

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_SECONDS = 60.0
IDLE_SECONDS = 15.0
"""Without a byte of a body that has begun."""

SLICE_BYTES = 16 * 1024
"""Counted in one turn of the event loop, 1 ms at most; a server hands out 256 KiB and more."""

RETRY_SECONDS = 5.0
UNKNOWN_ADDRESS = "-"
TOO_MANY_PARTS = "the body has too many parts"


class Body:
    """One body: `data` until it has been read, its bytes in the budget until `done`."""

    __slots__ = ("_bodies", "_owner", "data", "size", "structure")

    def __init__(
        self, data: bytes = b"", bodies: "Bodies | None" = None, owner: str = UNKNOWN_ADDRESS
    ) -> None:
        self.data = data
        self.size = len(data)
        self._bodies = bodies
        self._owner = owner
        self.structure: Structure | None = None
        """What it holds, where it has been counted and is bounded."""

    def done(self) -> None:
        """Forget the bytes and give their place back; a repeat does nothing."""
        self.data = b""
        if self._bodies is not None:
            self._bodies.give_back(self._owner, self.size)
            self._bodies = None


class Bodies:
    """Reads the bodies of one process.

    `max_bytes` bounds all that are counted, three quarters of it those of one address; `max_open`
    the bodies of one address that are on their way at once.
    """

    def __init__(self, *, max_bytes: int, max_open: int) -> None:
        self._max_bytes = max_bytes
        self._max_open = max_open
        self._held = 0
        self._held_by: Counter[str] = Counter()
        self._open_by: Counter[str] = Counter()
        # one slice each time the event loop comes round, whoever else has one ready: twenty senders
        # at full speed hold a chat up no more than one does
        self._turn = asyncio.Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of all bodies that are counted now."""
        return self._held

    async def read(
        self,
        receive: Receive,
        headers: Mapping[str, str],
        *,
        limit: int,
        address: str | None,
        is_json: bool = False,
    ) -> Body:
        """Read a body of at most `limit` bytes; header names are in lower case.

        One that `is_json` is given up with the part that makes it too much to parse.

        Raises PayloadTooLargeError, InvalidRequestError when it takes over a minute or stands still
        for 15 s, RateLimitedError and OverloadedError over the bounds, ClientGoneError.
        """
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise PayloadTooLargeError(limit)
        loop = asyncio.get_running_loop()
        end = loop.time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(min(end, loop.time() + IDLE_SECONDS)) as patience:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body", False):
                    data = message.get("body", b"")
                    if len(data) > limit:
                        raise PayloadTooLargeError(limit)
                    return await self._whole(data, is_json=is_json)
                patience.reschedule(min(end, loop.time() + IDLE_SECONDS))

                async def more() -> MutableMapping[str, Any]:
                    found = await receive()
                    patience.reschedule(min(end, loop.time() + IDLE_SECONDS))
                    return found

                structure = Structure() if is_json else None
                owner = address or UNKNOWN_ADDRESS
                return await self._rest(message, more, limit, owner, structure)
        except TimeoutError as error:
            raise InvalidRequestError(
                f"the body took over {BODY_SECONDS:g} s, or stood still for {IDLE_SECONDS:g} s"
            ) from error

    async def _whole(self, data: bytes, *, is_json: bool) -> Body:
        """One that came with its head, up to 256 KiB: counted like any other unless it is small."""
        body = Body(data)
        if is_json and len(data) > SMALL_BYTES:
            body.structure = Structure()
            await self._counted(data, body.structure)
        return body

    async def _rest(
        self,
        message: MutableMapping[str, Any],
        more: Receive,
        limit: int,
        owner: str,
        structure: Structure | None,
    ) -> Body:
        if self._open_by[owner] >= self._max_open:
            raise RateLimitedError(RETRY_SECONDS)
        self._open_by[owner] += 1
        read = BytesIO()  # grows in place, and hands its bytes out without a copy
        size = 0
        try:
            while True:
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                part = message.get("body", b"")
                if size + len(part) > limit:
                    raise PayloadTooLargeError(limit)
                self._take(owner, len(part))
                size += len(part)
                read.write(part)
                await self._counted(part, structure)
                if not message.get("more_body", False):
                    body = Body(read.getvalue(), self, owner)
                    body.structure = structure
                    size = 0  # the body's from here on
                    return body
                message = await more()
        finally:
            read.close()
            if size:
                self.give_back(owner, size)
            _less(self._open_by, owner, 1)

    async def _counted(self, part: bytes, structure: Structure | None) -> None:
        """Count a part, a slice a turn; raises InvalidRequestError when it is too much to parse.

        A body that is not looked into costs one turn a part.
        """
        step = SLICE_BYTES if structure is not None else max(1, len(part))
        for start in range(0, len(part), step):
            async with self._turn:
                if structure is not None and not structure.feed(part[start : start + step]):
                    raise InvalidRequestError(TOO_MANY_PARTS)
                await asyncio.sleep(0)

    def give_back(self, owner: str, size: int) -> None:
        """So many bytes of an address count no more."""
        self._held -= size
        _less(self._held_by, owner, size)

    def _take(self, owner: str, size: int) -> None:
        if self._held + size > self._max_bytes:
            raise OverloadedError(RETRY_SECONDS)
        if self._held_by[owner] + size > self._max_bytes * 3 // 4:
            raise RateLimitedError(RETRY_SECONDS)
        self._held += size
        self._held_by[owner] += size


def has_body(headers: Mapping[str, str]) -> bool:
    """Whether a request says that a body follows its head."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _less(counts: Counter[str], name: str, amount: int) -> None:
    counts[name] -= amount
    if counts[name] <= 0:
        del counts[name]
