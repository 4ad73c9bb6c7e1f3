"""Which group a header's value stands for, and the claim of a signed token. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from solaris.platform.printable import printable
from solaris.platform.settings_values import ANYBODY, ClaimEntry, GroupMap, folded
from solaris.quota.groups.group import Groups, name_key


def named_group(
    values: Iterable[tuple[str, str]], rule: GroupMap, groups: Groups
) -> tuple[str | None, list[tuple[str, str]]]:
    """The id of the group that (header, value) pairs name, the first that does; and those before
    it that name none.

    A value counts by its entry, else, by leave of the map, by a group's own name; neither of them
    by upper and lower case.
    """
    ids = {group.key: group.group_id for group in groups.values()}
    unmapped: list[tuple[str, str]] = []
    for header, value in values:
        name = rule.named(value)
        found = None if name is None else ids.get(name_key(name))
        if found is not None:
            return found, unmapped
        unmapped.append((header, value))
    return None, unmapped


MAX_CLAIM_VALUES = 1_000
MAX_CLAIM_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Claimed:
    """The group that a claim stands for; None: none, and why, in a word for the log."""

    group_id: str | None
    problem: str = ""


def claim_values(claim: Any) -> tuple[str, ...]:
    """What a claim says: a text, or texts in a list; anything else is nothing."""
    found = claim if isinstance(claim, list) else [claim]
    texts = (one for one in found[:MAX_CLAIM_VALUES] if isinstance(one, str))
    return tuple(one for one in texts if one and one == printable(one, MAX_CLAIM_CHARACTERS))


def claimed_group(values: Sequence[str], entries: Sequence[ClaimEntry], groups: Groups) -> Claimed:
    """The group of the first entry whose value somebody has.

    Where there is no group of that name nobody is put into another one instead: whoever has a group
    stays there, so the next best would be for good.
    """
    ids = {group.key: group.group_id for group in groups.values()}
    had = {folded(one) for one in values}
    for number, entry in enumerate(entries, 1):
        if entry.value == ANYBODY or entry.value in had:
            found = ids.get(name_key(entry.group))
            return Claimed(found, "" if found else f"entry {number} names no group")
    return Claimed(None, "no entry for what the claim says" if had else "no such claim")
