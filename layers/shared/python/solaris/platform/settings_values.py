"""Values of settings that are more than a number or a text. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address, ip_network


class AutoProvision(StrEnum):
    """What a first request makes of its user."""

    ACTIVE = "active"
    """Create them and serve them."""

    PENDING = "pending"
    """Create them, to be activated by an admin; the request is refused."""

    DENY = "deny"
    """Refuse and create nothing: users are created by an admin."""


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD per million tokens.

    Unstated, cached prompt tokens cost the prompt price, cache writes 1.25 times and cache writes
    for an hour twice the prompt price. Raises ValueError for one below zero.
    """

    prompt: Decimal
    completion: Decimal
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None

    def __post_init__(self) -> None:
        prices = (self.prompt, self.completion, self.cached, self.cache_write, self.cache_write_1h)
        if any(one is not None and one < 0 for one in prices):
            msg = "a price is not below zero"
            raise ValueError(msg)


# What an answer may be where neither the client nor the model's facts say: no model that is
# offered today answers with more (GPT-5 and Claude at most 128,000 or 128 K).
UNKNOWN_MODEL_TOKENS = 131_072


_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


def is_host_or_network(text: str) -> bool:
    """Whether a text names a host (`alerts.intranet`), an address or a network (`10.1.0.0/16`)."""
    try:
        ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return _HOST_NAME.fullmatch(text) is not None
    return True


def reachable_host(host: str) -> str:
    """The host at which a server that listens on `host` is found from its own machine.

    One that listens on all addresses is found on the loopback of their kind.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - read as IP


def machine_address(host: str, port: int | str) -> str:
    """`http://<host>:<port>` of a server that listens on `host`, without a slash at its end."""
    found = reachable_host(host)
    return f"http://{f'[{found}]' if ':' in found else found}:{port}"
