"""A streamed answer, frame by frame: to the client, or to its end when the client has gone.

Frames go out as they come; the last one waits until the books know. It is step 6
of "A metered request" in ARCHITECTURE.md.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus

from solaris.gateway.answer import Answer
from solaris.gateway.client import Client, Heartbeat
from solaris.gateway.frames import cut_frames
from solaris.gateway.shapes.all import ApiShape
from solaris.gateway.shapes.reading import completed
from solaris.gateway.sse import DeliveredText, SseRelay
from solaris.gateway.upstream import UpstreamAnswer
from solaris.platform.errors import SolarisError, UpstreamTimeoutError, UpstreamUnavailableError
from solaris.platform.logs import get_logger
from solaris.platform.web.errors import status_of
from solaris.quota.usage import Outcome, TokenCounts

# How long to wait for usage that some upstreams state after their last frame.
AFTER_END_SECONDS = 2.0
_INDEX = re.compile(rb'"index"\s*:\s*(\d{1,6})')

_log = get_logger("solaris.relaying")


class _DrainedEnoughError(Exception):
    """More has come than is read for a client that has gone."""


async def open_stream(
    answer: Answer, upstream: UpstreamAnswer, heartbeat: Heartbeat | None
) -> tuple["StreamRelay | None", bytes]:
    """Read a stream's first frame: the stream, or a body that is none.

    Raises UpstreamUnavailableError when the first thing that it tells is a failure.
    """
    if answer.shape is None:
        return None, await upstream.read()
    stream = StreamRelay(upstream, answer, answer.shape, heartbeat)
    if await stream.begin():
        return stream, b""
    if stream.relay.error is not None:
        raise UpstreamUnavailableError("an error in a stream", told=stream.relay.error)
    return None, stream.unshown


class StreamRelay:
    """A streamed answer on its way to the client, or read to its end without it."""

    def __init__(
        self,
        upstream: UpstreamAnswer,
        answer: Answer,
        shape: ApiShape,
        heartbeat: Heartbeat | None,
    ) -> None:
        context = answer.context
        self.relay = SseRelay(shape, hide_usage_frame=not context.facts.wants_usage_frame)
        self.unshown = b""
        self._upstream = upstream
        self._answer = answer
        self._shape = shape
        self._heartbeat = heartbeat
        self._chunks: AsyncIterator[bytes] = upstream.chunks()
        self._delivered = DeliveredText(shape, context.relay_limit_tokens)
        self._first = b""
        self._last: bytes | None = None
        self._index = 0
        self._is_block_open = True
        self._drained = 0

    async def begin(self) -> bool:
        """Read up to the first frame; False when there is nothing to relay.

        Then either `relay.error` tells why, or `unshown` holds a body that is no stream.
        """
        while True:
            chunk = await anext(self._chunks, b"")
            if not chunk:
                break
            relayed = self.relay.feed(chunk)
            self._first += relayed.now
            self._last = relayed.last
            if self.relay.error is not None:
                break
            if relayed.now or relayed.last is not None:
                return True
        if self.relay.error is not None:
            delivered = DeliveredText(self._shape)
            delivered.add(self._first)
            has_use = self.relay.usage_is_final or delivered.count_tokens() > 0
            return has_use or self._answer.client.has_started
        rest = self.relay.rest()
        if rest.lstrip().startswith((b"data:", b"event:", b":")):
            self._first += rest
            self._last = b""
            return True
        self.unshown = rest
        return False

    async def run(self, client: Client) -> None:
        """Relay until the end; cancelled when nobody shall wait any longer."""
        try:
            await client.start(self._upstream.status, self._answer.stream_headers(self._upstream))
            await self._relay_frames(client)
            if self._heartbeat is not None:
                await self._heartbeat.stop()
            await self._end(client)
        except SolarisError as error:
            await self._broken(error, client)
        except _DrainedEnoughError:
            self._abandon()
        except BaseException:
            # nobody shall wait any longer, or the process stops
            self._abandon()
            raise
        finally:
            if self._heartbeat is not None:
                await self._heartbeat.stop()
            await self._upstream.close()

    def _abandon(self) -> None:
        counts, estimated = self._counts(is_whole=False)
        self._answer.abandon(counts, estimated=estimated, model=self.relay.model)

    async def _relay_frames(self, client: Client) -> None:
        """Pass frames on until the last one has come; that one is kept back in `_last`."""
        if self._first:
            await self._pass(self._first, client)
            self._first = b""
        while self._last is None and not self._delivered.is_over_limit:
            chunk = await anext(self._chunks, b"")
            if not chunk:
                self._last = self.relay.rest()
                self._delivered.add(self._last)
                return
            if client.is_gone:
                self._drained += len(chunk)
                if self._drained > self._answer.drain_bytes:
                    raise _DrainedEnoughError
            relayed = self.relay.feed(chunk)
            self._last = relayed.last
            if relayed.now:
                await self._pass(relayed.now, client)
        if self._delivered.is_over_limit:
            self._last = None
        elif self._last is not None and self.relay.usage is None:
            await self._read_after_the_end()

    async def _pass(self, frames: bytes, client: Client) -> None:
        if self._answer.first_byte_ms is None:
            self._answer.first_byte_ms = self._answer.elapsed_ms()
        if self._heartbeat is not None:
            self._heartbeat.may_comment = self.relay.is_between_frames
        rest, frames = frames, self._delivered.add_within_limit(frames)
        await client.send(frames)
        if self._delivered.is_over_limit and await self._may_go_on():
            frames = self._delivered.add_within_limit(rest[len(frames) :])
            await client.send(frames)
        if self._delivered.is_over_limit:
            found = _INDEX.findall(frames)
            self._index = int(found[-1]) if found else 0
            # of the content blocks of /v1/messages
            self._is_block_open = frames.rfind(b"content_block_stop") <= max(
                frames.rfind(b"content_block_delta"), frames.rfind(b"content_block_start")
            )

    async def _may_go_on(self) -> bool:
        """Whether a stream past its limit goes on: more can be held for it."""
        answer = self._answer
        delivered = self._delivered.count_tokens()
        limit = await answer.hold_delivered(delivered, answer.context.leeway_tokens)
        self._delivered.raise_limit(limit)
        return not self._delivered.is_over_limit

    async def _read_after_the_end(self) -> None:
        """Some upstreams state their usage after the frame that should be the last."""
        try:
            async with asyncio.timeout(AFTER_END_SECONDS):
                while self.relay.usage is None and (chunk := await anext(self._chunks, b"")):
                    self.relay.feed(chunk)
        except (TimeoutError, SolarisError):
            return

    async def _end(self, client: Client) -> None:
        is_cut = self._last is None
        counts, estimated = self._counts(is_whole=not is_cut)
        last = self._cut(counts.completion_tokens) if is_cut else self._last
        outcome, status, error = Outcome.SETTLED, self._upstream.status, self.relay.error
        if error is not None:
            status = HTTPStatus.BAD_GATEWAY
            if not self.relay.usage_is_final and not self._has_delivered():
                counts, estimated, outcome = TokenCounts(), False, Outcome.RELEASED
        settling = self._answer.settle(
            counts,
            status=status,
            outcome=outcome,
            estimated=estimated,
            error=error,
            model=self.relay.model,
            response_id=self.relay.response_id,
        )
        await settling
        await client.finish(last or b"")

    def _cut(self, completion_tokens: int) -> bytes:
        """The end of a stream that was cut at its limit, in the words of its API."""
        context = self._answer.context
        reservation = context.admission.reservation
        return cut_frames(
            reservation.endpoint,
            answer_id=self.relay.response_id or reservation.request_id,
            model=reservation.model,
            created=int(reservation.created_at.timestamp()),
            choices=context.facts.choices,
            open_block=self._index if self._is_block_open else None,
            prompt_tokens=self._answer.prompt_tokens,
            completion_tokens=completion_tokens,
            states_usage=context.facts.wants_usage_frame,
        )

    def _has_delivered(self) -> bool:
        return self._delivered.count_tokens() > 0

    def _counts(self, *, is_whole: bool) -> tuple[TokenCounts, bool]:
        """Return what the answer used, and whether that had to be estimated.

        `is_whole`: the stream has come to its own end. A figure stated before an end that never
        came may be a preview: the larger of it and of what was delivered counts.
        """
        stated, relay = self.relay.usage, self.relay
        has_end = is_whole and (relay.is_finished or relay.has_ended)
        is_final = stated is not None and (
            relay.usage_is_final or (has_end and not relay.usage_is_provisional)
        )
        if stated is not None and is_final:
            needs_text = not (stated.prompt_tokens and stated.completion_tokens)
            delivered = self._delivered.count_tokens() if needs_text else 0
            within = self._answer.context.within_hold(delivered)
            return completed(stated, within, self._answer.prompt_tokens)
        counts = self._answer.context.charge_unstated(self._delivered.count_tokens())
        if stated is None:
            return counts, True
        prompt = stated.prompt_tokens or counts.prompt_tokens
        completion = max(stated.completion_tokens, counts.completion_tokens)
        return replace(stated, prompt_tokens=prompt, completion_tokens=completion), True

    async def _broken(self, error: SolarisError, client: Client) -> None:
        """The upstream failed after the answer had begun: charge what was delivered."""
        counts, estimated = self._counts(is_whole=False)
        outcome = Outcome.SETTLED
        if isinstance(error, UpstreamTimeoutError) and not self._has_delivered():
            counts = self._answer.context.charge_unstated(0, hidden=True)
        elif not self._has_delivered() and self.relay.usage is None:
            counts, estimated, outcome = TokenCounts(), False, Outcome.RELEASED
        settling = self._answer.settle(
            counts,
            status=status_of(error),
            outcome=outcome,
            estimated=estimated,
            error=error.code,
            model=self.relay.model,
        )
        await settling
        _log.warning("upstream_broke_off", error=str(error))
        if self._heartbeat is not None:
            await self._heartbeat.stop()
        await client.finish(self._answer.error_frame(error))
