"""Whose users somebody sees: everybody's, or those of the groups that they manage. Pure."""

from solaris.platform.actor import Role
from solaris.quota.groups.group import Groups

NOBODY = ("nobody",)
"""What no group has as its id: the filter of who manages none. Not `-`, which stands in reports for
what was used in no group.
"""


def managed_groups(name: str, role: Role | None, groups: Groups) -> frozenset[str] | None:
    """Ids of the groups whose members a caller sees; None: all users, in groups or not.

    `name` is the address of who is signed in.
    """
    if role is not Role.MANAGER:
        return None
    return frozenset(key for key, one in groups.items() if name in one.managers)


def narrowed(wanted: tuple[str, ...], managed: frozenset[str] | None) -> tuple[str, ...]:
    """A filter by groups, of which nothing is left but what the caller sees; empty: no filter."""
    if managed is None:
        return wanted
    left = managed & frozenset(wanted) if wanted else managed
    return tuple(sorted(left)) or NOBODY
