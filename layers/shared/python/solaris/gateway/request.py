"""One metered request, from the client's bytes to the last byte of the answer.

    (key → rates → body) → models → user → reserve → upstream → relay → settle → last bytes

What a client saw finished is in the books: the usage event is on the queue before the last bytes
go out. Every exit after the reserve resolves it: an answer settles, an upstream error releases,
a client that hangs up is read on without, so that its usage is booked as stated. Each step is told
in ARCHITECTURE.md, "A metered request".
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from solaris.gateway.admission import AnswerContext, RequestFacts, Ticket
from solaris.gateway.answer import Answer, BufferedReply, Reply
from solaris.gateway.body.bodies import Body
from solaris.gateway.body.understanding import Understanding
from solaris.gateway.client import Client, ClientGoneError, Heartbeat
from solaris.gateway.dialect import Dialect
from solaris.gateway.frames import MESSAGES
from solaris.gateway.key_refusal import refuses_key
from solaris.gateway.meter import Meter
from solaris.gateway.models.access import (
    check_model_path,
    visible_models,
    with_weights,
)
from solaris.gateway.models.facts import (
    context_tokens,
    is_reasoning_model,
    maximum_output_tokens,
)
from solaris.gateway.models.listing import ModelList, is_models
from solaris.gateway.models.named import named_models
from solaris.gateway.models.people import PeopleModels
from solaris.gateway.relaying import open_stream
from solaris.gateway.response_sizes import ResponseSizes
from solaris.gateway.sending import Sending
from solaris.gateway.shapes.all import SHAPES, ApiShape
from solaris.gateway.shapes.text import Prompt
from solaris.gateway.upstream import Upstream, UpstreamAnswer
from solaris.keys.entrance import Entered, Entrance
from solaris.keys.key import GatewayKey
from solaris.ledger.weighing import Weighing
from solaris.platform.background import keep
from solaris.platform.errors import (
    SolarisError,
    UnknownPathError,
    UpstreamKeyRefusedError,
)
from solaris.platform.metrics import Metrics
from solaris.platform.settings import Settings
from solaris.quota.identity import Identity
from solaris.quota.reservation import Demand

# Headers of the client that mean something to the upstream. Not Idempotency-Key: the upstream knows
# one client, us, and would answer two people who chose the same value with one answer.
_PASSED_ON = ("accept", "anthropic-beta", "anthropic-version", "openai-beta")
# Anthropic's way to ask how long a prompt is.
COUNT_PATH = f"{MESSAGES}/count_tokens"


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request that was let in; header names are lower-case."""

    request_id: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    entered: Entered
    body: Body
    ip_address: str | None
    received_at: datetime
    started: float = field(default_factory=time.perf_counter)


