"""The answer to an admitted request: relayed to the client, then settled exactly once.

buffered   read whole → settle → send
streamed   frames go out as they come; the last one waits until the books know
broken     the upstream fails in mid-stream: settle what was delivered, one error frame
gone       the client hangs up: close the upstream, settle what was delivered
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol

import orjson

from solaris.domain.usage import Outcome, TokenCounts, UsageEvent
from solaris.domain.users import User
from solaris.errors import SolarisError
from solaris.metrics import DURATION, FIRST_BYTE, NO_MODEL, REQUESTS, Metrics
from solaris.observability import get_logger
from solaris.services.background import keep
from solaris.services.metering import Admission, Meter
from solaris.services.quoting import token_headers
from solaris.settings import Settings
from solaris.texts import error_text
from solaris.upstream import tokens
from solaris.upstream.client import UpstreamAnswer
from solaris.upstream.shapes import ApiShape
from solaris.upstream.sse import DeliveredText, SseRelay

MAX_TEXT_CHARACTERS = 200
HIDDEN_KEY = b"***"
# What proxies log for a client that hung up; the client itself never sees it.
CLIENT_CLOSED_REQUEST = 499
# Headers of the upstream's answer that are the client's business.
_PASSED_BACK = ("content-type", "retry-after", "openai-processing-ms", "openai-version")

Send = Callable[[bytes], Awaitable[None]]

_log = get_logger("solaris.answering")


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What is known of an admitted request besides its reservation."""

    admission: Admission
    user_agent: str | None
    ip_address: str | None
    conversation_id: str | None
    started: float

    @property
    def cap_tokens(self) -> int | None:
        """The completion that the answer is limited to, None when it is not."""
        return self.admission.cap_tokens


@dataclass(frozen=True, slots=True)
class BufferedReply:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class StreamedReply(Protocol):
    """An answer that is still arriving; `run` sends it and returns when all is sent."""

    status: int
    headers: dict[str, str]

    async def run(self, send: Send) -> None:
        """Relay to the client; cancel it when the client has gone."""


Reply = BufferedReply | StreamedReply


class Answer:
    """Resolves one reservation, once, whatever way its request ends."""

    def __init__(
        self,
        context: AnswerContext,
        *,
        meter: Meter,
        metrics: Metrics,
        settings: Settings,
        shape: ApiShape | None = None,
        flat_tokens: int = 0,
        hide_usage_frame: bool = False,
    ) -> None:
        self._context = context
        self._reservation = context.admission.reservation
        self._meter = meter
        self._metrics = metrics
        self._settings = settings
        self._shape = shape
        self._flat_tokens = flat_tokens
        self._hide_usage_frame = hide_usage_frame
        self._resolved = False
        self.first_byte_ms: int | None = None
        self.prompt_tokens = self._reservation.prompt_tokens

    async def reply(self, upstream: UpstreamAnswer) -> Reply:
        """Take the upstream's answer and give the client's."""
        headers = self._headers(upstream)
        if self._shape is not None and upstream.is_event_stream and upstream.status < 400:  # noqa: PLR2004 - HTTP errors
            relay = SseRelay(self._shape, hide_usage_frame=self._hide_usage_frame)
            return StreamRelay(upstream, headers, self, relay, DeliveredText(self._shape))
        try:
            body = await upstream.read()
        except SolarisError as error:
            await self.release(error)
            raise
        except BaseException:
            self.abandon()
            raise
        finally:
            await upstream.close()
        if upstream.status >= 400:  # noqa: PLR2004 - HTTP errors
            body = self._without_key(body)
            await self.settle(TokenCounts(), status=upstream.status, outcome=Outcome.RELEASED)
        else:
            counts, estimated = self._counts_of(body)
            await self.settle(counts, status=upstream.status, estimated=estimated)
        return BufferedReply(upstream.status, headers, body)

    async def release(
        self, error: SolarisError, *, status: HTTPStatus = HTTPStatus.BAD_GATEWAY
    ) -> None:
        """Charge nothing: the upstream gave no answer."""
        await self.settle(TokenCounts(), status=status, outcome=Outcome.RELEASED, error=error.code)

    def abandon(self, counts: TokenCounts | None = None, *, estimated: bool = True) -> None:
        """The client has gone: charge the prompt and what was delivered, in the background."""
        if counts is None:
            counts = TokenCounts(self.prompt_tokens)
        keep(
            self.settle(
                counts,
                status=CLIENT_CLOSED_REQUEST,
                estimated=estimated,
                error="client closed the connection",
            )
        )

    async def settle(
        self,
        counts: TokenCounts,
        *,
        status: int,
        outcome: Outcome = Outcome.SETTLED,
        estimated: bool = False,
        error: str | None = None,
    ) -> None:
        """Resolve the reservation; the second and later calls do nothing."""
        if self._resolved:
            return
        self._resolved = True
        if error is None and status >= 400:  # noqa: PLR2004 - HTTP errors
            error = f"the upstream answered {status}"
        event = UsageEvent(
            request_id=self._reservation.request_id,
            user_id=self._context.admission.user.user_id,
            period=self._reservation.period,
            outcome=outcome,
            created_at=self._reservation.created_at,
            model=self._reservation.model,
            endpoint=self._reservation.endpoint,
            counts=counts,
            charged_tokens=counts.charged_tokens(self._settings.cached_token_weight),
            reserved_tokens=self._reservation.tokens,
            estimated=estimated,
            status_code=int(status),
            error_message=error,
            response_time_ms=self.elapsed_ms(),
            first_byte_ms=self.first_byte_ms,
            key_id=self._reservation.key_id,
            conversation_id=_short(self._context.conversation_id),
            user_agent=_short(self._context.user_agent),
            ip_address=self._context.ip_address,
        )
        await self._meter.resolve(event)
        self._observe(event)
        _log.info(
            "request_settled",
            request_id=event.request_id,
            user_id=event.user_id,
            model=event.model,
            tokens_used=event.charged_tokens,
            outcome=outcome.value,
            status=event.status_code,
            estimated=estimated,
            response_time_ms=event.response_time_ms,
        )

    def _observe(self, event: UsageEvent) -> None:
        model = NO_MODEL
        if event.outcome is Outcome.SETTLED:
            answered = event.status_code < 400  # noqa: PLR2004 - HTTP errors
            model = self._metrics.model_label(event.model, answered=answered)
        self._metrics.count(REQUESTS, event.endpoint, model, str(event.status_code))
        self._metrics.observe(DURATION, (event.response_time_ms or 0) / 1000, event.endpoint)
        if event.first_byte_ms is not None:
            self._metrics.observe(FIRST_BYTE, event.first_byte_ms / 1000, event.endpoint)

    def elapsed_ms(self) -> int:
        """Milliseconds since the request came in."""
        return round((time.perf_counter() - self._context.started) * 1000)

    def error_frame(self, error: SolarisError) -> bytes:
        """The one frame that tells a client of a failure in mid-stream."""
        body = {
            "error": {
                "message": error_text(error.code, self._settings.locale),
                "type": "upstream_error",
                "code": error.code,
                "param": None,
                "details": {"request_id": self._reservation.request_id},
            }
        }
        return b"data: " + orjson.dumps(body) + b"\n\n"

    def _counts_of(self, body: bytes) -> tuple[TokenCounts, bool]:
        """Return what a buffered answer used, and whether that had to be estimated."""
        if self._shape is None:
            return TokenCounts(prompt_tokens=self._flat_tokens), False
        try:
            answer: Any = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        stated = self._shape.usage_of_body(answer)
        if stated is not None:
            return stated, False
        completion = tokens.estimate(self._shape.text_of_body(answer)) if answer else 0
        return TokenCounts(self.prompt_tokens, completion), True

    def _without_key(self, body: bytes) -> bytes:
        """An error without our own key for the upstream, which some upstreams repeat."""
        key = self._settings.upstream_key
        return body.replace(key.encode(), HIDDEN_KEY) if key else body

    def _headers(self, upstream: UpstreamAnswer) -> dict[str, str]:
        headers = {
            name: upstream.headers[name] for name in _PASSED_BACK if name in upstream.headers
        }
        user: User = self._context.admission.user
        headers["x-request-id"] = self._reservation.request_id
        headers |= token_headers(
            user, self._context.admission.renews_at, self._reservation.created_at
        )
        if self._context.cap_tokens is not None:
            headers["x-solaris-capped"] = str(self._context.cap_tokens)
        return headers


