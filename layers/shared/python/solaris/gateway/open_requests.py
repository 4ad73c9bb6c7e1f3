"""Requests that are open in this process: what they hold is kept for as long as they live.

A reservation is good for 15 minutes, so that a crash does not hold tokens for ever. A stream may
last longer: as long as its process lives it is given more time, a few minutes before the end.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from solaris.gateway.reserve import hold_more, renew
from solaris.platform.aws.client import AsyncAws
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger
from solaris.quota.reservation import RENEWAL_SECONDS, Reservation, expiry_of

LOOK_SECONDS = 30.0
# All that is asked for, what is left then, and once more what others have left of that; and once
# for a day whose cap it counts for no more, or does now.
HOLD_TRIES = 4

_log = get_logger("solaris.open_requests")


class OpenRequests:
    """The reservations held by this process; `clock` gives the time in UTC."""

    def __init__(self, aws: AsyncAws, table: str, clock: Callable[[], datetime]) -> None:
        self._aws = aws
        self._table = table
        self._clock = clock
        self._held: dict[str, tuple[str, Reservation]] = {}
        self._renewing: asyncio.Task[None] | None = None

    def add(self, user_id: str, reservation: Reservation) -> None:
        """Keep a reservation from now on."""
        self._held[reservation.request_id] = (user_id, reservation)
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew_forever())

    def discard(self, request_id: str) -> None:
        """Its request has ended; unknown ids do nothing."""
        self._held.pop(request_id, None)

    def has(self, request_id: str) -> bool:
        """Whether a request is open in this process."""
        return request_id in self._held

    async def hold_more(self, user_id: str, held: Reservation, tokens: int) -> Reservation:
        """Hold up to so many tokens more for an open request, as far as they are left.

        Returns the reservation as it is then, unchanged where nothing is left or the store does
        not answer: what it may have written then is settled with what the item holds.
        """
        of_day = held.day is not None
        for _ in range(HOLD_TRIES):
            guessed = of_day
            try:
                holds, available, of_day = await hold_more(
                    self._aws,
                    self._table,
                    user_id=user_id,
                    reservation=held,
                    more_tokens=tokens,
                    of_day=of_day,
                )
            except SolarisError as error:
                _log.warning("no_more_held", request_id=held.request_id, error=str(error))
                return held
            if holds == held.tokens and of_day != guessed:
                continue
            tokens = min(tokens, available)
            if holds > held.tokens or tokens < 1:
                return replace(held, tokens=holds)
        return held

    async def close(self) -> None:
        """Renew nothing any more: for a process that goes on without its requests."""
        renewing, self._renewing = self._renewing, None
        if renewing is not None:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    async def _renew_forever(self) -> None:
        # ends when nothing is open, so that an idle process has no timer
        while self._held:
            await asyncio.sleep(LOOK_SECONDS)
            await self.renew_due()

    async def renew_due(self) -> None:
        """Give more time to every reservation that would soon expire.

        One that cannot be renewed now is tried again at the next look; one that is gone was
        booked by somebody else, and its usage will be booked as a correction.
        """
        now = self._clock()
        due = now + timedelta(seconds=RENEWAL_SECONDS)
        for request_id, (user_id, one) in list(self._held.items()):
            if one.expires_at > due or request_id not in self._held:
                continue
            later = expiry_of(now)
            try:
                is_held = await renew(
                    self._aws,
                    self._table,
                    user_id=user_id,
                    request_id=request_id,
                    expires_at=later,
                )
            except SolarisError as error:
                _log.warning("reservation_not_renewed", request_id=request_id, error=str(error))
                continue
            if not is_held:
                _log.warning("reservation_gone", request_id=request_id, user_id=user_id)
                self.discard(request_id)
            elif request_id in self._held:
                self._held[request_id] = (user_id, replace(one, expires_at=later))
