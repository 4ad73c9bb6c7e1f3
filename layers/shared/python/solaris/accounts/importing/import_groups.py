"""The groups that a CSV file of users names: found by name, made where there is none yet."""

from dataclasses import dataclass

from solaris.accounts.groups.service import GroupAdministration
from solaris.accounts.importing.import_file import NO_GROUP, ImportLine
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError
from solaris.quota.groups.group import Group, name_key
from solaris.quota.user import User, UserStatus


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a user; `before` is None for a user who is new, and for what is granted."""

    field: str
    before: str | int | None
    after: str | int


@dataclass(frozen=True, slots=True)
class Wanted:
    """The group of a line. `group_id` is empty for none, None for one that a dry run leaves unmade.

    `is_new`: this line is the first to name it.
    """

    group_id: str | None
    name: str
    is_new: bool = False


class NamedGroups:
    """The groups of one run over a file. Methods raise InvalidRequestError, ConflictError and
    StoreUnavailableError.
    """

    def __init__(
        self, groups: GroupAdministration, *, is_dry: bool, actor: Actor, reason: str
    ) -> None:
        self.is_dry = is_dry
        self._groups = groups
        self._actor = actor
        self._reason = reason
        self._known: dict[str, Group] | None = None
        self._names: dict[str, str] = {}
        self._unmade: dict[str, tuple[str, str]] = {}

    def of(self, line: ImportLine) -> Wanted | None:
        """What a line says of the group; None: nothing. Makes it, but in a dry run."""
        if line.group is None:
            return None
        if line.group == NO_GROUP:
            return Wanted("", "")
        key, known = name_key(line.group), self._by_name()
        found = known.get(key)
        if found is not None:
            return self._existing(found, line.cost_center)
        if key in self._unmade:
            name, cost_center = self._unmade[key]
            _agree(cost_center, line.cost_center)
            return Wanted(None, name)
        if self.is_dry:
            self._unmade[key] = (line.group, line.cost_center or "")
            return Wanted(None, line.group, is_new=True)
        made = self._made(line.group, line.cost_center)
        return Wanted(made.group_id, made.name, is_new=True)

    def changes(
        self, before: User | None, after: User, wanted: Wanted | None
    ) -> tuple[FieldChange, ...]:
        """The change of the group as it is told, by names."""
        if wanted is None:
            return ()
        is_new = before is None or before.status is UserStatus.DELETED
        name = "" if is_new or before is None else self._name(before.group_id)
        now = wanted.name if wanted.group_id is None else self._name(after.group_id)
        if name == now:
            return ()
        return (FieldChange("group", None if is_new else name, now),)

    def _by_name(self) -> dict[str, Group]:
        if self._known is None:
            stated = self._groups.now().stated
            self._known = {one.key: one for one in stated.groups.values()}
            self._names = {one.group_id: one.name for one in stated.in_groups.everything.values()}
        return self._known

    def _name(self, group_id: str | None) -> str:
        self._by_name()
        return "" if group_id is None else self._names.get(group_id, group_id)

    def _existing(self, group: Group, cost_center: str | None) -> Wanted:
        if cost_center and not group.cost_center and not self.is_dry:
            group = self._groups.change(
                group.group_id,
                {"cost_center": cost_center},
                version=group.version,
                actor=self._actor,
                reason=self._reason,
                total=0,
            )
            self._learn(group)
        elif group.cost_center:
            _agree(group.cost_center, cost_center)
        return Wanted(group.group_id, group.name)

    def _made(self, name: str, cost_center: str | None) -> Group:
        group = self._groups.create(
            {"name": name, "cost_center": cost_center}, actor=self._actor, reason=self._reason
        )
        self._learn(group)
        return group

    def _learn(self, group: Group) -> None:
        self._by_name()[group.key] = group
        self._names[group.group_id] = group.name


def _agree(known: str, stated: str | None) -> None:
    if stated and stated != known:
        msg = f"the group's cost centre is {known!r}"
        raise InvalidRequestError(msg, field="cost_center", rule="cost_center_differs")
