"""What one person's quota should be, in plain Python: the other half of test_api_state_machine.py.

Written from what is promised (functions/proxy/README.md) and not from the code, and as simply as
that allows.
"""

from dataclasses import dataclass, field, replace

MODEL_MAXIMUM = 16_384
ROOM = 4_096
SMALLEST_SLICE = 512
LEAST_COMPLETION = 256


@dataclass
class Open:
    """A request that was let in and has not ended."""

    request_id: str
    prompt: int
    held: int
    cap: int | None
    period: str


@dataclass
class Person:
    """A user and their books by month; `closed` has the usage of months that are over."""

    email: str
    limit: int
    period: str
    additional: int = 0
    usage: int = 0
    status: str = "active"
    open: dict[str, Open] = field(default_factory=dict)
    expired: dict[str, Open] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Secret to id, of the personal keys that are good."""

    @property
    def held(self) -> int:
        """Tokens of open requests, of this month alone."""
        return sum(one.held for one in self.open.values() if one.period == self.period)

    @property
    def available(self) -> int:
        """What the next request may take."""
        return self.limit + self.additional - self.usage - self.held

    def hold(self, prompt: int, most: int | None, *, completes: bool) -> tuple[int, int | None]:
        """Tokens to hold and the cap of the answer; raises LookupError when it is refused."""
        if not completes:
            if self.available < prompt:
                raise LookupError
            return prompt, None
        wanted = MODEL_MAXIMUM if most is None else most
        left = self.available - prompt
        if left >= wanted + ROOM:
            return prompt + wanted, None
        completion = min(wanted, max(left // 3, min(left, SMALLEST_SLICE)))
        if completion < min(wanted, LEAST_COMPLETION):
            raise LookupError
        return prompt + completion, None if completion == wanted else completion

    def is_held_back(self, prompt: int, most: int | None, *, completes: bool) -> bool:
        """Whether a refused request would be served if nothing else were open."""
        alone = replace(self, open={})
        try:
            alone.hold(prompt, most, completes=completes)
        except LookupError:
            return False
        return True

    def roll_to(self, period: str) -> None:
        """Open a month: usage from zero, grants stay, open requests belong to the old one."""
        if period > self.period:
            self.closed[self.period] = self.closed.get(self.period, 0) + self.usage
            self.period, self.usage = period, 0

    def charge(self, period: str, tokens: int) -> None:
        """Book tokens to the month in which their request began."""
        if period == self.period:
            self.usage = max(0, self.usage + tokens)
        else:
            self.closed[period] = max(0, self.closed.get(period, 0) + tokens)

    def expire(self) -> None:
        """Charge every open request its prompt."""
        for one in self.open.values():
            self.charge(one.period, one.prompt)
        self.expired |= self.open
        self.open = {}

    def grant(self, amount: int) -> bool:
        """Grant, or take back what is unused; False when that is refused."""
        balance = self.limit + self.additional - self.usage
        refused = self.additional + amount < 0 or (amount < 0 and balance + amount < 0)
        if self.status == "deleted" or amount == 0 or refused:
            return False
        self.additional += amount
        return True
