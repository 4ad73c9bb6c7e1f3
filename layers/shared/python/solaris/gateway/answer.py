"""The answer to an admitted request: relayed to the client, then settled exactly once.

buffered   read whole → settle → send
streamed   frames go out as they come; the last one waits until the books know
nothing    an error inside a 200, a page of HTML, an empty body: released, 502 to the client
broken     the upstream fails in mid-stream: settle what was delivered, one error frame
too long   more delivered than the answer may be: the upstream is closed, the stream ends there
gone       the client hangs up: read on without it to the stated usage, within bounds

What is charged where nobody states it is said once, in `AnswerContext.charge_unstated`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from solaris.gateway import tokenizer as tokens
from solaris.gateway.admission import AnswerContext
from solaris.gateway.body.allowed_fields import shown_names
from solaris.gateway.body.heavy import in_light_thread
from solaris.gateway.client import STREAM_HEADERS, Client
from solaris.gateway.frames import error_frame
from solaris.gateway.key_refusal import refuses_key
from solaris.gateway.meter import Meter
from solaris.gateway.models.named import booked_names
from solaris.gateway.quote import token_headers
from solaris.gateway.response_sizes import ResponseSizes
from solaris.gateway.shapes.all import ApiShape
from solaris.gateway.shapes.reading import Reading, read_body
from solaris.gateway.upstream import PASSED_BACK, UpstreamAnswer
from solaris.ledger.figures import is_error
from solaris.platform.background import keep
from solaris.platform.errors import (
    SolarisError,
    StoreUnavailableError,
    UpstreamKeyRefusedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from solaris.platform.logs import get_logger
from solaris.platform.metrics import DURATION, FIRST_BYTE, NO_MODEL, REQUESTS, Metrics
from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.platform.texts import error_text
from solaris.platform.web.errors import status_of
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import User

MAX_TEXT_CHARACTERS = 200
HIDDEN_KEY = b"***"
FIRST_REDIRECT = 300
# What proxies log for a client that hung up; the client itself never sees it.
CLIENT_CLOSED_REQUEST, CLIENT_CLOSED = 499, "client closed the connection"
# A longer answer is read and counted in a thread: 1 MB takes some 10 ms.
THREAD_BYTES = 256 * 1024
MOST_COUNTED_BYTES = 20 * 1024 * 1024

_log = get_logger("solaris.answering")


@dataclass(frozen=True, slots=True)
class BufferedReply:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class StreamedReply(Protocol):
    """An answer that is still arriving; `run` sends it and returns when all is sent."""

    async def run(self, client: Client) -> None:
        """Relay to the client, and read on when it has gone; cancel it to give up."""


Reply = BufferedReply | StreamedReply

OpenStream = Callable[["Answer", UpstreamAnswer], Awaitable[tuple[StreamedReply | None, bytes]]]
"""Reads a stream's first frame (gateway/relaying.py): the stream, or a body that is none.

