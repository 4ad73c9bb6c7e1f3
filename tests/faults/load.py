"""The load: many clients at once, and what each of them saw of every answer."""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

CONNECTIONS = 16
MAX_SECONDS = 90.0
ANSWER_SECONDS = 60.0
REFUSED_PAUSE_SECONDS, AWAY_PAUSE_SECONDS = 0.05, 0.5
BARELY = 2_000
SMALL_LIMITS = (BARELY, 8_000, 45_000)
FAR_USERS = 12  # with fewer, each has more than 100 answers that a worker away does not book
LEAVING_SHARE = 0.03
OK, TOO_MANY_REQUESTS = 200, 429
QUOTA_EXHAUSTED = "quota_exhausted"

# what a healthy upstream is asked for; answers stay far below what a request holds
MODELS = (
    "demo-chunks-20-5ms",
    "demo-chunks-80-10ms",
    "demo-chunks-200-5ms",
    "demo-tokens-40",
    "demo-tokens-300",
    "demo-tokens-120-cached",
    "demo-chunks-30-2ms-no-usage",
)
EMBEDDING = "demo-embedding"


@dataclass(slots=True)
class Seen:
    """What a client saw of one request. `stated_tokens` is the usage in the answer, if any.

    `finished`: a whole body, or a stream up to its [DONE]; `left`: the client itself hung up.
    """

    email: str
    model: str
    started: float
    is_far: bool
    request_id: str | None = None
    status: int = 0
    finished: bool = False
    left: bool = False
    stated_tokens: int | None = None
    capped: bool = False
    code: str = ""

    @property
    def is_broken(self) -> bool:
        """No answer, or one that ended early without the client's doing."""
        return not self.left and not self.finished


@dataclass(frozen=True, slots=True)
class People:
    """The users of one round; `limits` only names those who are near their quota."""

    far: tuple[str, ...]
    limits: dict[str, int]

    @property
    def emails(self) -> tuple[str, ...]:
        """Everybody."""
        return (*self.far, *self.limits)


def new_people() -> People:
    """Addresses that no round has used yet."""
    mark = uuid.uuid4().hex[:8]
    return People(
        far=tuple(f"far{n}-{mark}@example.com" for n in range(FAR_USERS)),
        limits={f"near{limit}-{mark}@example.com": limit for limit in SMALL_LIMITS},
    )


class Load:
    """Sends requests over 16 connections; the same seed asks for the same things.

    Each waits `pause_seconds` after an answer.
    """

    def __init__(
        self,
        url: str,
        key: str,
        people: People,
        *,
        seed: int,
        models: Sequence[str] = MODELS,
        leaves: bool = True,
        pause_seconds: float = 0.0,
    ) -> None:
        self._url = url
        self._key = key
        self._people = people
        self._random = random.Random(seed)
        self._models = models
        self._leaves = leaves
        self._pause_seconds = pause_seconds
        self._mended = 0.0
        self._served_at: float | None = None
        self.seen: list[Seen] = []

    async def run(self, seconds: float, fault: Callable[[], Awaitable[None]]) -> None:
        """Ask for so long, with the fault meanwhile, and on until an answer after it is whole."""
        self._mended = float("inf")
        deadline = time.monotonic() + seconds
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            clients = [
                asyncio.create_task(self._client(session, deadline)) for _ in range(CONNECTIONS)
            ]
            try:
                await fault()
                self._mended = time.monotonic()
                await asyncio.gather(*clients)
            finally:
                for one in clients:
                    one.cancel()

    @property
    def is_served_again(self) -> bool:
        """Whether an answer that was asked for after the fault came whole."""
        return self._served_at is not None

    @property
    def recovery_seconds(self) -> float:
        """From the end of the fault to the end of the first answer asked for after it."""
        return 0.0 if self._served_at is None else self._served_at - self._mended

    async def _client(self, session: aiohttp.ClientSession, deadline: float) -> None:
        while (now := time.monotonic()) < deadline or not self.is_served_again:
            if self._mended < now - MAX_SECONDS and deadline < now - MAX_SECONDS:
                return  # long after the fault, which ends or is ended
            seen = await self._one(session)
            is_later = seen.finished and seen.status == OK and seen.started > self._mended
            if is_later and self._served_at is None:
                self._served_at = time.monotonic()
            await asyncio.sleep(self._pause_seconds)
            if seen.status != OK:  # wait a little, as clients do
                await asyncio.sleep(REFUSED_PAUSE_SECONDS if seen.status else AWAY_PAUSE_SECONDS)

    async def _one(self, session: aiohttp.ClientSession) -> Seen:
        chance = self._random
        email = chance.choice(self._people.emails)
        seen = Seen(
            email=email,
            model=chance.choice(self._models),
            started=time.monotonic(),
            is_far=email in self._people.far,
        )
        self.seen.append(seen)
        path, body = self._body(seen)
        leaves = self._leaves and chance.random() < LEAVING_SHARE
        headers = {"authorization": f"Bearer {self._key}", "x-user-email": email}
        try:
            async with session.post(self._url + path, json=body, headers=headers) as answer:
                await _read(answer, seen, leaves=leaves)
        except (aiohttp.ClientError, TimeoutError, OSError):
            seen.finished = False
        return seen

    def _body(self, seen: Seen) -> tuple[str, dict[str, Any]]:
        chance = self._random
        text = "Oi, tudo bem? " * chance.randint(1, 12)
        if chance.random() < 0.05 and self._models is MODELS:
            seen.model = EMBEDDING
            return "/v1/embeddings", {"model": EMBEDDING, "input": text}
        body: dict[str, Any] = {
            "model": seen.model,
            "messages": [{"role": "user", "content": text}],
        }
        if chance.random() < 0.6:
            body["stream"] = True
            if chance.random() < 0.7:
                body["stream_options"] = {"include_usage": True}
        return "/v1/chat/completions", body


async def _read(answer: aiohttp.ClientResponse, seen: Seen, *, leaves: bool) -> None:
    seen.status = answer.status
    seen.request_id = answer.headers.get("x-request-id")
    seen.capped = "x-solaris-capped" in answer.headers
    if leaves and answer.status == OK:
        await answer.content.readany()
        seen.left = True
        answer.close()
        return
    data = await answer.read()
    if not answer.content_type.startswith("text/event-stream"):
        _whole(seen, data)
        return
    for line in data.split(b"\n"):
        if line == b"data: [DONE]":
            seen.finished = True
        elif line.startswith(b"data: {") and b'"usage"' in line:
            _take_usage(seen, line.removeprefix(b"data: "))


def _whole(seen: Seen, data: bytes) -> None:
    seen.finished = True
    if seen.status == OK:
        _take_usage(seen, data)
        return
    try:
        seen.code = str(orjson.loads(data)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        seen.code = "?"


def _take_usage(seen: Seen, data: bytes) -> None:
    try:
        usage = orjson.loads(data).get("usage")
    except (ValueError, AttributeError):
        return
    if isinstance(usage, dict) and usage["total_tokens"]:
        # zeros beside an answer state nothing
        seen.stated_tokens = int(usage["total_tokens"])
