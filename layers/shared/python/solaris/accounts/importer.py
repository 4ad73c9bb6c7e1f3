"""Users out of a CSV file: what a real run does is what the dry run said it would."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from solaris.accounts.changes import UserChanges, UserUpdate
from solaris.accounts.import_file import MAX_LINES, ImportLine, ImportRefusedError, parse_users
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError, SolarisError
from solaris.platform.logs import get_logger
from solaris.quota.store import UserStore
from solaris.quota.user import User, UserStatus

# What one call may take; lines that it did not come to are errors, and a repetition finds the
# others unchanged.
MAX_SECONDS = 20.0
DEFAULT_REASON = "CSV"

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
class FieldChange:
    """One field of a user; `before` is None for a user who is new."""

    field: str
    before: str | int | None
    after: str | int


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What becomes, or would become, of one line of the file."""

    line: int
    email: str
    action: ImportAction
    changes: tuple[FieldChange, ...] = ()
    error: SolarisError | None = None


class Importer:
    """Reads files of users; `clock` gives the time in UTC."""

    def __init__(
        self, *, users: UserStore, changes: UserChanges, clock: Callable[[], datetime]
    ) -> None:
        self._users = users
        self._changes = changes
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
                result = self._import(line, user, is_dry, actor, reason or DEFAULT_REASON)
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

    def _import(
        self, line: ImportLine, user: User | None, is_dry: bool, actor: Actor, reason: str
    ) -> ImportResult:
        if user is None or user.status is UserStatus.DELETED:
            after = self._create(line, user, is_dry, actor, reason)
            action = ImportAction.CREATE
        else:
            after = self._update(line, user, is_dry, actor, reason)
            action = ImportAction.UPDATE
        changes = _differences(user, after)
        return ImportResult(
            line.line, line.email, action if changes else ImportAction.UNCHANGED, changes
        )

    def _create(
        self, line: ImportLine, user: User | None, is_dry: bool, actor: Actor, reason: str
    ) -> User:
        if not is_dry:
            change = self._changes.create(
                line.email,
                actor=actor,
                name=line.name or "",
                plan=line.plan,
                monthly_limit=line.monthly_limit,
                reason=reason,
            )
            return change.after.user
        wanted = self._changes.new_user(
            line.email, name=line.name or "", plan=line.plan, limit=line.monthly_limit
        )
        return wanted if user is None else self._changes.preview_restored(user, wanted)

    def _update(
        self, line: ImportLine, user: User, is_dry: bool, actor: Actor, reason: str
    ) -> User:
        update = UserUpdate(name=line.name, plan=line.plan, monthly_limit=line.monthly_limit)
        if is_dry:
            return self._changes.preview(user, update)
        change = self._changes.update(user.user_id, update, actor=actor, reason=reason)
        return change.after.user


def _differences(before: User | None, after: User) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, None if before is None else getattr(before, name), getattr(after, name))
        for name in _SHOWN
        if before is None or getattr(before, name) != getattr(after, name)
    )
