"""The tables about admins: who may sign in, who is signed in, who did what."""

from typing import Any

from pynamodb.attributes import MapAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.models import Model

from solaris.storage.table_meta import TableMeta


class AdminModel(Model):
    """Somebody who may sign in to the admin API.

    The item `#count` is nobody: its `admins` says how many have the role admin.
    """

    class Meta(TableMeta):
        table_name = "admins"

    email = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    password_hash = UnicodeAttribute(null=True)
    token_version = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    last_login_at = UnicodeAttribute(null=True)
    version = NumberAttribute()


class SessionModel(Model):
    """A sign-in and the refresh token it is at; only the token's SHA-256 is stored (TTL).

    Also the failed sign-ins: `session_id` is then `failures#<a SHA-256>` (storage/attempts.py).
    """

    class Meta(TableMeta):
        table_name = "sessions"

    session_id = UnicodeAttribute(hash_key=True)
    admin_email = UnicodeAttribute(null=True)
    token_hash = UnicodeAttribute(null=True)
    token_version = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    refreshed_at = UnicodeAttribute(null=True)
    revoked_at = UnicodeAttribute(null=True)
    ip_address = UnicodeAttribute(null=True)
    user_agent = UnicodeAttribute(null=True)
    failures = NumberAttribute(null=True)
    locked_until = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class AuditModel(Model):
    """Who changed what, and who signed in: rows are put and never written again (TTL).

    `day` is the UTC day, `audit_key` is `<time>#<id>`.
    """

    class Meta(TableMeta):
        table_name = "audit"

    day = UnicodeAttribute(hash_key=True)
    audit_key = UnicodeAttribute(range_key=True)
    audit_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    target_type = UnicodeAttribute()
    target_id = UnicodeAttribute(null=True)
    target_label = UnicodeAttribute(null=True)
    before: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call]
    after: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call]
    reason = UnicodeAttribute(null=True)
    transaction_id = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    ip_address = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()
