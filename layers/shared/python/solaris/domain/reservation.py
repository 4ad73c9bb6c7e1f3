"""How many tokens a request holds before it goes upstream, and when its answer is capped.

Far from the limit a request holds a modest amount and nobody's answer is cut, so parallel chats
do not block each other. Near the limit it holds all that it may use and the upstream is told so:
that is why nobody passes the quota. DESIGN section 4, step 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

FAR_COMPLETION_TOKENS = 4_096
NEAR_COMPLETION_TOKENS = 16_384
NEAR_LIMIT_TOKENS = 32_768
MINIMUM_COMPLETION_TOKENS = 256
MAX_OPEN_RESERVATIONS = 100
RESERVATION_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request may use, as far as it can be told before the call.

    `max_completion_tokens` is the client's own maximum over all choices, None when unstated;
    `completes` is False for endpoints that give no completion (embeddings, flat charges).
    """

    prompt_tokens: int
    max_completion_tokens: int | None = None
    completes: bool = True


@dataclass(frozen=True, slots=True)
class Hold:
    """Tokens to reserve; `cap_tokens` is the completion that the upstream is limited to."""

    tokens: int
    required_tokens: int
    cap_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens held for one open request.

    `tokens` is 0 once its month is closed: it then holds nothing of the new one, and `period`
    says which month its usage belongs to.
    """

    request_id: str
    tokens: int
    prompt_tokens: int
    created_at: datetime
    expires_at: datetime
    period: str
    model: str = ""
    endpoint: str = ""
    key_id: str | None = None

    def is_expired(self, now: datetime) -> bool:
        """True from the instant of expiry on."""
        return now >= self.expires_at


def expiry_of(created_at: datetime) -> datetime:
    """A reservation left by a crash expires this long after its request came in."""
    return created_at + timedelta(seconds=RESERVATION_SECONDS)


def far_hold(demand: Demand) -> Hold:
    """Hold for a user far from the limit: `required_tokens` must be available, fewer are held.

    A client's stated maximum above the margin must be available too, so that one long answer
    cannot pass the quota on its own.
    """
    if not demand.completes:
        return Hold(tokens=demand.prompt_tokens, required_tokens=demand.prompt_tokens)
    stated = demand.max_completion_tokens
    completion = FAR_COMPLETION_TOKENS if stated is None else min(stated, FAR_COMPLETION_TOKENS)
    margin = NEAR_LIMIT_TOKENS if stated is None else max(stated, NEAR_LIMIT_TOKENS)
    return Hold(
        tokens=demand.prompt_tokens + completion,
        required_tokens=demand.prompt_tokens + margin,
    )


def near_hold(demand: Demand, available_tokens: int) -> Hold | None:
    """Hold for a user near the limit, with the cap that keeps the answer inside it.

    None when not even a short answer (256 tokens, or the client's smaller maximum) is left.
    """
    if not demand.completes:
        if available_tokens < demand.prompt_tokens:
            return None
        return Hold(tokens=demand.prompt_tokens, required_tokens=demand.prompt_tokens)
    stated = demand.max_completion_tokens
    wanted = NEAR_COMPLETION_TOKENS if stated is None else stated
    completion = min(wanted, available_tokens - demand.prompt_tokens)
    if completion < min(wanted, MINIMUM_COMPLETION_TOKENS):
        return None
    tokens = demand.prompt_tokens + completion
    return Hold(tokens=tokens, required_tokens=tokens, cap_tokens=completion)


def first_hold(demand: Demand, *, strict: bool = False) -> Hold:
    """Hold to try first; `strict` (STRICT_CAP) caps every answer, not only near the limit."""
    if not strict or not demand.completes:
        return far_hold(demand)
    wanted = demand.max_completion_tokens
    completion = NEAR_COMPLETION_TOKENS if wanted is None else wanted
    tokens = demand.prompt_tokens + completion
    return Hold(tokens=tokens, required_tokens=tokens, cap_tokens=completion)


def hold_for(demand: Demand, available_tokens: int, *, strict: bool = False) -> Hold | None:
    """Hold for a user with so many tokens available; None when they do not carry the request."""
    first = first_hold(demand, strict=strict)
    if available_tokens >= first.required_tokens:
        return first
    return near_hold(demand, available_tokens)


def expired(reservations: Mapping[str, Reservation], now: datetime) -> list[Reservation]:
    """Return the reservations whose time has run out, oldest first."""
    late = [one for one in reservations.values() if one.is_expired(now)]
    return sorted(late, key=lambda one: one.created_at)
