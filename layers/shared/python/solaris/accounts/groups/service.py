"""Groups as people change them: checked, audited, and ordered to be brought to their members.

A change writes the group, the stamp of all groups (quota/groups/store.py), a row of the audit log
and, where members get something else by it, the order of the job (accounts/plans/propagation.py):
all of it or nothing.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from solaris.accounts.plans.progress import Order, Progress, PropagationStore
from solaris.accounts.writer import allowed
from solaris.audit.auditor import Auditor
from solaris.audit.entry import AuditEntry
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.aws.items import Action
from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.errors import ConflictError, InvalidRequestError, NotFoundError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota.changes import LimitBounds
from solaris.quota.groups.group import FIELDS, MAX_GROUPS, TERMS, Group, group_of
from solaris.quota.groups.store import new_group_id
from solaris.quota.plans import PlanRefusedError, check_thresholds
from solaris.quota.policy import PlanStore, StatedPlans, threshold_rule_of
from solaris.quota.quota import PPM
from solaris.quota.user import Plan

GroupChange = Mapping[str, Any]
"""Fields of quota/groups/group.py to their values, None: nothing is stated; others stay."""

_log = get_logger("solaris.administration")


@dataclass(frozen=True, slots=True)
class GroupsNow:
    """Groups and plans, and how far their last change has come; None: none was ever made."""

    stated: StatedPlans
    progress: Progress | None


class GroupAdministration:
    """Reads and changes groups; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        plans: PlanStore,
        store: PropagationStore,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._plans = plans
        self._store = store
        self._auditor = auditor
        self._clock = clock
        self._bounds = LimitBounds(settings.min_user_limit, settings.max_user_limit)
        self._rule = threshold_rule_of(settings)

    def now(self) -> GroupsNow:
        """As it is. Raises StoreUnavailableError."""
        return GroupsNow(self._plans.read(), self._store.get())

    def drafted(self, stated: StatedPlans, group_id: str, change: GroupChange) -> StatedPlans:
        """The groups as they would be after a change of one.

        Raises NotFoundError, InvalidRequestError; nothing is written.
        """
        before = _found(stated, group_id)
        return _with(stated, self._checked(stated, group_id, _body(before, change), change))

    def create(self, change: GroupChange, *, actor: Actor, reason: str) -> Group:
        """Make a group. Raises InvalidRequestError (`group_exists` for a name that is taken),
        ConflictError, StoreUnavailableError.
        """
        group_id = new_group_id()
        for attempt in attempts(CONFLICT):
            stated, progress = self._plans.read(), self._store.get()
            if len(stated.groups) >= MAX_GROUPS:
                msg = f"there are {MAX_GROUPS} groups already"
                raise InvalidRequestError(msg, rule="too_many_groups", values={"most": MAX_GROUPS})
            now = self._clock()
            body = _body(None, change) | {"created_at": iso_milliseconds(now)}
            group = self._checked(stated, group_id, body, change)
            after = _with(stated, group)
            entry = self._entry("create", group, actor, reason)
            entry = replace(entry, after=_stated(group))
            rows = [self._auditor.action(entry)]
            if after.signature != stated.signature:
                # nobody is in it yet: what was brought to all stays so, and no more is taken for it
                brought = None if progress is None or not progress.is_done else progress.wanted
                is_done = brought == stated.signature
                rows.append(self._order(after, actor, reason, 0, now, is_done=is_done))
            try:
                self._write(stated, group, body, actor=actor, now=now, rows=rows)
            except ConflictError:
                if attempt == CONFLICT.most - 1:
                    raise
                continue
            return self._written(group_id)
        raise AssertionError

    def change(
        self,
        group_id: str,
        change: GroupChange,
        *,
        version: int,
        actor: Actor,
        reason: str,
        total: int,
    ) -> Group:
        """Write a group, with an audit row and the order to bring it to members, or nothing.

        `version` is that of the group which the change was made for, `total` the number of all
        users, for the progress to be told. What is so already writes nothing. Raises NotFoundError,
        InvalidRequestError, ConflictError when somebody else has changed the group since,
        StoreUnavailableError.
        """
        for attempt in attempts(CONFLICT):
            stated = self._plans.read()
            before = _found(stated, group_id)
            if before.version != version:
                msg = "somebody else has changed the group meanwhile; read it again"
                raise ConflictError(msg)
            body = _body(before, change)
            group = self._checked(stated, group_id, body, change)
            if _stated(group) == _stated(before):
                return before
            after, now = _with(stated, group), self._clock()
            entry = replace(
                self._entry("update", before, actor, reason),
                before=_differing(before, group),
                after=_differing(group, before),
            )
            rows = [self._auditor.action(entry)]
            if after.signature != stated.signature:
                rows.append(self._order(after, actor, reason, total, now))
            try:
                self._write(stated, group, body, actor=actor, now=now, rows=rows)
            except ConflictError:
                # another group, as a rule: this one's version is looked at again
                if attempt == CONFLICT.most - 1:
                    raise
                continue
            return self._written(group_id)
        raise AssertionError

    def delete(self, group_id: str, *, actor: Actor, reason: str, total: int) -> None:
        """Take a group away; members get what their plans say. Its name stays for the records.

        Raises NotFoundError, ConflictError, StoreUnavailableError.
        """
        for attempt in attempts(CONFLICT):
            stated = self._plans.read()
            before, now = _found(stated, group_id), self._clock()
            body = _body(before, {}) | {"deleted_at": iso_milliseconds(now)}
            group = replace(before, deleted_at=now)
            after = _with(stated, group)
            entry = replace(self._entry("delete", before, actor, reason), before=_stated(before))
            rows = [
                self._auditor.action(entry),
                self._order(after, actor, reason, total, now),
            ]
            try:
                self._write(stated, group, body, actor=actor, now=now, rows=rows)
            except ConflictError:
                if attempt == CONFLICT.most - 1:
                    raise
                continue
            return

    def _checked(
        self, stated: StatedPlans, group_id: str, body: Mapping[str, Any], change: GroupChange
    ) -> Group:
        try:
            group = group_of(group_id, body)
            terms = group.terms
            check_thresholds(
                terms.warning_ppm,
                terms.critical_ppm,
                warning_ppm=self._rule.warning_ppm,
                critical_ppm=self._rule.critical_ppm,
            )
        except PlanRefusedError as error:
            raise InvalidRequestError(str(error), field=error.field, rule=error.code) from error
        if "monthly_limit" in change and terms.monthly_limit is not None:
            limit, plan = terms.monthly_limit, terms.plan or Plan.BASIC
            allowed(lambda: self._bounds.check(limit, plan))
        if any(
            other.key == group.key and other.group_id != group_id
            for other in stated.groups.values()
        ):
            msg = "there is another group of this name"
            raise InvalidRequestError(msg, field="name", rule="group_exists")
        known = stated.in_groups.get(group_id)
        return replace(group, version=0 if known is None else known.version)

    def _order(
        self,
        after: StatedPlans,
        actor: Actor,
        reason: str,
        total: int,
        now: datetime,
        *,
        is_done: bool = False,
    ) -> Action:
        order = Order(
            run_id=uuid.uuid4().hex,
            wanted=after.signature,
            actor=actor.name,
            reason=printable(reason, MAX_REASON_CHARACTERS),
            total=total,
            is_done=is_done,
        )
        return self._store.order_action(order, now)

    def _write(
        self,
        stated: StatedPlans,
        group: Group,
        body: Mapping[str, Any],
        *,
        actor: Actor,
        now: datetime,
        rows: list[Action],
    ) -> None:
        bodies = {group.group_id: body}
        self._plans.groups.write(
            stated.in_groups, bodies, changed_by=actor.name, now=now, rows=rows
        )
        self._plans.forget()
        _log.info("group_changed", group_id=group.group_id, actor=actor.name)

    def _written(self, group_id: str) -> Group:
        return self._plans.read().in_groups.everything[group_id]

    def _entry(self, verb: str, group: Group, actor: Actor, reason: str) -> AuditEntry:
        return self._auditor.entry(
            actor,
            f"group.{verb}",
            target_type="group",
            target_id=group.group_id,
            target_label=group.name,
            reason=reason,
        )


