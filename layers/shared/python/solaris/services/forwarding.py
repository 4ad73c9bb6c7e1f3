"""One metered request, from the client's bytes to the last byte of the answer.

    key → models → user → rates → reserve → upstream → relay → settle → last bytes

What a client saw finished is in the books: the usage event is on the queue before the last bytes
go out. Every exit after the reserve resolves it: an answer settles, an upstream error releases,
a hang-up charges what was delivered. DESIGN section 4.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from solaris.domain.identity import Identity
from solaris.domain.keys import GatewayKey
from solaris.domain.reservation import Demand
from solaris.domain.usage import Outcome, TokenCounts
from solaris.domain.users import user_id_for
from solaris.errors import (
    InvalidRequestError,
    SolarisError,
    UnknownPathError,
    UpstreamUnavailableError,
)
from solaris.metrics import Metrics
from solaris.services.answering import (
    CLIENT_CLOSED_REQUEST,
    Answer,
    AnswerContext,
    BufferedReply,
    Reply,
)
from solaris.services.authenticating import Authenticator, identity_of
from solaris.services.background import keep
from solaris.services.limiting import RateLimiter
from solaris.services.metering import Admission, Meter, Ticket
from solaris.services.model_access import (
    check_model_path,
    check_models,
    checked_flat_body,
    visible_models,
)
from solaris.settings import Settings
from solaris.upstream.client import Upstream, UpstreamAnswer
from solaris.upstream.shapes import SHAPES, ApiShape, MalformedBodyError

# Headers of the client that mean something to the upstream.
_PASSED_ON = ("accept", "anthropic-beta", "anthropic-version", "openai-beta", "idempotency-key")
MODELS_TIMEOUT_SECONDS = 4.5  # LibreChat waits five


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request as the web server got it; header names are lower-case."""

    request_id: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    ip_address: str | None
    received_at: datetime
    started: float = field(default_factory=time.perf_counter)


