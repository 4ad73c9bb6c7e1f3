"""A body as it may go on: parsed, checked and weighed, each in the thread where it harms nobody.

A body is heavy by its bytes or by its parts: 150 kB of 19,000 small objects are 60 ms of work.
"""

from collections.abc import Collection, Iterable, Mapping

import orjson

from solaris.gateway import tokenizer as tokens
from solaris.gateway.body.allowed_fields import passed_on, passed_query
from solaris.gateway.body.bodies import TOO_MANY_PARTS, Body
from solaris.gateway.body.heavy import HEAVY_BYTES, in_heavy_thread, in_light_thread
from solaris.gateway.models.access import FlatBody, check_models, checked_flat_body
from solaris.gateway.models.named import named_models
from solaris.gateway.sending import Asked
from solaris.gateway.shapes.all import ApiShape, MalformedBodyError
from solaris.gateway.shapes.text import Prompt
from solaris.keys.entrance import Entered
from solaris.platform.errors import InvalidRequestError
from solaris.platform.web.body_structure import has_bounded_structure

# A longer body is weighed in a thread; the media of a small one take some milliseconds at most.
PROMPT_THREAD_BYTES = 32 * 1024


class Understanding:
    """Reads one body in the words of its API; header names are in lower case."""

    def __init__(
        self, body: Body, headers: Mapping[str, str], query: str, entered: Entered
    ) -> None:
        self._body = body
        self._headers = headers
        self._query = query
        self._key = entered.key
        # the rate of a user whom only the body names comes before its weight
        self._is_weighed_at_once = entered.identity is not None
        self._prompt: Prompt | None = None

    @property
    def is_heavy(self) -> bool:
        """Whether the work of this body waits for that of other heavy ones."""
        counted = self._body.structure
        return self._body.size > HEAVY_BYTES or (counted is not None and counted.has_many_parts)

    async def asked(self, shape: ApiShape, more: Iterable[str]) -> Asked:
        """The body as it may go on, with `more` fields than the API's own.

        Raises the SolarisError that refuses it.
        """
        if not self.is_heavy:
            return self._checked(shape, more)
        return await in_heavy_thread(self._checked_and_weighed, shape, more)

    async def prompt(self, shape: ApiShape, body: dict[str, object]) -> Prompt:
        """What the model will read of it."""
        if self._prompt is not None:
            return self._prompt
        if self.is_heavy:
            return await in_heavy_thread(shape.prompt, body)
        if self._body.size > PROMPT_THREAD_BYTES or not tokens.is_loaded():
            return await in_light_thread(shape.prompt, body)
        return shape.prompt(body)

    async def flat(self, path_model: str) -> FlatBody:
        """The body of a path with a charge by setting; raises ModelNotAllowedError."""
        arguments = (self._key, path_model, self._headers, self._body.data, self._query)
        if self._body.size > PROMPT_THREAD_BYTES:
            return await in_heavy_thread(checked_flat_body, *arguments)
        return checked_flat_body(*arguments)

    async def flat_sent(self, flat: FlatBody, models: Collection[str] | None) -> bytes:
        """What goes to the upstream of a body of `flat`; `models` is the user's list, None: any."""
        if self._body.size > PROMPT_THREAD_BYTES:
            return await in_heavy_thread(flat.sent, self._key.allowed_models, models)
        return flat.sent(self._key.allowed_models, models)

    def _checked_and_weighed(self, shape: ApiShape, more: Iterable[str]) -> Asked:
        """In one go: twenty parsed bodies that wait to be weighed are a million objects, which
        every full collection walks through while all stand still."""
        asked = self._checked(shape, more)
        if self._is_weighed_at_once:
            self._prompt = shape.prompt(asked.body)
        return asked

    def _parsed(self) -> dict[str, object]:
        if self._headers.get("content-encoding", "identity").lower() != "identity":
            raise InvalidRequestError("the body must not be compressed")
        data = self._body.data
        if self._body.structure is None and not has_bounded_structure(data):
            raise InvalidRequestError(TOO_MANY_PARTS)
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise InvalidRequestError(f"the body is not JSON ({error.msg})") from error
        if not isinstance(body, dict):
            raise InvalidRequestError("the body must be a JSON object")
        return body

    def _checked(self, shape: ApiShape, more: Iterable[str]) -> Asked:
        parsed = self._parsed()
        body, dropped = passed_on(shape.endpoint, parsed, more)
        try:
            shape.validate(body)
        except MalformedBodyError as error:
            raise InvalidRequestError(str(error)) from error
        if body.get("background"):
            # its usage would be told to a later call, which nobody meters
            raise InvalidRequestError("background is not supported")
        query = passed_query(self._query)
        named = named_models(body, query)
        if any("," in name for name in named):
            # LiteLLM would ask each of them
            raise InvalidRequestError("model must name one model")
        # what is dropped is looked at too: who names another model is told, not served half
        if dropped or query != self._query:
            named = named_models(parsed, self._query)
        check_models(self._key, named)
        return Asked(body, dropped, query, is_heavy=self.is_heavy, named=tuple(named))
