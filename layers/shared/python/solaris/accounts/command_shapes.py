"""Users and what changed them as JSON, in the words of the admin API."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from solaris.ledger.transactions import Transaction
from solaris.platform.instants import iso_milliseconds
from solaris.quota.thresholds import Threshold

if TYPE_CHECKING:
    from solaris.accounts.change import Change
    from solaris.quota.account import Account


def change_json(change: "Change") -> dict[str, Any]:
    """A change: the user after it, and its transaction; null when nothing was to change."""
    made = change.transaction
    return {
        "user": user_json(change.after),
        "transaction": None if made is None else transaction_json(made),
    }


def user_json(account: "Account") -> dict[str, Any]:
    """A user; times are ISO 8601 in UTC, with milliseconds."""
    user = account.user
    quota = user.quota
    return {
        "id": user.user_id,
        "email": user.email,
        "name": user.name,
        "status": user.status.value,
        "plan": user.plan.value,
        "monthlyLimit": user.monthly_limit,
        "additionalTokens": user.additional_tokens,
        "currentUsage": user.current_usage,
        "reservedTokens": user.reserved_tokens,
        "availableTokens": quota.available_tokens,
        "remainingTokens": quota.remaining_tokens,
        "usagePercentage": quota.usage_percentage,
        "grantedPercentage": quota.granted_percentage,
        "alert80Sent": Threshold.WARNING in user.alerts_sent,
        "alert95Sent": Threshold.CRITICAL in user.alerts_sent,
        "lastAlertDate": _instant(user.last_alert_at),
        "period": user.period,
        "storedPeriod": account.stored_period,
        "renewsAt": iso_milliseconds(account.renews_at),
        "createdAt": iso_milliseconds(user.created_at),
        "updatedAt": iso_milliseconds(user.updated_at),
        "lastLogin": _instant(user.last_seen_at),
        "aliases": list(user.aliases),
        "mergedFrom": list(user.merged_from),
        "mergedInto": user.merged_into,
    }


def transaction_json(one: Transaction) -> dict[str, Any]:
    """Who changed what, and what was left after it."""
    return {
        "id": one.transaction_id,
        "kind": one.kind.value,
        "amount": one.amount,
        "reason": one.reason,
        "actor": one.actor,
        "before": {_camel(name): value for name, value in one.before.items()},
        "after": {_camel(name): value for name, value in one.after.items()},
        "balanceAfter": one.balance_after,
        "period": one.period,
        "version": one.version,
        "createdAt": iso_milliseconds(one.created_at),
    }


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else iso_milliseconds(instant)
