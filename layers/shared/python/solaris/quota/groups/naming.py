"""Which group a header's value stands for. Pure."""

from collections.abc import Iterable

from solaris.platform.settings_values import GroupMap
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
