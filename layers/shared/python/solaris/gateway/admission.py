"""What is known of one request: asked (Ticket), admitted (Admission), being answered. Pure."""

from dataclasses import dataclass
from datetime import datetime

from solaris.keys.key import GatewayKey
from solaris.quota.identity import Identity
from solaris.quota.reservation import Demand, Reservation
from solaris.quota.usage import TokenCounts
from solaris.quota.user import User
from solaris.quota.weights import NO_WEIGHTS, Weights

# Another tokenizer than ours counts otherwise: nobody's answer is cut for half as much again.
LEEWAY_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request as the meter sees it, before tokens are held.

    `readings` are the models that it names, as `refused_model` of quota/model_names.py takes them;
    without any it names `model` alone.
    """

    request_id: str
    identity: Identity
    demand: Demand
    model: str
    endpoint: str
    key_id: str
    received_at: datetime
    readings: tuple[tuple[str, ...], ...] = ()

    @property
    def named(self) -> tuple[tuple[str, ...], ...]:
        """The models that are named, one reading at least."""
        return self.readings or ((self.model,),)


@dataclass(frozen=True, slots=True)
class Admission:
    """Tokens are held: the reservation, the cap if the answer is to be cut, the user after.

    `completion_tokens` is the answer that they are held for, as the model counts it.
    """

    reservation: Reservation
    cap_tokens: int | None
    user: User
    renews_at: datetime
    completion_tokens: int
    is_over_limit: bool = False
    """Would have been refused, were the user not warned only."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What is known of a request before tokens are held for it.

    `started` is of time.perf_counter. `is_opaque`: its use cannot be told from what is delivered
    (hidden reasoning, media, what the upstream keeps itself). `echoed_tokens` of the prompt come
    back with the answer. `dropped_fields` of the body were not passed on.
    """

    key: GatewayKey
    user_agent: str | None
    ip_address: str | None
    conversation_id: str | None
    started: float
    is_opaque: bool = False
    choices: int = 1
    echoed_tokens: int = 0
    is_stream: bool = False
    wants_usage_frame: bool = True
    dropped_fields: tuple[str, ...] = ()
    weights: Weights = NO_WEIGHTS
    """As they were when the request came: a change holds for new ones."""


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """An admitted request: what is held for it, and what was known before."""

    admission: Admission
    facts: RequestFacts

    @property
    def cap_tokens(self) -> int | None:
        """The completion that the answer is limited to, None when it is not."""
        return self.admission.cap_tokens

    @property
    def allows_some_models_only(self) -> bool:
        """Whether key or user may not use every model."""
        return not self.facts.key.allows_any_model or self.admission.user.models is not None

    @property
    def relay_limit_tokens(self) -> int:
        """Delivered tokens beyond which a stream is cut: the cap, else what is held.

        A prompt that is echoed comes on top of it.
        """
        held = self.admission.completion_tokens
        return (held if self.cap_tokens is None else self.cap_tokens) + self.facts.echoed_tokens

    @property
    def leeway_tokens(self) -> int:
        """How far past what is held a stream may run: as far as that can be held too.

        Half as much again, and nothing for an answer that is capped.
        """
        held = self.admission.completion_tokens
        return held // 2 + LEEWAY_TOKENS if self.cap_tokens is None else 0

    def within_hold(self, delivered_tokens: int) -> int:
        """A completion that we have counted ourselves: never more than is held for it."""
        return min(delivered_tokens, self.admission.completion_tokens)

    def charge_unstated(self, delivered_tokens: int, *, hidden: bool = False) -> TokenCounts:
        """What to charge where the upstream states nothing: the prompt and what was delivered.

        All that is held where that cannot tell the whole: hidden reasoning, media, what the
        upstream keeps itself; and with `hidden`, where nothing was seen of work under way.
        """
        completion = self.within_hold(delivered_tokens)
        if hidden or self.facts.is_opaque:
            completion = self.admission.completion_tokens
        return TokenCounts(self.admission.reservation.prompt_tokens, completion)