class Forwarder:
    """Serves every path under /v1."""

    def __init__(
        self,
        *,
        settings: Settings,
        authenticator: Authenticator,
        limiter: RateLimiter,
        meter: Meter,
        upstream: Upstream,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._limiter = limiter
        self._meter = meter
        self._upstream = upstream
        self._metrics = metrics

    def is_metered(self, path: str) -> bool:
        """Whether a body is worth reading for this path."""
        return path in SHAPES or path in self._settings.flat_token_charges

    async def forward(self, request: IncomingRequest) -> Reply:
        """Answer one request; raises the SolarisError that refuses it."""
        key = await self._authenticator.authenticate(request.headers)
        if request.method == "GET" and _is_models(request.path):
            return await self._models(request, key)
        shape = SHAPES.get(request.path)
        flat = self._settings.flat_token_charges.get(request.path)
        if request.method != "POST" or (shape is None and flat is None):
            raise UnknownPathError(request.path)
        if shape is None:
            return await self._flat(request, key, flat or 0)
        return await self._metered(request, key, shape)

    async def _models(self, request: IncomingRequest, key: GatewayKey) -> Reply:
        check_model_path(key, request.path)
        try:
            async with asyncio.timeout(MODELS_TIMEOUT_SECONDS):
                answer = await self._upstream.send(
                    "GET",
                    quote(request.path.removeprefix("/v1"), safe="/:@"),
                    headers=_headers(request, None),
                )
                try:
                    body = await answer.read()
                finally:
                    await answer.close()
        except TimeoutError as error:
            raise UpstreamUnavailableError("the list of models took too long") from error
        shown = visible_models(key, request.path, answer.status, body)
        return BufferedReply(answer.status, _content_type(answer), shown)

    async def _metered(self, request: IncomingRequest, key: GatewayKey, shape: ApiShape) -> Reply:
        body = _parse(request)
        try:
            shape.validate(body)
        except MalformedBodyError as error:
            raise InvalidRequestError(str(error)) from error
        if body.get("background"):
            # its usage would be told to a later call, which nobody meters
            raise InvalidRequestError("background is not supported")
        check_models(key, body, request.query)
        identity = await self._let_in(request, key, body)
        demand = Demand(
            prompt_tokens=shape.prompt_tokens(body),
            max_completion_tokens=shape.max_completion_tokens(body),
            completes=shape.completes,
        )
        context = await self._admit(request, key, identity, demand, shape.model(body))
        sent = body if context.cap_tokens is None else shape.with_cap(body, context.cap_tokens)
        sent = shape.for_streaming(sent)
        # with allowed models, what was checked is what is sent: a repeated field reads two ways
        is_as_it_came = sent is body and key.allows_any_model
        answer = self._answer(
            context, shape=shape, hide_usage_frame=not shape.wants_usage_frame(body)
        )
        try:
            data = request.body if is_as_it_came else orjson.dumps(sent)
        except orjson.JSONEncodeError as error:  # read to 1,024 levels, written to 254
            refusal = InvalidRequestError("the body is nested too deeply")
            await answer.release(refusal, status=HTTPStatus.BAD_REQUEST)
            raise refusal from error
        return await self._send(request, answer, data, "application/json")

    async def _flat(self, request: IncomingRequest, key: GatewayKey, tokens: int) -> Reply:
        """A path with a charge by setting: its body may be a form, and is not looked into."""
        model = request.path.removeprefix("/v1/")
        data = checked_flat_body(key, model, request.headers, request.body, request.query)
        identity = await self._let_in(request, key, {})
        demand = Demand(prompt_tokens=tokens, completes=False)
        context = await self._admit(request, key, identity, demand, model)
        answer = self._answer(context, flat_tokens=tokens)
        content_type = request.headers.get("content-type", "application/octet-stream")
        return await self._send(request, answer, data, content_type)

    async def _admit(
        self,
        request: IncomingRequest,
        key: GatewayKey,
        identity: Identity,
        demand: Demand,
        model: str,
    ) -> AnswerContext:
        ticket = Ticket(
            request_id=request.request_id,
            identity=identity,
            demand=demand,
            model=model,
            endpoint=request.path,
            key_id=key.key_id,
            received_at=request.received_at,
        )
        admitting = keep(self._meter.admit(ticket))
        try:
            admission = await asyncio.shield(admitting)
        except asyncio.CancelledError:
            # the client has gone while tokens were being held: give them back
            keep(self._give_back(request, admitting))
            raise
        return _context(request, admission)

    async def _give_back(
        self, request: IncomingRequest, admitting: asyncio.Task[Admission]
    ) -> None:
        with suppress(SolarisError):
            answer = self._answer(_context(request, await admitting))
            await answer.settle(
                TokenCounts(), status=CLIENT_CLOSED_REQUEST, outcome=Outcome.RELEASED
            )

    async def _send(
        self, request: IncomingRequest, answer: Answer, data: bytes, content_type: str
    ) -> Reply:
        path = request.path.removeprefix("/v1")
        if request.query:
            path = f"{path}?{request.query}"
        try:
            upstream = await self._upstream.send(
                "POST", path, headers=_headers(request, content_type), body=data
            )
        except SolarisError as error:
            await answer.release(error)
            raise
        except BaseException:
            # the client has gone, or the process stops, before the upstream answered
            answer.abandon()
            raise
        return await answer.reply(upstream)

    def _answer(self, context: AnswerContext, **kind: Any) -> Answer:
        return Answer(
            context, meter=self._meter, metrics=self._metrics, settings=self._settings, **kind
        )

    async def _let_in(
        self, request: IncomingRequest, key: GatewayKey, body: Mapping[str, Any]
    ) -> Identity:
        """Whom the request is for, once the key and then the user may make one more."""
        if key.rate_rule is not None:
            await self._limiter.admit_key(key.key_id, key.rate_rule)
        identity = identity_of(key, request.headers, body, self._settings)
        await self._limiter.admit(user_id_for(identity.email))
        return identity


def _context(request: IncomingRequest, admission: Admission) -> AnswerContext:
    return AnswerContext(
        admission=admission,
        user_agent=request.headers.get("user-agent"),
        ip_address=request.ip_address,
        conversation_id=request.headers.get("x-conversation-id"),
        started=request.started,
    )


def _is_models(path: str) -> bool:
    if path == "/v1/models":
        return True
    name = path.removeprefix("/v1/models/")
    # one model, whose name may hold slashes but may not climb out of its path
    return name not in (path, "") and ".." not in name.split("/")


def _parse(request: IncomingRequest) -> dict[str, Any]:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise InvalidRequestError("the body must not be compressed")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is not JSON ({error.msg})") from error
    if not isinstance(body, dict):
        raise InvalidRequestError("the body must be a JSON object")
    return body


def _headers(request: IncomingRequest, content_type: str | None) -> dict[str, str]:
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    headers["x-request-id"] = request.request_id
    if content_type is not None:
        headers["content-type"] = content_type
    return headers


def _content_type(answer: UpstreamAnswer) -> dict[str, str]:
    return {"content-type": answer.headers.get("content-type", "application/json")}
