"""Groups in documents of their own, and one more that every change of any of them touches.

    group#<id>   what the group states                     a version each
    groups       an empty stamp                            a version higher with every change

A write that goes by groups has the condition that the stamp is as it was seen. The stamp also says
whether what is remembered still holds: thousands of changes of users read the groups once.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from solaris.platform.aws.documents import Document, Documents
from solaris.platform.aws.items import Action
from solaris.platform.errors import StoreUnavailableError
from solaris.quota.groups.group import Group, Groups, group_of
from solaris.quota.plans import PlanRefusedError

STAMP = "groups"
PREFIX = "group#"
_ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class StatedGroups:
    """All groups by id, and the stamp under which they were read."""

    everything: Groups = field(default_factory=dict)
    stamp: Document = field(default_factory=lambda: Document(STAMP))
    groups: Groups = field(init=False, repr=False, compare=False)
    """Those that there are; `everything` has the deleted, too."""

    def __post_init__(self) -> None:
        # once: a change that is brought to everybody asks for every user
        live = {key: one for key, one in self.everything.items() if not one.is_deleted}
        object.__setattr__(self, "groups", live)

    def get(self, group_id: str | None) -> Group | None:
        """A group, also one that was deleted; None for who has none."""
        return None if group_id is None else self.everything.get(group_id)


class GroupStore:
    """Reads and writes groups. Every method raises StoreUnavailableError."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known = StatedGroups()
        self._lock = Lock()

    def read(self) -> StatedGroups:
        """The groups, strongly consistent."""
        stamp = self._documents.get(STAMP)
        with self._lock:
            known = self._known
        if known.stamp.version == stamp.version:
            return known
        # the stamp first: what was written since is refused by it, and read anew
        try:
            found = {one.group_id: one for one in map(_group, self._documents.all_of(PREFIX))}
        except PlanRefusedError as error:
            msg = f"the groups cannot be read: {error}"
            raise StoreUnavailableError(msg) from error
        stated = StatedGroups(found, stamp)
        self._remember(stated)
        return stated

    def _remember(self, stated: StatedGroups) -> None:
        with self._lock:
            if self._known.stamp.version <= stated.stamp.version:
                self._known = stated

    def write(
        self,
        seen: StatedGroups,
        bodies: Mapping[str, Mapping[str, Any]],
        *,
        changed_by: str,
        now: datetime,
        rows: Sequence[Action] = (),
    ) -> None:
        """Write groups by id, with `rows`, all or nothing.

        Raises ConflictError when any group was written since `seen` was read.
        """
        puts, written = [], dict(seen.everything)
        for group_id, body in bodies.items():
            before = seen.get(group_id)
            version = 0 if before is None else before.version
            document = Document(f"{PREFIX}{group_id}", version)
            puts.append(self._documents.put_action(document, body, changed_by=changed_by, now=now))
            written[group_id] = _group(Document(document.name, version + 1, body, now, changed_by))
        rows = [*puts, *rows]
        stamp = self._documents.put(seen.stamp, {}, changed_by=changed_by, now=now, rows=rows)
        self._remember(StatedGroups(written, stamp))

    def unchanged(self, seen: StatedGroups) -> Action:
        """The action that refuses a transaction when any group is another than was `seen`."""
        return self._documents.unchanged(seen.stamp)


def new_group_id() -> str:
    """An id that no group has."""
    return uuid.uuid4().hex[:_ID_CHARACTERS]


def _group(document: Document) -> Group:
    group = group_of(document.name.removeprefix(PREFIX), document.body or {})
    return replace(
        group,
        version=document.version,
        changed_at=document.changed_at,
        changed_by=document.changed_by,
    )
