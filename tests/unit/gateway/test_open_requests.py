"""Requests that are open in a process, apart from the store."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

from solaris.gateway.open_requests import OpenRequests
from solaris.quota.reservation import Reservation, expiry_of

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def held(request_id: str) -> Reservation:
    return Reservation(
        request_id=request_id,
        tokens=1_000,
        prompt_tokens=100,
        period="2026-11",
        created_at=NOW,
        expires_at=expiry_of(NOW),
    )


async def test_closing_ends_the_renewal_whatever_is_open() -> None:
    requests = OpenRequests(cast("Any", None), "users", lambda: NOW)
    await requests.close()
    requests.add("u", held("r-1"))
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {cast("Any", asyncio.current_task())}
    assert len(others) == 1
    await requests.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert requests.has("r-1"), "what it holds is not given back: nobody knows how it ends"
    requests.add("u", held("r-2"))
    await requests.close()
