"""What the meter is asked and what it gives: shapes alone."""

from dataclasses import dataclass
from datetime import datetime

from solaris.quota.identity import Identity
from solaris.quota.reservation import Demand, Reservation
from solaris.quota.user import User


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request as the meter sees it, before tokens are held."""

    request_id: str
    identity: Identity
    demand: Demand
    model: str
    endpoint: str
    key_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """Tokens are held: the reservation, the cap if the answer is to be cut, the user after."""

    reservation: Reservation
    cap_tokens: int | None
    user: User
    renews_at: datetime
    is_over_limit: bool = False
    """Would have been refused, were the user not warned only."""

    @property
    def completion_tokens(self) -> int:
        """What is held for the answer."""
        return max(0, self.reservation.tokens - self.reservation.prompt_tokens)
