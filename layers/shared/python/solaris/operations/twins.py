"""People whom versions before have stored by a spelling that is none today, and their twins.

Looked at by `solaris doctor`; nothing is written. Whose spelling is one of today's mailbox is found
by its next request (quota/newcomers.py); whose is none is not, and both may have a twin, who is
the same person by another spelling. Each comes with the command that puts it right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from solaris.platform.aws.client import store_errors
from solaris.platform.email import mended_email, normalise_email, valid_email
from solaris.quota.user import UserStatus, user_id_for

PAGE_USERS = 1_000
MAX_PAGES = 1_000_000
NEW_ADDRESS = "NEW-ADDRESS"


@dataclass(frozen=True, slots=True)
class Stray:
    """A user whom no request finds by the address on record, and the command for it."""

    user_id: str
    email: str
    command: str

    @property
    def shown(self) -> str:
        """The address, with what it hides made visible."""
        return ascii(self.email)[1:-1]


def strays(client: Any, table: str) -> list[Stray]:
    """Read all users' addresses. Raises StoreUnavailableError, AwsCallError."""
    owners: dict[str, str] = {}
    suspects: list[tuple[str, str]] = []
    for user_id, email, status, address_of in _items(client, table):
        owners[user_id] = user_id if address_of is None else address_of
        is_right = user_id == user_id_for(email) and valid_email(email) == email
        if status != UserStatus.DELETED.value and not is_right:
            suspects.append((user_id, email))
    found = []
    for user_id, email in sorted(suspects, key=lambda one: one[1]):
        is_spelled = valid_email(email) == email
        if is_spelled and owners.get(user_id_for(email)) == user_id:
            continue  # moved, and found by the new address
        meant = email if is_spelled else mended_email(email)
        found.append(Stray(user_id, email, _command(user_id, meant, owners)))
    return found


def _command(user_id: str, meant: str | None, owners: dict[str, str]) -> str:
    if meant is None:
        return f"solaris users move {user_id} {NEW_ADDRESS}"
    owner = owners.get(user_id_for(normalise_email(meant)), "")
    if owner in {"", user_id}:
        return f"solaris users move {user_id} {meant}"
    return f"solaris users merge {user_id} {meant}"


def _items(client: Any, table: str) -> Iterator[tuple[str, str, str, str | None]]:
    request: dict[str, Any] = {
        "TableName": table,
        "Limit": PAGE_USERS,
        "ProjectionExpression": "user_id, email, #status, address_of",
        "ExpressionAttributeNames": {"#status": "status"},
    }
    for _ in range(MAX_PAGES):
        with store_errors():
            page = client.scan(**request)
        for item in page["Items"]:
            address_of = item["address_of"]["S"] if "address_of" in item else None
            yield item["user_id"]["S"], item["email"]["S"], item["status"]["S"], address_of
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
