"""Users out of a CSV file: what a real run does is what the dry run said it would.

A file may be sent again, whole or in part: what is so already is not changed, and what a line has
granted is not granted again (`Importer._once`).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from solaris.accounts.changes import OnceGranted, UserChanges
from solaris.accounts.groups.service import GroupAdministration
from solaris.accounts.importing.import_file import (
    MAX_LINES,
    ImportLine,
    ImportRefusedError,
    LineGrant,
    parse_users,
)
from solaris.accounts.importing.import_groups import FieldChange, NamedGroups, Wanted
from solaris.accounts.updates import NewUser, UserUpdate
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError, SolarisError
from solaris.platform.logs import get_logger
from solaris.quota.grant import GrantKind
from solaris.quota.periods import period_of
from solaris.quota.store import UserStore
from solaris.quota.user import User, UserStatus

# What one call may take; lines that it did not come to are errors, and a repetition finds the
# others unchanged.
MAX_SECONDS = 20.0
DEFAULT_REASON = "CSV"

_GRANTS_NAMESPACE = uuid.UUID("5d0a2f6e-93c4-5b7f-8a51-2c64b7e1d90f")

_SHOWN = ("name", "status", "plan", "monthly_limit")

_log = get_logger("solaris.administration")


class ImportAction(StrEnum):
    """What becomes of a line."""

    CREATE = "create"
    """A new user, or a deleted one again."""

    UPDATE = "update"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What becomes, or would become, of one line of the file.

    `new_group` is the name of the group that the line is the first to name.
    """

    line: int
    email: str
    action: ImportAction
    changes: tuple[FieldChange, ...] = ()
    error: SolarisError | None = None
    new_group: str | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """One run over a file: whether it writes, who wants it, and the groups that it names."""

    is_dry: bool
    actor: Actor
    reason: str
    groups: NamedGroups


