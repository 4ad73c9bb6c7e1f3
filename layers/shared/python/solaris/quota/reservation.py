"""How many tokens a request holds before it goes upstream, and when its answer is capped.

The invariant, for every user at every moment (tests/unit/quota/test_admission.py):

    used + what all open requests may still use  ≤  limit + additional tokens × block threshold

as long as the upstream keeps to the maximum that it was given and reads no more prompt than was
estimated. It holds because a request holds *all* that its answer may be: the client's own
maximum, else the model's. Where that does not fit beside room for other chats, the answer gets a
slice of what is left and is capped to it, so that one open chat never takes everything. One
conditional write decides (gateway/reserve.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.platform.settings_values import UNKNOWN_MODEL_TOKENS

# What one answer leaves to other chats: a second tab, and the title that LibreChat asks for at
# the same moment as the answer.
ROOM_TOKENS = 4_096
# Near the limit an answer gets one part in so many of what is left …
SLICE_PARTS = 3
# … but never less than this, as long as there is as much.
SMALLEST_SLICE_TOKENS = 512
# With STRICT_CAP an answer without a stated maximum gets at most this.
STRICT_COMPLETION_TOKENS = 16_384
MINIMUM_COMPLETION_TOKENS = 256
MAX_OPEN_RESERVATIONS = 100
RESERVATION_SECONDS = 15 * 60
# A request that is still open is given more time when this little of it is left.
RENEWAL_SECONDS = 5 * 60
# An answer that began longer ago and has ended is booked late.
BOOKING_SECONDS = 25
# What a request must find that charges nothing: it is served whatever is used or overdrawn.
NOTHING_REQUIRED = -(10**15)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request may use, as far as it can be told before the call.

    `max_completion_tokens` is the client's own maximum over all choices, None when unstated;
    `model_maximum_tokens` is what the answer may be then, over all choices. `completes` is False
    for endpoints that give no completion (embeddings, flat charges). Each of the `choices` has one
    token at least, whatever maximum is given. These are tokens as the model counts them; by
    `weight` they count against the quota.
    """

    prompt_tokens: int
    max_completion_tokens: int | None = None
    completes: bool = True
    model_maximum_tokens: int = UNKNOWN_MODEL_TOKENS
    choices: int = 1
    weight: ModelWeight = PLAIN

    @property
    def smallest_tokens(self) -> int:
        """What the prompt and a short answer charge."""
        return self.charged(MINIMUM_COMPLETION_TOKENS if self.completes else 0)

    def charged(self, completion_tokens: int) -> int:
        """What the prompt and an answer of this length charge."""
        return self.weight.charge(self.prompt_tokens, completion_tokens)


@dataclass(frozen=True, slots=True)
class Hold:
    """Tokens of the quota to reserve; `required_tokens` must be available for it.

    `completion_tokens` is the answer that they are held for. `cap_tokens` is the completion that
    the upstream is limited to, None when the answer may be as long as its client and model allow:
    that is held in full. Both are as the model counts them.
    """

    tokens: int
    required_tokens: int
    cap_tokens: int | None = None
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens held for one open request.

    `tokens` is 0 once its month is closed: it then holds nothing of the new one, and `period`
    says which month its usage belongs to. `carried_tokens` is what it held of that one.
    `prompt_tokens` are as the model counts them; `tokens` are of the quota, by `weight`. `day` is
    the day for whose cap it counts, None where it counts for none (quota/day_cap.py).

    `group_id` is the group that the user was in when the request began, None without one. The item
    names it only once the user is in another (quota/item.py): the write that moves somebody says
    it of what is open, and a reserve costs nothing more.
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
    carried_tokens: int = 0
    weight: ModelWeight = PLAIN
    day: str | None = None
    group_id: str | None = None

    @property
    def prompt_charge(self) -> int:
        """What the prompt alone charges, where nothing else is known: after a crash."""
        return self.weight.charge(self.prompt_tokens, 0)

    def is_expired(self, now: datetime) -> bool:
        """True from the instant of expiry on."""
        return now >= self.expires_at


def expiry_of(created_at: datetime) -> datetime:
    """A reservation left by a crash expires this long after its request came in."""
    return created_at + timedelta(seconds=RESERVATION_SECONDS)


def full_hold(demand: Demand, *, strict: bool = False) -> Hold:
    """Hold for all that the request may use, with room left for other chats.

    `strict` (STRICT_CAP) names the maximum to the upstream even where nobody has stated one.
    """
    wanted = _wanted(demand, strict=strict) if demand.completes else 0
    tokens = demand.charged(wanted)
    required = tokens + ROOM_TOKENS if demand.completes else tokens
    return Hold(
        tokens=tokens,
        required_tokens=NOTHING_REQUIRED if demand.weight.is_free else required,
        cap_tokens=wanted if strict and demand.completes else None,
        completion_tokens=wanted,
    )


def slice_hold(demand: Demand, available_tokens: int, *, strict: bool = False) -> Hold | None:
    """Hold for a user near the limit: a slice of what is left, and the cap that keeps it.

    None when not even a short answer (256 tokens, or the client's smaller maximum) is left.
    """
    if demand.weight.is_free:
        return full_hold(demand, strict=strict)
    if not demand.completes:
        return full_hold(demand) if available_tokens >= demand.charged(0) else None
    wanted = _wanted(demand, strict=strict)
    completion = min(wanted, _share(demand, available_tokens, wanted))
    if completion < max(min(wanted, MINIMUM_COMPLETION_TOKENS), demand.choices):
        return None
    tokens = demand.charged(completion)
    cap = completion if strict or completion < wanted else None
    return Hold(tokens, required_tokens=tokens, cap_tokens=cap, completion_tokens=completion)


def _share(demand: Demand, available_tokens: int, wanted: int) -> int:
    """The answer that a slice of what is left is held for; -1 where not even the prompt fits."""
    if available_tokens < demand.charged(0):
        return -1
    left = demand.weight.answer_within(available_tokens, demand.prompt_tokens)
    if left is None:  # answers of this model charge nothing
        return wanted
    return max(left // SLICE_PARTS, min(left, SMALLEST_SLICE_TOKENS))


def _wanted(demand: Demand, *, strict: bool) -> int:
    """The longest answer: the client's maximum, else the model's, which STRICT_CAP lowers."""
    if demand.max_completion_tokens is not None:
        return demand.max_completion_tokens
    if strict:
        return min(demand.model_maximum_tokens, STRICT_COMPLETION_TOKENS)
    return demand.model_maximum_tokens


def hold_for(demand: Demand, available_tokens: int, *, strict: bool = False) -> Hold | None:
    """Hold for a user with so many tokens available; None when they do not carry the request."""
    full = full_hold(demand, strict=strict)
    if available_tokens >= full.required_tokens:
        return full
    return slice_hold(demand, available_tokens, strict=strict)


def unbooked(
    reservations: Mapping[str, Reservation], is_open: Callable[[str], bool], now: datetime
) -> list[Reservation]:
    """Return those whose answer has ended although nothing is booked, for as far as can be told.

    `is_open` knows the requests of one process alone: where there are several, those of the others
    seem to have ended too, and hold tokens for the same time. Young ones are left out, since an
    answer is booked within a second.
    """
    old = now - timedelta(seconds=BOOKING_SECONDS)
    return [one for key, one in reservations.items() if one.created_at <= old and not is_open(key)]


def expired(reservations: Mapping[str, Reservation], now: datetime) -> list[Reservation]:
    """Return the reservations whose time has run out, oldest first."""
    late = [one for one in reservations.values() if one.is_expired(now)]
    return sorted(late, key=lambda one: one.created_at)
