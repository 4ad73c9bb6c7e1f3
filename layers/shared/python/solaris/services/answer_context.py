"""What is known of an admitted request while it is answered."""

from dataclasses import dataclass

from solaris.domain.keys import GatewayKey
from solaris.services.tickets import Admission

# Another tokenizer than ours counts otherwise: nobody's answer is cut for half as much again.
LEEWAY_TOKENS = 256


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What is known of an admitted request besides its reservation.

    `is_opaque`: its use cannot be told from what is delivered (hidden reasoning, media, what the
    upstream keeps itself). `dropped_fields` of the body were not passed on.
    """

    admission: Admission
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

    @property
    def cap_tokens(self) -> int | None:
        """The completion that the answer is limited to, None when it is not."""
        return self.admission.cap_tokens

    @property
    def relay_limit_tokens(self) -> int:
        """Delivered tokens beyond which a stream is cut.

        Exactly the cap where there is one, else half as much again as is held, as far as that is
        left. A prompt that is echoed comes on top of it.
        """
        if self.cap_tokens is not None:
            return self.cap_tokens + self.echoed_tokens
        held = self.admission.completion_tokens
        leeway = min(held // 2 + LEEWAY_TOKENS, max(0, self.admission.user.available_tokens))
        return held + leeway + self.echoed_tokens