class Importer:
    """Reads files of users; months are those of `zone`, `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        users: UserStore,
        changes: UserChanges,
        groups: GroupAdministration,
        zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._users = users
        self._changes = changes
        self._groups = groups
        self._zone = zone
        self._clock = clock

    def run(
        self,
        text: str,
        *,
        is_dry: bool,
        actor: Actor,
        reason: str,
        max_lines: int = MAX_LINES,
        max_seconds: float = MAX_SECONDS,
    ) -> list[ImportResult]:
        """Import a file, or say line by line what that would do; a dry run writes nothing.

        A line that fails stops no other; one that the time did not come to is an error. Raises
        InvalidRequestError (field `csv`) for a file that cannot be read, StoreUnavailableError when
        the users cannot be.
        """
        try:
            lines = parse_users(text, max_lines)
        except ImportRefusedError as error:
            raise InvalidRequestError(
                str(error), field="csv", rule=error.rule, values=error.values
            ) from error
        known = self._users.of_addresses(one.email for one in lines if one.refused is None)
        reason = reason or DEFAULT_REASON
        groups = NamedGroups(self._groups, is_dry=is_dry, actor=actor, reason=reason)
        run = _Run(is_dry, actor, reason, groups)
        ends_at = self._clock() + timedelta(seconds=max_seconds)
        results = []
        for line in lines:
            user = known.get(line.email)
            try:
                if line.refused is not None:
                    raise InvalidRequestError(
                        line.refused,
                        field=line.refused_field,
                        rule=line.refused,
                        values=line.values,
                    )
                if self._clock() > ends_at:
                    msg = "no time left for this line"
                    raise InvalidRequestError(msg, rule="not_attempted")
                result = self._import(line, user, run)
            except SolarisError as error:
                result = ImportResult(line.line, line.email, ImportAction.ERROR, error=error)
            results.append(result)
        _log.info(
            "users_imported",
            is_dry=is_dry,
            actor=actor.name,
            request_id=actor.request_id,
            **{
                action.value: sum(one.action is action for one in results)
                for action in ImportAction
            },
        )
        return results

    def _import(self, line: ImportLine, user: User | None, run: _Run) -> ImportResult:
        wanted = run.groups.of(line)
        if user is None or user.status is UserStatus.DELETED:
            after, granted = self._create(line, user, wanted, run)
            action = ImportAction.CREATE
        else:
            after, granted = self._update(line, user, wanted, run)
            action = ImportAction.UPDATE
        changes = (
            *_differences(user, after),
            *run.groups.changes(user, after, wanted),
            *(_told(line.grant) if granted else ()),
        )
        shown = action if changes else ImportAction.UNCHANGED
        new_group = wanted.name if wanted is not None and wanted.is_new else None
        return ImportResult(line.line, line.email, shown, changes, new_group=new_group)

    def _create(
        self,
        line: ImportLine,
        user: User | None,
        group: Wanted | None,
        run: _Run,
    ) -> tuple[User, bool]:
        new = NewUser(
            email=line.email,
            name=line.name or "",
            plan=line.plan,
            monthly_limit=line.monthly_limit,
            group=None if group is None else group.group_id or None,
        )
        wanted = self._changes.new_user(new)
        seen = wanted
        if user is not None and (run.is_dry or line.grant is not None):
            seen = self._changes.preview_restored(user, wanted)
        # before anything is written: a grant that is refused makes no user
        granted = self._grants(line, seen)
        if run.is_dry:
            return seen, granted
        made = self._changes.create(new, actor=run.actor, reason=run.reason).after.user
        if line.grant is None:
            return made, False
        given = self._changes.update(
            made.user_id,
            UserUpdate(),
            actor=run.actor,
            reason=run.reason,
            grant=self._once(line.grant, made),
        )
        return made, given.is_change

    def _update(
        self,
        line: ImportLine,
        user: User,
        group: Wanted | None,
        run: _Run,
    ) -> tuple[User, bool]:
        update = UserUpdate(
            name=line.name,
            plan=line.plan,
            monthly_limit=line.monthly_limit,
            group=None if group is None else group.group_id,
        )
        if run.is_dry:
            after = self._changes.preview(user, update)
            return after, self._grants(line, after)
        once = None if line.grant is None else self._once(line.grant, user)
        change = self._changes.update(
            user.user_id, update, actor=run.actor, reason=run.reason, grant=once
        )
        granted = once is not None and any(
            row.transaction_id == once.grant_id for row in change.transactions
        )
        return change.after.user, granted

    def _grants(self, line: ImportLine, user: User) -> bool:
        """Whether a line would grant the user something; raises what the rules refuse."""
        if line.grant is None:
            return False
        after = self._changes.preview(user, UserUpdate(), self._once(line.grant, user))
        return after.version != user.version

    def _once(self, grant: LineGrant, user: User) -> OnceGranted:
        """The grant of a line: the same user, amount, kind and last day are granted once.

        For this month once a month. It does not matter which file, or when.
        """
        term = grant.term
        parts = [user.user_id, str(grant.tokens), term.kind.value]
        if term.until is not None:
            parts.append(term.until.isoformat())
        if term.kind is GrantKind.THIS_MONTH:
            parts.append(period_of(self._clock(), self._zone))
        grant_id = uuid.uuid5(_GRANTS_NAMESPACE, "\n".join(parts)).hex
        # a day more: clocks differ, and whoever wrote the row may have been another
        return OnceGranted(grant.tokens, term, grant_id, user.created_at - timedelta(days=1))


def _told(grant: LineGrant | None) -> tuple[FieldChange, ...]:
    if grant is None:
        return ()
    told = (
        FieldChange("additional_amount", None, grant.tokens),
        FieldChange("additional_kind", None, grant.term.kind.value),
    )
    until = grant.term.until
    return told if until is None else (*told, FieldChange("until", None, until.isoformat()))


def _differences(before: User | None, after: User) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, None if before is None else getattr(before, name), getattr(after, name))
        for name in _SHOWN
        if before is None or getattr(before, name) != getattr(after, name)
    )