def _found(stated: StatedPlans, group_id: str) -> Group:
    group = stated.groups.get(group_id)
    if group is None:
        msg = f"no such group: {group_id}"
        raise NotFoundError(msg)
    return group


def _with(stated: StatedPlans, group: Group) -> StatedPlans:
    everything = {**stated.in_groups.everything, group.group_id: group}
    return replace(stated, in_groups=replace(stated.in_groups, everything=everything))


def _body(before: Group | None, change: GroupChange) -> dict[str, Any]:
    """What the document would state of a group."""
    unknown = set(change) - set(FIELDS)
    if unknown:
        msg = f"a group has no {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    known = {} if before is None else {name: _value(before, name) for name in FIELDS}
    body = {name: value for name, value in {**known, **change}.items() if value is not None}
    if before is not None and before.created_at is not None:
        body["created_at"] = iso_milliseconds(before.created_at)
    return body


def _value(group: Group, name: str) -> Any:
    value = getattr(group.terms if name in TERMS else group, name)
    return list(value) if isinstance(value, tuple) else value


def told_of(group: Group) -> dict[str, int | str | bool | None]:
    """A group as it is told and audited."""
    terms = group.terms
    return {
        "name": group.name,
        "cost_center": group.cost_center,
        "plan": None if terms.plan is None else terms.plan.value,
        "monthly_limit": terms.monthly_limit,
        "daily_limit": terms.daily_limit,
        "enforcement": None if terms.enforcement is None else terms.enforcement.value,
        "warning": _percent(terms.warning_ppm),
        "critical": _percent(terms.critical_ppm),
        "models": None if terms.models is None else ", ".join(terms.models),
        "ceiling_tokens": group.ceiling_tokens,
        "managers": ", ".join(group.managers),
        "recipients": ", ".join(group.recipients),
    }


def _percent(ppm: int | None) -> str | None:
    return None if ppm is None else f"{ppm * 100 / PPM:g}%"


def _stated(group: Group) -> dict[str, int | str | bool | None]:
    return {name: value for name, value in told_of(group).items() if value not in (None, "")}


def _differing(one: Group, other: Group) -> dict[str, int | str | bool | None]:
    """What the first has otherwise than the second."""
    known = told_of(other)
    return {name: value for name, value in told_of(one).items() if known[name] != value}
