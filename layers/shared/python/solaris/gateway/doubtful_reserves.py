"""Reserves of which nobody knows whether they took place: the store did not answer in time.

The client was refused, so nothing is used. Left alone, such a reservation would hold tokens for
15 minutes and then charge its prompt.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus

from solaris.platform.background import keep
from solaris.platform.errors import SolarisError
from solaris.quota.reservation import Reservation
from solaris.quota.store import UserStore
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent

# A store that stalls writes what it was sent once it goes on: two and a half minutes of looks.
LOOK_PAUSES_SECONDS = (2.0, 8.0, 30.0, 120.0)
MAX_LOOKED_FOR = 1_000


class DoubtfulReserves:
    """Looks for them in the background and has them released; `resolve` books an event."""

    def __init__(self, users: UserStore, resolve: Callable[[UsageEvent], Awaitable[None]]) -> None:
        self._users = users
        self._resolve = resolve
        self._looked_for: set[str] = set()

    def look_for(self, user_id: str, reservation: Reservation) -> None:
        """Release a reservation as soon as it is found held; at most 1,000 are looked for.

        One that is never found, and one beyond those, is left to its expiry.
        """
        if len(self._looked_for) >= MAX_LOOKED_FOR:
            return
        self._looked_for.add(reservation.request_id)
        work = keep(self._look(user_id, reservation))
        work.add_done_callback(lambda _: self._looked_for.discard(reservation.request_id))

    async def _look(self, user_id: str, reservation: Reservation) -> None:
        for pause in LOOK_PAUSES_SECONDS:
            await asyncio.sleep(pause)
            try:
                user = await asyncio.to_thread(self._users.get, user_id)
            except SolarisError:
                continue
            found = None if user is None else user.reservations.get(reservation.request_id)
            if found is not None:
                await self._resolve(
                    _released(user_id, replace(reservation, group_id=found.group_id))
                )
                return


def _released(user_id: str, reservation: Reservation) -> UsageEvent:
    return UsageEvent(
        request_id=reservation.request_id,
        user_id=user_id,
        period=reservation.period,
        outcome=Outcome.RELEASED,
        created_at=reservation.created_at,
        model=reservation.model,
        endpoint=reservation.endpoint,
        counts=TokenCounts(),
        charged_tokens=0,
        reserved_tokens=reservation.tokens,
        status_code=HTTPStatus.SERVICE_UNAVAILABLE,
        error_message="the store did not answer in time",
        key_id=reservation.key_id,
        day=reservation.day,
        group_id=reservation.group_id,
    )
