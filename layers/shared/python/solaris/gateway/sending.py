"""A metered request on its way to the upstream, in the words that this upstream takes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from solaris.gateway.admission import AnswerContext
from solaris.gateway.body.heavy import in_heavy_thread
from solaris.gateway.dialect import (
    REFUSED_STATUSES,
    STREAM_OPTIONS,
    Dialect,
    ModelDialect,
    SentFields,
    learned,
)
from solaris.gateway.models.facts import known_context_tokens
from solaris.gateway.shapes.all import ApiShape
from solaris.gateway.upstream import Upstream, UpstreamAnswer
from solaris.ledger.figures import is_error
from solaris.platform.errors import InvalidRequestError
from solaris.platform.settings import Settings
from solaris.quota.reservation import MINIMUM_COMPLETION_TOKENS

# Refused can be the ask for usage, one spelling of the maximum, its figure, and that once more
# beside a prompt that the upstream counts dearer.
MAX_TRIES = 5
_ONLY_USAGE = {"include_usage": True}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the client asks for and may: the body's fields, those left out, and the query.

    `is_heavy` when it came as a large body: it is then written in a thread. `named` are the models
    that body and query name as they came, with what is left out of them.
    """

    body: dict[str, object]
    dropped: list[str]
    query: str
    is_heavy: bool = False
    named: tuple[str, ...] = ()


class Sending:
    """Sends one request, once more where the upstream refuses what the gateway has added."""

    def __init__(
        self, upstream: Upstream, dialect: Dialect, shape: ApiShape, settings: Settings
    ) -> None:
        self._upstream = upstream
        self._dialect = dialect
        self._shape = shape
        self._asks_usage = settings.upstream_stream_options

    async def send(
        self, asked: Asked, context: AnswerContext, headers: Mapping[str, str]
    ) -> UpstreamAnswer:
        """Return when the headers of the answer are there; raises as `Upstream.send`.

        What is sent is always written anew from what was understood: a field that stands twice in
        a body reads two ways. Raises InvalidRequestError for a body that cannot be written.
        """
        path = asked_path(self._shape, asked.query)
        headers = {**headers, "content-type": "application/json"}
        model = self._shape.model(asked.body)
        expected = known = await self._with_facts(model, context)
        for _ in range(MAX_TRIES):
            if asked.is_heavy:
                body, sent = await in_heavy_thread(self._written, asked.body, context, known)
            else:
                body, sent = self._written(asked.body, context, known)
            answer = await self._upstream.send("POST", path, headers=headers, body=body)
            if answer.status not in REFUSED_STATUSES:
                if known is not expected and not is_error(answer.status):
                    self._dialect.keep(self._shape.endpoint, model, known)
                return answer
            try:
                refusal = await answer.read()
            except BaseException:
                await answer.close()
                raise
            told = learned(known, answer.status, refusal, sent)
            if told == known:
                return answer
            known = told
            await answer.close()
        return answer

    async def _with_facts(self, model: str, context: AnswerContext) -> ModelDialect:
        """What the upstream has told of a model; of its context else what is publicly known.

        A prompt that does not fit by that figure is left to the upstream, which knows better.
        """
        known = self._dialect.of(self._shape.endpoint, model)
        if context.cap_tokens is None or known.context_tokens is not None:
            return known
        public = await asyncio.to_thread(known_context_tokens, model)
        if public is None:
            return known
        told = replace(known, context_tokens=public)
        cap = told.largest_cap(context.admission.reservation.prompt_tokens)
        return known if cap is None or cap < MINIMUM_COMPLETION_TOKENS else told

    def _written(
        self, body: dict[str, object], context: AnswerContext, known: ModelDialect
    ) -> tuple[bytes, SentFields]:
        shape = self._shape
        prompt = context.admission.reservation.prompt_tokens
        stated = shape.max_completion_tokens(body)
        cap = context.cap_tokens
        largest = known.largest_cap(prompt)
        is_own = cap is not None and (stated is None or cap < stated)
        if cap is not None and is_own and largest is not None:
            cap = min(cap, largest * shape.choices(body))
        sent = shape.with_maximum(body, cap, refused=known.refused)
        if self._asks_usage and STREAM_OPTIONS not in known.refused:
            sent = shape.for_streaming(sent)
        else:
            sent = shape.without_stream_options(sent)
        try:
            data = orjson.dumps(sent)
        except orjson.JSONEncodeError as error:  # read to 1,024 levels, written to 254
            raise InvalidRequestError("the body is nested too deeply") from error
        fields = SentFields(
            maxima=shape.maxima_of(sent),
            is_own_maximum=is_own,
            asks_usage=sent.get(STREAM_OPTIONS) == _ONLY_USAGE,
            prompt_tokens=prompt,
        )
        return data, fields


def asked_path(shape: ApiShape, query: str) -> str:
    """The path that follows /v1, with what is left of the query."""
    path = shape.endpoint.removeprefix("/v1")
    return f"{path}?{query}" if query else path