class StreamRelay:
    """A streamed answer on its way to the client."""

    def __init__(
        self,
        upstream: UpstreamAnswer,
        headers: dict[str, str],
        answer: Answer,
        relay: SseRelay,
        delivered: DeliveredText,
    ) -> None:
        self.status = upstream.status
        self.headers = headers
        self._upstream = upstream
        self._answer = answer
        self._relay = relay
        self._delivered = delivered

    async def run(self, send: Send) -> None:
        """Relay until the end; cancelled by the web server when the client has gone."""
        try:
            last = await self._relay_frames(send)
            counts, estimated = self._counts()
            await asyncio.shield(
                keep(self._answer.settle(counts, status=self.status, estimated=estimated))
            )
            if last:
                await send(last)
        except SolarisError as error:
            await self._broken(error, send)
        except (asyncio.CancelledError, OSError):
            counts, estimated = self._counts()
            self._answer.abandon(counts, estimated=estimated)
            raise
        finally:
            await self._upstream.close()

    async def _relay_frames(self, send: Send) -> bytes | None:
        async for chunk in self._upstream.chunks():
            relayed = self._relay.feed(chunk)
            if relayed.now:
                if self._answer.first_byte_ms is None:
                    self._answer.first_byte_ms = self._answer.elapsed_ms()
                await send(relayed.now)
                self._delivered.add(relayed.now)
            if relayed.last is not None:
                return relayed.last
        rest = self._relay.rest()
        if rest:
            self._delivered.add(rest)
        return rest

    def _counts(self) -> tuple[TokenCounts, bool]:
        """Return what the answer used so far, and whether that had to be estimated."""
        stated = self._relay.usage
        if stated is not None and self._relay.usage_is_final:
            return stated, False
        delivered = self._delivered.count_tokens()
        if stated is None:
            return TokenCounts(self._answer.prompt_tokens, delivered), True
        completion = max(stated.completion_tokens, delivered)
        return replace(stated, completion_tokens=completion), True

    async def _broken(self, error: SolarisError, send: Send) -> None:
        """The upstream failed after the answer had begun: charge what was delivered."""
        counts, estimated = self._counts()
        await asyncio.shield(
            keep(
                self._answer.settle(
                    counts, status=HTTPStatus.BAD_GATEWAY, estimated=estimated, error=error.code
                )
            )
        )
        _log.warning("upstream_broke_off", error=str(error))
        await send(self._answer.error_frame(error))


def _short(text: str | None) -> str | None:
    """Bound a text that a client controls; empty counts as absent."""
    if not text:
        return None
    return "".join(c for c in text if c.isprintable())[:MAX_TEXT_CHARACTERS] or None