class Forwarder:
    """Serves every path under /v1."""

    def __init__(
        self,
        *,
        settings: Settings,
        entrance: Entrance,
        meter: Meter,
        weighing: Weighing,
        upstream: Upstream,
        sizes: ResponseSizes,
        metrics: Metrics,
        people: PeopleModels | None = None,
    ) -> None:
        self._people = people
        self._settings = settings
        self._entrance = entrance
        self._meter = meter
        self._weighing = weighing
        self._upstream = upstream
        self._dialect = Dialect()
        self._models = ModelList(upstream, settings.models_cache_seconds)
        self._sizes = sizes
        self._metrics = metrics

    def is_metered(self, path: str) -> bool:
        """Whether a body is worth reading for this path."""
        return self.takes_json(path) or path in self._settings.flat_token_charges

    def takes_json(self, path: str) -> bool:
        """Whether the body of this path is looked into."""
        return path in SHAPES or path == COUNT_PATH

    async def forward(self, request: IncomingRequest, client: Client) -> Reply:
        """Answer one request; raises the SolarisError that refuses it."""
        key = request.entered.key
        if request.method == "GET" and is_models(request.path):
            models = await self._models_of(request)
            check_model_path(key, request.path, models)
            found = await self._models.get(request.path, _headers(request))
            if refuses_key(found.status, found.body):
                raise UpstreamKeyRefusedError(f"the upstream answers {found.status} to our key")
            hidden = self._settings.hidden_models
            shown = visible_models(
                key, request.path, found.status, found.body, hidden, models=models
            )
            weights = await self._weighing.live.aget()
            return replace(found, body=with_weights(weights, found.status, shown))
        if request.method == "POST" and request.path == COUNT_PATH:
            return await self._count(request)
        shape = SHAPES.get(request.path)
        flat = self._settings.flat_token_charges.get(request.path)
        if request.method != "POST" or (shape is None and flat is None):
            raise UnknownPathError(request.path)
        if shape is None:
            return await self._flat(request, key, flat or 0, client)
        return await self._metered(request, key, shape, client)

    async def _metered(
        self, request: IncomingRequest, key: GatewayKey, shape: ApiShape, client: Client
    ) -> Reply:
        understanding = _understanding(request)
        asked = await understanding.asked(shape, self._settings.pass_body_fields)
        body = asked.body
        model = request.entered.asking.model = shape.model(body)
        identity = await self._entrance.identify(request.entered, request.headers, body)
        prompt = await self._prompt(understanding, shape, body)
        weights = await self._weighing.live.aget()
        demand = self._demand(shape, body, model, prompt)
        named = [model, *named_models(body, request.query)] if weights.entries else [model]
        demand = replace(demand, weight=weights.held(named))
        ticket = _ticket(request, key, identity, demand, (asked.named,))
        facts = replace(
            _facts(request, key),
            is_opaque=bool(prompt.references)
            or prompt.has_media
            or is_reasoning_model(model)
            or shape.asks_reasoning(body),
            choices=demand.choices,
            echoed_tokens=demand.choices * prompt.tokens if body.get("echo") else 0,
            is_stream=shape.is_stream(body),
            wants_usage_frame=shape.wants_usage_frame(body),
            dropped_fields=tuple(asked.dropped),
            weights=weights,
        )
        answer = await self._hold(ticket, facts, client, shape=shape)
        sending = Sending(self._upstream, self._dialect, shape, self._settings)
        return await self._send(
            request, answer, lambda headers: sending.send(asked, answer.context, headers)
        )

    async def _models_of(self, request: IncomingRequest) -> tuple[str, ...] | None:
        """What the user of a request may use, where its head names one; None: any model."""
        identity = request.entered.identity
        if identity is None or self._people is None:
            return None
        return await self._people.models(identity)

    async def _count(self, request: IncomingRequest) -> Reply:
        """How long a prompt of /v1/messages is, by our own tokenizer: nothing is held or charged.

        Not every upstream can tell, and who asks it may be billed. What the user may use does not
        matter: no model is asked.
        """
        shape = SHAPES[MESSAGES]
        understanding = _understanding(request)
        asked = await understanding.asked(shape, self._settings.pass_body_fields)
        await self._entrance.identify(request.entered, request.headers, asked.body)
        prompt = await self._prompt(understanding, shape, asked.body)
        body = orjson.dumps({"input_tokens": prompt.tokens})
        return BufferedReply(200, {"content-type": "application/json"}, body)

    async def _prompt(
        self, understanding: Understanding, shape: ApiShape, body: dict[str, object]
    ) -> Prompt:
        """What the model will read, with what is named and lies elsewhere."""
        prompt = await understanding.prompt(shape, body)
        if not prompt.references:
            return prompt
        known = await asyncio.gather(*(self._sizes.of_reference(one) for one in prompt.references))
        if None in known:
            # only the upstream knows how much it brings along: held like a full context
            context = await asyncio.to_thread(context_tokens, shape.model(body))
            size = max(prompt.tokens, context)
        else:
            size = prompt.tokens + sum(one or 0 for one in known)
        return replace(prompt, tokens=size)

    def _demand(
        self, shape: ApiShape, body: dict[str, object], model: str, prompt: Prompt
    ) -> Demand:
        longest = maximum_output_tokens(model, self._settings.model_max_output_tokens)
        if longest is None:
            longest = self._settings.unknown_model_max_output_tokens
        told = self._dialect.of(shape.endpoint, model).longest_answer_tokens
        choices = shape.choices(body)
        return Demand(
            prompt_tokens=prompt.tokens,
            max_completion_tokens=shape.max_completion_tokens(body),
            completes=shape.completes,
            model_maximum_tokens=choices * min(longest, told or longest),
            choices=choices,
        )

    async def _flat(
        self, request: IncomingRequest, key: GatewayKey, tokens: int, client: Client
    ) -> Reply:
        """A path with a charge by setting: its body may be a form, and is not looked into."""
        model = request.entered.asking.model = request.path.removeprefix("/v1/")
        understanding = _understanding(request)
        flat = await understanding.flat(model)
        identity = await self._entrance.identify(request.entered, request.headers, {})
        demand = Demand(prompt_tokens=tokens, completes=False)
        ticket = _ticket(request, key, identity, demand, flat.readings)
        facts = _facts(request, key)
        answer = await self._hold(ticket, facts, client, flat_tokens=tokens)
        content_type = request.headers.get("content-type", "application/octet-stream")
        path = request.path.removeprefix("/v1")
        if request.query:
            path = f"{path}?{request.query}"

        async def send(headers: dict[str, str]) -> UpstreamAnswer:
            models = answer.context.admission.user.models
            data = await understanding.flat_sent(flat, models)
            headers |= {"content-type": content_type}
            return await self._upstream.send("POST", path, headers=headers, body=data)

        return await self._send(request, answer, send)

    async def _hold(
        self,
        ticket: Ticket,
        facts: RequestFacts,
        client: Client,
        *,
        shape: ApiShape | None = None,
        flat_tokens: int = 0,
    ) -> Answer:
        """Hold tokens, and give what owns them from then on: there is no way out without it."""
        admitting = keep(self._meter.admit(ticket))

        async def owned() -> Answer:
            return Answer(
                AnswerContext(await admitting, facts),
                client,
                meter=self._meter,
                metrics=self._metrics,
                settings=self._settings,
                sizes=self._sizes,
                shape=shape,
                flat_tokens=flat_tokens,
            )

        async def give_back() -> None:
            with suppress(SolarisError):
                await (await owned()).give_back()

        try:
            await asyncio.shield(admitting)
        except asyncio.CancelledError:
            # nobody waits any more while tokens are being held
            keep(give_back())
            raise
        except SolarisError:
            # the task keeps the error, which keeps this frame and the body: not until a collection
            del admitting
            raise
        if client.is_gone:
            await give_back()
            raise ClientGoneError
        return await owned()

    async def _send(
        self,
        request: IncomingRequest,
        answer: Answer,
        send: Callable[[dict[str, str]], Awaitable[UpstreamAnswer]],
    ) -> Reply:
        heartbeat: Heartbeat | None = None
        reply: Reply | None = None
        try:
            async with answer.resolving():
                if answer.context.facts.is_stream:
                    heartbeat = Heartbeat(
                        answer.client,
                        self._settings.sse_comment_seconds,
                        answer.stream_headers(None),
                    )
                upstream = await send(_headers(request))
                reply = await answer.reply(
                    upstream, lambda one, stream: open_stream(one, stream, heartbeat)
                )
        finally:
            if heartbeat is not None and (reply is None or isinstance(reply, BufferedReply)):
                await heartbeat.stop()
        return reply


def _ticket(
    request: IncomingRequest,
    key: GatewayKey,
    identity: Identity,
    demand: Demand,
    readings: tuple[tuple[str, ...], ...],
) -> Ticket:
    return Ticket(
        request_id=request.request_id,
        identity=identity,
        demand=demand,
        model=readings[0][0],
        endpoint=request.path,
        key_id=key.key_id,
        received_at=request.received_at,
        readings=readings,
    )


def _understanding(request: IncomingRequest) -> Understanding:
    return Understanding(request.body, request.headers, request.query, request.entered)


def _facts(request: IncomingRequest, key: GatewayKey) -> RequestFacts:
    return RequestFacts(
        key=key,
        user_agent=request.headers.get("user-agent"),
        ip_address=request.ip_address,
        conversation_id=request.headers.get("x-conversation-id"),
        started=request.started,
    )


def _headers(request: IncomingRequest) -> dict[str, str]:
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    headers["x-request-id"] = request.request_id
    return headers
