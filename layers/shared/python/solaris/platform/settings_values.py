"""Values of settings that are more than a number or a text. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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


MAX_GROUP_ENTRIES = 1_000
ANY_GROUP = "*"


@dataclass(frozen=True, slots=True)
class GroupMap:
    """Names of groups by the values that stand for them (as `folded` gives these).

    `by_name`: a value without an entry stands for the group that is called so.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    by_name: bool = False

    def named(self, value: str) -> str | None:
        """The name of the group that a value stands for, if it is to stand for any."""
        return self.names.get(folded(value)) or (value if self.by_name else None)


def folded(text: str) -> str:
    """A value as two are compared: blanks and letters' case make no difference."""
    return " ".join(text.split()).casefold()


def parse_group_map(text: str) -> GroupMap:
    """Read `value=Group name;value2=Group name 2;*`: the last `=` of an entry divides it.

    Raises ValueError for what is no entry, and a value that has two.
    """
    names: dict[str, str] = {}
    by_name = False
    for entry in filter(None, (one.strip() for one in text.split(";"))):
        if entry == ANY_GROUP:
            by_name = True
            continue
        value, _, name = entry.rpartition("=")
        if not value.strip() or not name.strip():
            msg = f"is neither value=Group name nor *: {entry[:100]!r}"
            raise ValueError(msg)
        if folded(value) in names:
            msg = f"names two groups for {value.strip()[:100]!r}"
            raise ValueError(msg)
        names[folded(value)] = name.strip()
    if len(names) > MAX_GROUP_ENTRIES:
        msg = f"has {len(names)} entries, at most {MAX_GROUP_ENTRIES}"
        raise ValueError(msg)
    return GroupMap(names, by_name)


@dataclass(frozen=True, slots=True)
class ClaimEntry:
    """Whoever's claim has the value (as `folded` gives it) is for the group that is named."""

    value: str
    """ANYBODY: whoever it is."""

    group: str


ANYBODY = "*"


def parse_claim_map(text: str) -> tuple[ClaimEntry, ...]:
    """Read `value=Group name;value2=Group name 2;*=Group name 3`, in its order.

    The last `=` of an entry divides it. Raises ValueError for what is no entry, for a value that
    has two, and for entries behind that of anybody, which would never be looked at.
    """
    entries: dict[str, ClaimEntry] = {}
    for one in filter(None, (part.strip() for part in text.split(";"))):
        value, _, group = one.rpartition("=")
        if not value.strip() or not group.strip():
            msg = f"is not value=Group name: {one[:100]!r}"
            raise ValueError(msg)
        if ANYBODY in entries:
            msg = f"has an entry behind that of anybody (*): {one[:100]!r}"
            raise ValueError(msg)
        key = folded(value)
        if key in entries:
            msg = f"names two groups for {value.strip()[:100]!r}"
            raise ValueError(msg)
        entries[key] = ClaimEntry(key, group.strip())
    if len(entries) > MAX_GROUP_ENTRIES:
        msg = f"has {len(entries)} entries, at most {MAX_GROUP_ENTRIES}"
        raise ValueError(msg)
    return tuple(entries.values())


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
