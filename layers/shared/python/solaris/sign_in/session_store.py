"""The sessions table: sign-ins with their refresh tokens. Failed ones: sign_in/attempts.py.

A refresh token is good once. A timeline of two copies of one token:

    copy 1   token_hash = old, open ─► token_hash = new          answered
    copy 2   token_hash = old fails ─► the session is revoked    both copies are out

Whoever holds the newer token cannot tell themselves from a thief, and neither can this table.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, read_together, store_errors
from solaris.platform.aws.items import Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.sign_in.admin import Admin, Session
from solaris.sign_in.admin_store import admin_from_item


class SessionStore:
    """Sessions in one table; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, *, sessions_table: str, admins_table: str) -> None:
        self._client = client
        self._sessions = sessions_table
        self._admins = admins_table

    def put(self, session: Session) -> None:
        """Write a new session; its id is random."""
        with store_errors():
            self._client.put_item(TableName=self._sessions, Item=_to_item(session))

    def get_with_admin(self, session_id: str, email: str) -> tuple[Session | None, Admin | None]:
        """Read a session and an admin by one call, strongly consistent; None for what is not."""
        found = read_together(
            self._client,
            {
                self._sessions: [{"session_id": text(session_id)}],
                self._admins: [{"email": text(email)}],
            },
        )
        session = next(map(_from_item, found[self._sessions]), None)
        admin = next(map(admin_from_item, found[self._admins]), None)
        return session, admin

    def rotate(
        self, session_id: str, old_hash: str, new_hash: str, now: datetime
    ) -> tuple[Session | None, bool]:
        """Exchange the refresh token; returns the session, and whether it was exchanged.

        Not exchanged: the session as it is (None: there is none). When it is still open then, the
        token has been used before.
        """
        try:
            with store_errors():
                answer = self._client.update_item(
                    TableName=self._sessions,
                    Key={"session_id": text(session_id)},
                    UpdateExpression="SET token_hash = :new, refreshed_at = :now",
                    # the token it is at, and neither revoked nor expired (TTL deletes hours later)
                    ConditionExpression="token_hash = :old AND attribute_not_exists(revoked_at)"
                    " AND expires_at > :seconds",
                    ExpressionAttributeValues={
                        ":old": text(old_hash),
                        ":new": text(new_hash),
                        ":now": text(iso_milliseconds(now)),
                        ":seconds": number(int(now.timestamp())),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise
            if not error.item or "token_hash" not in error.item:
                return None, False
            found = _from_item(error.item)
            # boto3 lost the answer to this very write and has sent it again
            return found, found.token_hash == new_hash and found.is_open(now)
        return _from_item(answer["Attributes"]), True

    def renew(self, session: Session, token_version: int) -> Session | None:
        """Carry a session over to its admin's next token version; None if it is revoked."""
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._sessions,
                    Key={"session_id": text(session.session_id)},
                    UpdateExpression="SET token_version = :version",
                    ConditionExpression="attribute_exists(token_hash)"
                    " AND attribute_not_exists(revoked_at)",
                    ExpressionAttributeValues={":version": number(token_version)},
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return None
            raise
        return replace(session, token_version=token_version)

    def revoke(self, session_id: str, now: datetime) -> Session | None:
        """Close a session for good; the session if it was not closed before, else None."""
        try:
            with store_errors():
                answer = self._client.update_item(
                    TableName=self._sessions,
                    Key={"session_id": text(session_id)},
                    UpdateExpression="SET revoked_at = :now",
                    ConditionExpression="attribute_exists(token_hash)"
                    " AND attribute_not_exists(revoked_at)",
                    ExpressionAttributeValues={":now": text(iso_milliseconds(now))},
                    ReturnValues="ALL_NEW",
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return None
            raise
        return _from_item(answer["Attributes"])


def _to_item(session: Session) -> Item:
    item = {
        "session_id": text(session.session_id),
        "admin_email": text(session.admin_email),
        "token_hash": text(session.token_hash),
        "token_version": number(session.token_version),
        "created_at": text(iso_milliseconds(session.created_at)),
        "refreshed_at": text(iso_milliseconds(session.refreshed_at)),
        "expires_at": number(int(session.expires_at.timestamp())),
    }
    if session.revoked_at is not None:
        item["revoked_at"] = text(iso_milliseconds(session.revoked_at))
    for name in ("ip_address", "user_agent"):
        value = getattr(session, name)
        if value is not None:
            item[name] = text(value)
    return item


def _from_item(item: Item) -> Session:
    return Session(
        session_id=item["session_id"]["S"],
        admin_email=item["admin_email"]["S"],
        token_hash=item["token_hash"]["S"],
        token_version=int(item["token_version"]["N"]),
        created_at=parse_instant(item["created_at"]["S"]),
        refreshed_at=parse_instant(item["refreshed_at"]["S"]),
        expires_at=datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC),
        revoked_at=parse_instant(item["revoked_at"]["S"]) if "revoked_at" in item else None,
        ip_address=item["ip_address"]["S"] if "ip_address" in item else None,
        user_agent=item["user_agent"]["S"] if "user_agent" in item else None,
    )
