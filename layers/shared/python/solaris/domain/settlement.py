"""What resolving a reservation changes in the user's item and in the month's books."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settlement:
    """Changes, in tokens, to apply together with the removal of the reservation."""

    available_delta: int
    usage_delta: int


def settle(*, reserved_tokens: int, charged_tokens: int) -> Settlement:
    """Give the hold back and book what was used; a release is a settlement of zero."""
    if reserved_tokens < 0 or charged_tokens < 0:
        msg = f"tokens must not be negative: {reserved_tokens=}, {charged_tokens=}"
        raise ValueError(msg)
    return Settlement(
        available_delta=reserved_tokens - charged_tokens,
        usage_delta=charged_tokens,
    )


def correct(*, previously_charged: int, charged_tokens: int) -> Settlement:
    """Replace what an expiry charged by what the answer, reported late, really used."""
    return Settlement(
        available_delta=previously_charged - charged_tokens,
        usage_delta=charged_tokens - previously_charged,
    )
