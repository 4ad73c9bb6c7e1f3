"""The quota of one user in one period: what may still be spent.

    available = floor((monthly_limit + additional) × block_threshold) − current_usage − reserved

All figures are tokens. The block threshold is kept in millionths so that the arithmetic is
exact: 0.955 is 955,000 ppm, and no float ever decides whether somebody is served.
"""

from dataclasses import dataclass

PPM = 1_000_000


def threshold_ppm(threshold: float) -> int:
    """Turn a fraction of a limit (0.8, 1.0) into millionths."""
    return round(threshold * PPM)


def ceiling_tokens(monthly_limit: int, additional_tokens: int, block_ppm: int) -> int:
    """Tokens that a user may use in one period before being blocked."""
    return (monthly_limit + additional_tokens) * block_ppm // PPM


@dataclass(frozen=True, slots=True)
class Quota:
    """A user's quota at one moment; only `available_tokens` may be negative.

    It goes below zero when a limit is lowered under what is used, or when an answer that was
    not capped turns out longer than its reservation.
    """

    monthly_limit: int
    additional_tokens: int
    current_usage: int
    reserved_tokens: int
    block_ppm: int = PPM

    def __post_init__(self) -> None:
        for name in ("monthly_limit", "additional_tokens", "current_usage", "reserved_tokens"):
            if getattr(self, name) < 0:
                msg = f"{name} must not be negative, got {getattr(self, name)}"
                raise ValueError(msg)

    @property
    def granted_tokens(self) -> int:
        """Monthly limit plus additional tokens."""
        return self.monthly_limit + self.additional_tokens

    @property
    def available_tokens(self) -> int:
        """What a new request may still reserve."""
        ceiling = ceiling_tokens(self.monthly_limit, self.additional_tokens, self.block_ppm)
        return ceiling - self.current_usage - self.reserved_tokens

    @property
    def balance_tokens(self) -> int:
        """Granted minus used; below zero when more was used than is granted by now."""
        return self.granted_tokens - self.current_usage

    @property
    def remaining_tokens(self) -> int:
        """Granted minus used, never below zero: `remainingTokens` of the API."""
        return max(0, self.balance_tokens)

    @property
    def usage_percentage(self) -> float:
        """Usage as a percentage of the monthly limit: `usagePercentage` of the API."""
        if self.monthly_limit == 0:
            return 100.0 if self.current_usage else 0.0
        return round(100 * self.current_usage / self.monthly_limit, 2)

    @property
    def granted_percentage(self) -> float:
        """Usage as a percentage of limit plus additional tokens: what levels and warnings follow.

        Where nothing is granted, everything is used.
        """
        if self.granted_tokens == 0:
            return 100.0
        return round(100 * self.current_usage / self.granted_tokens, 2)

    @property
    def granted_ppm(self) -> int:
        """Usage in millionths of limit plus additional tokens; alerts are measured on this."""
        if self.granted_tokens == 0:
            return PPM
        return self.current_usage * PPM // self.granted_tokens

    @property
    def is_exhausted(self) -> bool:
        """True when what is used (not what is reserved) has reached the block threshold."""
        ceiling = ceiling_tokens(self.monthly_limit, self.additional_tokens, self.block_ppm)
        return self.current_usage >= ceiling
