"""The upstream's models: the list is remembered for some seconds, and asked for once at a time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from urllib.parse import quote

from solaris.errors import UpstreamUnavailableError
from solaris.services.answering import BufferedReply
from solaris.upstream.client import Upstream

LIST_PATH = "/v1/models"
TIMEOUT_SECONDS = 4.5  # LibreChat waits five
FIRST_ERROR = 400
# By these the upstream may answer differently (Anthropic's list has another shape).
_TELLING = ("accept", "anthropic-beta", "anthropic-version", "openai-beta")
MAX_REMEMBERED = 16

_Key = tuple[str | None, ...]


class ModelList:
    """Asks the upstream; `seconds` is how long a list is good, 0 to ask each time."""

    def __init__(self, upstream: Upstream, seconds: float) -> None:
        self._upstream = upstream
        self._seconds = seconds
        self._known: OrderedDict[_Key, tuple[float, BufferedReply]] = OrderedDict()
        self._asking: dict[_Key, asyncio.Task[BufferedReply]] = {}

    async def get(self, path: str, headers: Mapping[str, str]) -> BufferedReply:
        """The upstream's answer to a path of models, whatever its status.

        Raises UpstreamUnavailableError, also after 4.5 s, and UpstreamTimeoutError.
        """
        if path != LIST_PATH or not self._seconds:
            return await self._ask(path, headers)
        key = tuple(headers.get(name) for name in _TELLING)
        known = self._known.get(key)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.create_task(self._remember(key, path, headers))
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(asking)

    def _asked(self, key: _Key, done: asyncio.Task[BufferedReply]) -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()  # told to whoever still waits, and to nobody else

    async def _remember(self, key: _Key, path: str, headers: Mapping[str, str]) -> BufferedReply:
        reply = await self._ask(path, headers)
        if reply.status < FIRST_ERROR:
            self._known[key] = (time.monotonic() + self._seconds, reply)
            self._known.move_to_end(key)
            if len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return reply

    async def _ask(self, path: str, headers: Mapping[str, str]) -> BufferedReply:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer = await self._upstream.send(
                    "GET", quote(path.removeprefix("/v1"), safe="/:@"), headers=headers
                )
                try:
                    body = await answer.read()
                finally:
                    await answer.close()
        except TimeoutError as error:
            raise UpstreamUnavailableError("the list of models took too long") from error
        content_type = answer.headers.get("content-type", "application/json")
        return BufferedReply(answer.status, {"content-type": content_type}, body)


def is_models(path: str) -> bool:
    """Whether a path is the list of models, or one model of it."""
    if path == LIST_PATH:
        return True
    name = path.removeprefix(f"{LIST_PATH}/")
    # one model, whose name may hold slashes but may not climb out of its path
    return name not in (path, "") and ".." not in name.split("/")
