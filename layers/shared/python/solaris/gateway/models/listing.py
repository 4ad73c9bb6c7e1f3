"""The upstream's models: a list is kept for a day, told at once, and renewed behind the answer.

LibreChat waits five seconds for it and otherwise says that the model of the chat does not exist.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from solaris.gateway.answer import BufferedReply
from solaris.gateway.upstream import Upstream
from solaris.ledger.figures import is_error
from solaris.platform.cache import Remembered
from solaris.platform.errors import SolarisError, UpstreamUnavailableError
from solaris.platform.logs import get_logger

LIST_PATH = "/v1/models"
TIMEOUT_SECONDS = 4.5  # LibreChat waits five
KEPT_SECONDS = 24 * 3600.0
# By these the upstream may answer differently (Anthropic's list has another shape).
_TELLING = ("accept", "anthropic-beta", "anthropic-version", "openai-beta")
MAX_REMEMBERED = 16

_Key = tuple[str | None, ...]
_log = get_logger("solaris.proxy")


@dataclass(slots=True)
class _Known:
    """A list; it is asked for again from `ask_again_at` on."""

    reply: BufferedReply
    ask_again_at: float


class ModelList:
    """Asks the upstream, once at a time.

    A list is good for `seconds`; after that it is told for a day more while a new one is fetched.
    With 0 seconds nothing is kept: the upstream is asked each time. `clock` tells seconds.
    """

    def __init__(
        self, upstream: Upstream, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._upstream = upstream
        self._seconds = seconds
        self._clock = clock
        self._known: Remembered[_Key, _Known] = Remembered(MAX_REMEMBERED, clock)
        self._asking: dict[_Key, asyncio.Task[BufferedReply]] = {}

    async def get(self, path: str, headers: Mapping[str, str]) -> BufferedReply:
        """The upstream's answer to a path of models, whatever its status; a kept list at once.

        Raises UpstreamUnavailableError, also after 4.5 s, and UpstreamTimeoutError: both only
        where no list is kept.
        """
        if path != LIST_PATH or not self._seconds:
            return await self._ask(path, headers)
        key = tuple(headers.get(name) for name in _TELLING)
        kept = self._known.get(key)
        if kept is None:
            return await asyncio.shield(self._renewed(key, path, headers))
        known, now = kept.value, self._clock()
        if now >= known.ask_again_at:
            known.ask_again_at = now + self._seconds  # also when it fails: not with every request
            self._renewed(key, path, headers)
        return known.reply

    def _renewed(
        self, key: _Key, path: str, headers: Mapping[str, str]
    ) -> asyncio.Task[BufferedReply]:
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.create_task(self._remember(key, path, headers))
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._asked(key, done))
        return asking

    def _asked(self, key: _Key, done: asyncio.Task[BufferedReply]) -> None:
        self._asking.pop(key, None)
        if done.cancelled():
            return
        error = done.exception()  # told to whoever still waits, and to the log
        is_kept = self._known.get(key) is not None
        if is_kept and (error is not None or is_error(done.result().status)):
            told = str(error)[:200] if error is not None else str(done.result().status)
            _log.warning("model_list_not_renewed", reason=told)
        if error is not None and not isinstance(error, SolarisError):
            _log.error("unexpected_error", exc_info=error)

    async def _remember(self, key: _Key, path: str, headers: Mapping[str, str]) -> BufferedReply:
        reply = await self._ask(path, headers)
        if not is_error(reply.status):
            self._known.put(key, _Known(reply, self._clock() + self._seconds), KEPT_SECONDS)
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
