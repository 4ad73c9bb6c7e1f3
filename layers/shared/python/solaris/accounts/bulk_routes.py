"""Many users at once."""

from typing import TYPE_CHECKING

from solaris.accounts.bulk import change_all
from solaris.accounts.bulk_schemas import (
    BulkItem,
    BulkResults,
    BulkUpdate,
    ImportResults,
    UserImport,
    problem_of,
)
from solaris.accounts.routes import TAG, idempotency_key, shown
from solaris.platform.access import ADMINS, Access, Scope
from solaris.platform.web.operations import Call, operation

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts


@operation(
    "POST",
    "/admin/users/bulk",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="bulkUpdateUsers",
    summary="Suspend, activate, grant tokens to, or set plan, limit or group of many users",
)
def bulk_update_users(parts: "AccountsParts", call: Call, *, body: BulkUpdate) -> BulkResults:
    """Each user on their own: a failure stops no other, and is told in its item.

    A header `Idempotency-Key` works as for a single grant, user by user.
    """
    request = body.request(idempotency_key(call))
    results = change_all(parts.user_changes, body.user_ids, request, call.as_actor)
    items = [
        BulkItem(
            user_id=one.user_id,
            ok=one.error is None,
            user=None if one.account is None else shown(parts, one.account),
            problem=None if one.error is None else problem_of(one.error, call.locale),
        )
        for one in results
    ]
    succeeded = sum(one.ok for one in items)
    return BulkResults(results=items, succeeded=succeeded, failed=len(items) - succeeded)


@operation(
    "POST",
    "/admin/users/import",
    access=Access(ADMINS, key=Scope.USERS_WRITE),
    tag=TAG,
    name="importUsers",
    summary="Make and change users by a CSV file",
)
def import_users(parts: "AccountsParts", call: Call, *, body: UserImport) -> ImportResults:
    """Line by line; a line that fails stops no other. The dry run is the default.

    A file that takes over 20 seconds is done in part: its last lines say so, and the same call
    again finds the others unchanged.
    """
    results = parts.importer.run(
        body.csv, is_dry=body.dry_run, actor=call.as_actor, reason=body.reason
    )
    return ImportResults.of(results, dry_run=body.dry_run, locale=call.locale)
