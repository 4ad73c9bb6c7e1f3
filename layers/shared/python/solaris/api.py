"""Every route module, imported: importing this registers the whole API."""

from solaris.accounts import bulk_routes as bulk
from solaris.accounts import history_routes as user_records
from solaris.accounts import moving_routes as moving
from solaris.accounts import personal_data_routes as personal_data
from solaris.accounts import routes as users
from solaris.accounts.daily import routes as daily_limits
from solaris.accounts.grants import routes as grants
from solaris.accounts.groups import routes as groups
from solaris.accounts.plans import routes as plans
from solaris.accounts.self_service import routes as me
from solaris.accounts.token_requests import routes as token_requests
from solaris.alerts import routes as alerts
from solaris.alerts import suppression_routes as suppressions
from solaris.audit import routes as audit
from solaris.channels import routes as channels
from solaris.exports import routes as reports
from solaris.keys import routes as keys
from solaris.operations import routes as configuration
from solaris.platform.web.operations import registered
from solaris.reconciliation import routes as reconciliation
from solaris.reports import routes as stats
from solaris.sign_in import admin_routes as admins
from solaris.sign_in import routes as auth
from solaris.sign_in.admin_keys import routes as admin_keys
from solaris.weights import routes as weights

__all__ = [
    "admin_keys",
    "admins",
    "alerts",
    "audit",
    "auth",
    "bulk",
    "channels",
    "configuration",
    "daily_limits",
    "grants",
    "groups",
    "keys",
    "me",
    "moving",
    "personal_data",
    "plans",
    "reconciliation",
    "registered",
    "reports",
    "stats",
    "suppressions",
    "token_requests",
    "user_records",
    "users",
    "weights",
]