Raises UpstreamUnavailableError where the first thing that it tells is a failure."""


class Answer:
    """Resolves one reservation, once, whatever way its request ends."""

    def __init__(
        self,
        context: AnswerContext,
        client: Client,
        *,
        meter: Meter,
        metrics: Metrics,
        settings: Settings,
        sizes: ResponseSizes,
        shape: ApiShape | None = None,
        flat_tokens: int = 0,
    ) -> None:
        self.context = context
        self.client = client
        self._reservation = context.admission.reservation
        self._meter = meter
        self._metrics = metrics
        self._settings = settings
        self._sizes = sizes
        self.shape = shape
        self._flat_tokens = flat_tokens
        self._resolved = False
        self._has_held_more = False
        self._upstream: UpstreamAnswer | None = None
        self.first_byte_ms: int | None = None
        self.prompt_tokens = self._reservation.prompt_tokens

    async def reply(self, upstream: UpstreamAnswer, open_stream: OpenStream) -> Reply:
        """Take the upstream's answer and give the client's; call it within `resolving`.

        Raises UpstreamUnavailableError for a redirect or an answer that is none (both released),
        and what reading it raises.
        """
        self._upstream = upstream
        stream: StreamedReply | None = None
        try:
            if upstream.status < FIRST_REDIRECT and await self._is_stream(upstream):
                stream, body = await open_stream(self, upstream)
                if stream is not None:
                    return stream
            else:
                body = await upstream.read()
            return await self._buffered(upstream, body)
        finally:
            if stream is None:
                await upstream.close()

    @asynccontextmanager
    async def resolving(self) -> AsyncIterator[None]:
        """Whatever ends the work inside without an answer resolves the reservation.

        A time-out charges what is held, where the upstream had begun; another SolarisError what
        of the answer has come, else nothing; a cancellation, or a fault of ours, is `abandon`.
        """
        try:
            yield
        except UpstreamTimeoutError as error:
            await self._time_out(error)
            raise
        except SolarisError as error:
            await self._fail(error)
            raise
        except BaseException:
            self.abandon()
            raise

    async def _fail(self, error: SolarisError) -> None:
        """An answer that broke off: what of it has come was billed, although nobody sees it."""
        if self._resolved:
            return
        upstream = self._upstream
        has_answer = upstream is not None and upstream.status < FIRST_REDIRECT
        came = b"".join(upstream.parts) if upstream is not None and has_answer else b""
        if not came or self.shape is None:
            await self._release(error)
            return
        text = came[:MOST_COUNTED_BYTES].decode("utf-8", "replace")
        counted = await in_light_thread(tokens.estimate, text)
        await self.settle(
            self.context.charge_unstated(counted),
            status=status_of(error),
            estimated=True,
            error=error.code,
        )

    async def _is_stream(self, upstream: UpstreamAnswer) -> bool:
        if self.shape is None:
            return False
        if upstream.is_event_stream:
            return True
        return self.context.facts.is_stream and await upstream.begins_like_events()

    async def _buffered(self, upstream: UpstreamAnswer, body: bytes) -> Reply:
        headers = self.headers(upstream)
        if upstream.status >= FIRST_REDIRECT and not is_error(upstream.status):
            told = f"the upstream redirects ({upstream.status})"
            raise await self._released(UpstreamUnavailableError(told, told=told))
        if refuses_key(upstream.status, body):
            raise await self._released(UpstreamKeyRefusedError(f"{upstream.status} to our key"))
        if is_error(upstream.status):
            body = self._without_key(body)
            await self.settle(TokenCounts(), status=upstream.status, outcome=Outcome.RELEASED)
            return BufferedReply(upstream.status, headers, body)
        if self.shape is None:
            await self.settle(TokenCounts(prompt_tokens=self._flat_tokens), status=upstream.status)
            return BufferedReply(upstream.status, headers, body)
        reading = await self._read(self.shape, body)
        if not reading.is_answer:
            nothing = UpstreamUnavailableError("no answer", told=reading.error)
            raise await self._released(nothing)
        counts = reading.counts
        if reading.estimated:
            await self.hold_delivered(counts.completion_tokens)
            charged = self.context.charge_unstated(counts.completion_tokens)
            counts = replace(counts, completion_tokens=charged.completion_tokens)
        await self.settle(
            counts,
            status=upstream.status,
            estimated=reading.estimated,
            error=reading.error,
            model=reading.model,
            response_id=reading.response_id,
        )
        return BufferedReply(upstream.status, headers, body)

    async def _read(self, shape: ApiShape, body: bytes) -> Reading:
        if len(body) > THREAD_BYTES:
            return await in_light_thread(read_body, shape, body, self.prompt_tokens)
        return read_body(shape, body, self.prompt_tokens)

    async def _release(self, error: SolarisError) -> None:
        """Charge nothing: the upstream gave no answer. The record has the client's status."""
        told = None
        if isinstance(error, UpstreamUnavailableError) and error.told is not None:
            told = error.told = self._without_key(error.told.encode()).decode("utf-8", "replace")
        await self.settle(
            TokenCounts(),
            status=status_of(error),
            outcome=Outcome.RELEASED,
            error=told or error.code,
        )

    async def _released(self, error: SolarisError) -> SolarisError:
        await self._release(error)
        return error

    async def _time_out(self, error: UpstreamTimeoutError) -> None:
        """Nothing came for too long: charge what is held, unless no connection was made.

        An upstream that has begun to work bills it, and a client's library tries again.
        """
        if not error.has_begun:
            await self._release(error)
            return
        await self.settle(
            self.context.charge_unstated(0, hidden=True),
            status=status_of(error),
            estimated=True,
            error=error.code,
        )

    def abandon(
        self, counts: TokenCounts | None = None, *, estimated: bool = True, model: str | None = None
    ) -> None:
        """Nobody waits any more and nothing more is read: charge what can be told of it.

        An answer of which nothing was seen, and which its client has left, charges its hold: or
        leaving would be the cheapest way to ask.
        """
        if counts is None:
            counts = self.context.charge_unstated(0, hidden=self.client.is_gone)
        stopped = StoreUnavailableError("the gateway is stopping")
        keep(
            self.settle(
                counts,
                status=status_of(stopped),  # 499 where the client has gone
                estimated=estimated,
                error=CLIENT_CLOSED if self.client.is_gone else str(stopped),
                model=model,
            )
        )

    async def give_back(self) -> None:
        """Charge nothing: nobody waited any more when the tokens were held, nothing was sent."""
        await self.settle(TokenCounts(), status=CLIENT_CLOSED_REQUEST, outcome=Outcome.RELEASED)

    async def hold_delivered(self, delivered_tokens: int, leeway_tokens: int = 0) -> int:
        """Hold what an answer has delivered past what it holds, as far as that is left, once.

        At least `leeway_tokens`, for what may follow. Returns how much may be delivered now.
        """
        over = delivered_tokens - self.context.relay_limit_tokens
        if over > 0 and not self._has_held_more:
            self._has_held_more = True
            more = max(over, leeway_tokens)
            admission = await self._meter.hold_more(self.context.admission, more)
            self.context = replace(self.context, admission=admission)
            self._reservation = admission.reservation
        return self.context.relay_limit_tokens

    async def settle(
        self,
        counts: TokenCounts,
        *,
        status: int,
        outcome: Outcome = Outcome.SETTLED,
        estimated: bool = False,
        error: str | None = None,
        model: str | None = None,
        response_id: str | None = None,
    ) -> None:
        """Resolve the reservation; the second and later calls do nothing.

        Whoever waits for it may be cancelled meanwhile: the event is on its way all the same.
        `model` is the one that says to have answered, `response_id` the name by which a later
        request may refer to the answer.
        """
        if self._resolved:
            return
        self._resolved = True
        if self.client.is_gone:
            status, error = CLIENT_CLOSED_REQUEST, error or CLIENT_CLOSED
        if error is None and is_error(status):
            error = f"the upstream answered {status}"
        reservation = self._reservation
        names = booked_names(
            reservation.model, model, is_restricted=self.context.allows_some_models_only
        )
        weight = self._weight(model)
        event = UsageEvent(
            request_id=reservation.request_id,
            user_id=self.context.admission.user.user_id,
            period=reservation.period,
            outcome=outcome,
            created_at=reservation.created_at,
            model=names.model,
            asked_model=names.asked,
            answered_model=names.answered,
            endpoint=reservation.endpoint,
            counts=counts,
            charged_tokens=counts.charged_tokens(weight),
            weight=None if weight == PLAIN else weight,
            held_weight=None if weight == reservation.weight else reservation.weight,
            reserved_tokens=reservation.tokens,
            estimated=estimated,
            status_code=int(status),
            error_message=_short(error),
            response_time_ms=self.elapsed_ms(),
            first_byte_ms=self.first_byte_ms,
            key_id=reservation.key_id,
            conversation_id=_short(self.context.facts.conversation_id),
            user_agent=_short(self.context.facts.user_agent),
            ip_address=self.context.facts.ip_address,
            over_limit=self.context.admission.is_over_limit,
            day=reservation.day,
            group_id=reservation.group_id,
        )
        self._observe(event)
        await asyncio.shield(keep(self._hand_over(event, response_id)))

    def _weight(self, answered: str | None) -> ModelWeight:
        """By what the answer is charged: the weight of who has answered."""
        held = self._reservation.weight
        if self.shape is None:  # charged what the setting says
            return held
        return self.context.facts.weights.charged(self._reservation.model, answered, held)

    async def _hand_over(self, event: UsageEvent, response_id: str | None) -> None:
        if response_id is not None and event.outcome is Outcome.SETTLED:
            await self._sizes.remember(response_id, event.counts.total_tokens)
        await self._meter.resolve(event)

    def _observe(self, event: UsageEvent) -> None:
        _log.info(
            "request_settled",
            request_id=event.request_id,
            user_id=event.user_id,
            model=event.model,
            tokens_used=event.charged_tokens,
            outcome=event.outcome.value,
            status=event.status_code,
            estimated=event.estimated,
            response_time_ms=event.response_time_ms,
        )
        model = NO_MODEL
        if event.outcome is Outcome.SETTLED:
            answered = not is_error(event.status_code)
            model = self._metrics.model_label(event.model, answered=answered)
        self._metrics.count(REQUESTS, event.endpoint, model, str(event.status_code))
        self._metrics.observe(DURATION, (event.response_time_ms or 0) / 1000, event.endpoint)
        if event.first_byte_ms is not None:
            self._metrics.observe(FIRST_BYTE, event.first_byte_ms / 1000, event.endpoint)

    def elapsed_ms(self) -> int:
        """Milliseconds since the request came in."""
        return round((time.perf_counter() - self.context.facts.started) * 1000)

    def error_frame(self, error: SolarisError) -> bytes:
        """The one frame that tells a client of a failure in mid-stream."""
        return error_frame(
            self._reservation.endpoint,
            error_text(error.code, self._settings.locale),
            error.code,
            self._reservation.request_id,
        )

    @property
    def drain_bytes(self) -> int:
        """How much is read of a stream whose client has gone."""
        return self._settings.upstream_drain_max_bytes

    def _without_key(self, body: bytes) -> bytes:
        """An error without our own key for the upstream, which some upstreams repeat."""
        key = self._settings.upstream_key
        return body.replace(key.encode(), HIDDEN_KEY) if key else body

    def headers(self, upstream: UpstreamAnswer | None) -> dict[str, str]:
        """The headers of the client's answer, before and after the upstream has answered."""
        headers: dict[str, str] = {}
        if upstream is not None:
            found = upstream.headers
            headers = {name: found[name] for name in PASSED_BACK if name in found}
        user: User = self.context.admission.user
        headers["x-request-id"] = self._reservation.request_id
        headers |= token_headers(
            user, self.context.admission.renews_at, self._reservation.created_at
        )
        if self.context.admission.is_over_limit:
            headers["x-solaris-over-limit"] = "true"
        if self.context.cap_tokens is not None:
            headers["x-solaris-capped"] = str(self.context.cap_tokens)
        dropped = shown_names(self.context.facts.dropped_fields)
        if dropped:
            headers["x-solaris-dropped-fields"] = dropped
        return headers

    def stream_headers(self, upstream: UpstreamAnswer | None) -> dict[str, str]:
        """The headers of a streamed answer, whatever content type the upstream has named."""
        return {**self.headers(upstream), **STREAM_HEADERS}


def _short(text: str | None) -> str | None:
    """Bound a text that a client or an upstream controls; empty counts as absent."""
    if not text:
        return None
    return printable(text, MAX_TEXT_CHARACTERS) or None
