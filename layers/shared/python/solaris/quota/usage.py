"""What one request used, and the event and record that carry it.

Token figures are the upstream's own (OpenAI's words: prompt and completion); cached tokens, cache
writes and reasoning are parts of those two, never on top of them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from solaris.platform.instants import iso_milliseconds
from solaris.platform.model_weight import PLAIN, ModelWeight


class Outcome(StrEnum):
    """How a reservation was resolved. Each is resolved once."""

    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of one answer. `cached` is part of `prompt`, `reasoning` part of `completion`.

    `cache_write` is the part of the prompt that was written to the provider's cache, for minutes
    or for an hour; `cache_write_1h` is the part of `cache_write` that is kept for an hour. Events
    and records from before these two were told apart have 0 in both.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Prompt plus completion."""
        return self.prompt_tokens + self.completion_tokens

    def charged_tokens(self, weight: ModelWeight = PLAIN) -> int:
        """Tokens taken from the quota: each counts by its weight, the sum is rounded up."""
        return weight.charge(self.prompt_tokens, self.completion_tokens, self.cached_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One resolved request on its way to the books: the message on the usage queue.

    `period` is that of the reservation: a request that started before midnight is booked to the
    month in which it started. Times are UTC; `*_ms` are milliseconds.

    `group_id` is the group that the user was in when the request began, None without one.

    `over_limit`: it would have been refused, were the user not warned only. `day` is that of the
    reservation, where it counts for a day's cap (quota/day_cap.py).

    `weight` is by what `counts` were charged: None where each token counts once, and in events of
    versions before, where cached tokens may have counted less. `held_weight` is by what tokens
    were held, only when that is another: a model has answered that was not asked for, or not the
    dearest that was.

    `asked_model` is what the client asked for, only when the event is booked under another model;
    `answered_model` what the upstream says has answered, only when that is not `model`.
    """

    request_id: str
    user_id: str
    period: str
    outcome: Outcome
    created_at: datetime
    model: str
    endpoint: str
    counts: TokenCounts
    charged_tokens: int
    reserved_tokens: int
    estimated: bool = False
    method: str = "POST"
    status_code: int = 200
    error_message: str | None = None
    response_time_ms: int | None = None
    first_byte_ms: int | None = None
    key_id: str | None = None
    conversation_id: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None
    asked_model: str | None = None
    answered_model: str | None = None
    over_limit: bool = False
    weight: ModelWeight | None = None
    held_weight: ModelWeight | None = None
    day: str | None = None
    group_id: str | None = None

    @property
    def record_key(self) -> str:
        """Sort key of the usage record: the same event always has the same key."""
        return f"{iso_milliseconds(self.created_at)}#{self.request_id}"
