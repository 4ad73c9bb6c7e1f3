"""Every route module, imported: importing this registers the whole API."""

from solaris.api.operations import registered
from solaris.api.routes import (
    admins,
    alerts,
    audit,
    auth,
    bulk,
    configuration,
    keys,
    me,
    moving,
    personal_data,
    reconciliation,
    reports,
    stats,
    suppressions,
    user_records,
    users,
)

__all__ = [
    "admins",
    "alerts",
    "audit",
    "auth",
    "bulk",
    "configuration",
    "keys",
    "me",
    "moving",
    "personal_data",
    "reconciliation",
    "registered",
    "reports",
    "stats",
    "suppressions",
    "user_records",
    "users",
]
