"""How large a stored response is, for requests that refer to it (`previous_response_id`).

The upstream keeps the conversation, and bills all of it as the prompt of the next request. What
was booked for a response is the size of the context that the next one brings along. Kept in this
process and in Redis; where both have forgotten it, a full context is held.
"""

from collections import OrderedDict

from solaris.platform.cache import AsyncCache

MAX_REMEMBERED = 10_000
REMEMBER_SECONDS = 30 * 86_400  # as long as OpenAI keeps responses
MAX_ID_CHARACTERS = 128


class ResponseSizes:
    """Tokens by response id."""

    def __init__(self, cache: AsyncCache, stage: str) -> None:
        self._cache = cache
        self._prefix = f"solaris:{stage}:response:"
        self._known: OrderedDict[str, int] = OrderedDict()

    async def remember(self, response_id: str, tokens: int) -> None:
        """Keep the prompt and completion tokens of a response; never raises."""
        if len(response_id) > MAX_ID_CHARACTERS:
            return
        self._known[response_id] = tokens
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        await self._cache.set(self._prefix + response_id, str(tokens), REMEMBER_SECONDS)

    async def of_reference(self, reference: str) -> int | None:
        """Tokens that a reference of a `Prompt` brings along, None when not known; never raises."""
        kind, _, response_id = reference.partition(":")
        if kind != "previous_response_id" or len(response_id) > MAX_ID_CHARACTERS:
            return None
        if response_id in self._known:
            return self._known[response_id]
        found = await self._cache.get(self._prefix + response_id)
        return int(found) if found is not None and found.isdecimal() else None
