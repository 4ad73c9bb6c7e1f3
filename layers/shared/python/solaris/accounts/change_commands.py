"""`solaris users`, what changes one: limits, plans, grants, usage, status, and who changed what.

Users and what changed them are JSON in the words of the admin API.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.accounts.command_texts import TEXTS
from solaris.accounts.parts import AccountsParts
from solaris.ledger.transactions import Transaction
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, day, moment, number, say, table
from solaris.quota.completion import addresses
from solaris.quota.day_cap import used_tokens
from solaris.quota.grant import Grant
from solaris.quota.grants import ending_tokens, next_last_day
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement, LimitSource, OwnField, Plan, UserStatus

if TYPE_CHECKING:
    from solaris.accounts.change import Change
    from solaris.quota.account import Account

_t = Texts(TEXTS)

Email = Annotated[
    str,
    typer.Argument(metavar="EMAIL", autocompletion=addresses, help=_t.help("arg.email")),
]
Reason = Annotated[str, typer.Option(help=_t.help("arg.reason"))]


class _Enforced(StrEnum):
    """What `set-enforcement` takes."""

    BLOCK = "block"
    WARN = "warn"
    PLAN = "plan"


def set_limit(
    email: Email,
    tokens: Annotated[
        int | None,
        typer.Argument(metavar="TOKENS", parser=tokens_of, help=_t.help("set_limit.tokens")),
    ] = None,
    *,
    of_plan: Annotated[bool, typer.Option("--plan", help=_t.help("set_limit.of_plan"))] = False,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Set a user's monthly limit, within MIN_USER_LIMIT and MAX_USER_LIMIT (not enterprise)."""
    if of_plan is (tokens is not None):
        raise typer.BadParameter(_t("set_limit.one_of"))
    people = open_parts(AccountsParts).by_email
    if tokens is None:
        change = people.limit_of_plan(email, actor=actor(), reason=reason)
    else:
        change = people.set_limit(email, tokens, actor=actor(), reason=reason)
    _show_limit(change)
    show_available(change, json=json)


def set_plan(
    email: Email,
    plan: Annotated[Plan, typer.Argument(help=_t.help("set_plan.plan"))],
    *,
    limit: Annotated[
        int | None,
        typer.Option(metavar="TOKENS", parser=tokens_of, help=_t.help("arg.plan_limit")),
    ] = None,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Put a user on another plan, with the plan's monthly limit unless --limit states one."""
    change = open_parts(AccountsParts).by_email.set_plan(
        email, plan, actor=actor(), reason=reason, monthly_limit=limit
    )
    before, after = change.before.user, change.after.user
    plans = {"before": plan_word(before.plan), "after": plan_word(after.plan)}
    say(_t("plan", email=after.email, **plans))
    _show_limit(change)
    show_available(change, json=json)


def set_enforcement(
    email: Email,
    enforcement: Annotated[_Enforced, typer.Argument(help=_t.help("set_enforcement.what"))],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Refuse a user whose quota is used up, or only warn."""
    wanted = None if enforcement is _Enforced.PLAN else Enforcement(enforcement.value)
    change = open_parts(AccountsParts).by_email.set_enforcement(
        email, wanted, reason=reason, actor=actor()
    )
    user = change.after.user
    say(_t(f"enforced.{user.enforcement.value}", email=user.email))
    show_available(change, json=json)


def reset_usage(email: Email, *, reason: Reason, json: AsJson = False) -> None:
    """Set this month's usage to zero. The usage records stay; open requests are still charged."""
    change = open_parts(AccountsParts).by_email.reset_usage(email, reason=reason, actor=actor())
    before, after = change.before.user, change.after.user
    if change.transaction is None:
        say(_t("nothing_used", email=after.email))
    else:
        used = {"before": before.current_usage, "after": after.current_usage}
        say(_t("used", email=after.email, **used))
    show_available(change, json=json)


def suspend(email: Email, *, reason: Reason, json: AsJson = False) -> None:
    """Refuse a user's requests from now on."""
    _show_status(
        open_parts(AccountsParts).by_email.suspend(email, reason=reason, actor=actor()), json=json
    )


def activate(email: Email, *, reason: Reason = "", json: AsJson = False) -> None:
    """Serve a suspended, blocked or pending user again."""
    _show_status(
        open_parts(AccountsParts).by_email.activate(email, reason=reason, actor=actor()), json=json
    )


def transactions(
    email: Email,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help=_t.help("arg.most"))] = 20,
    json: AsJson = False,
) -> None:
    """List who changed a user's grants, limit, plan, usage or status, newest first."""
    administration = open_parts(AccountsParts).by_email
    rows = administration.transactions(email, limit)
    if json:
        as_json({"transactions": [transaction_json(one) for one in rows]})
        return
    zone = administration.find(email).renews_at.tzinfo
    table(
        _t.names(
            *("col.time", "col.kind", "col.amount", "col.change"),
            *("col.balance", "col.actor", "col.reason"),
        ),
        [
            (
                moment(one.created_at, zone),
                _t.word("kind", one.kind.value),
                f"{'+' if one.amount > 0 else ''}{number(one.amount)}" if one.amount else "",
                _steps(one),
                number(one.balance_after),
                one.actor,
                one.reason,
            )
            for one in rows
        ],
        right=_t.names("col.amount", "col.balance"),
    )
    say(_t.many("transactions.shown", len(rows)))


def warn_when_blocked(account: "Account") -> None:
    """Say so when all that the user may use is used."""
    if account.user.quota.is_exhausted:
        until = moment(account.renews_at, account.renews_at.tzinfo)
        user = account.user
        say(_t("blocked", email=user.email, used=user.current_usage, until=until))


def _show_limit(change: "Change") -> None:
    before, after = change.before.user, change.after.user
    say(_t("limit", email=after.email, before=before.monthly_limit, after=after.monthly_limit))


def show_available(change: "Change", *, json: bool) -> None:
    """Tell what is available before and after a change, and whether it serves the user again."""
    user = change.after.user
    before = change.before.user.quota.available_tokens
    say(_t("available", before=before, after=user.quota.available_tokens))
    warn_when_blocked(change.after)
    if change.unblocks and user.status is UserStatus.ACTIVE:
        say(_t("served_again", email=user.email))
    if json:
        as_json(change_json(change))


def _show_status(change: "Change", *, json: bool) -> None:
    before, user = change.before.user, change.after.user
    after = status_word(user.status)
    if before.status is user.status:
        say(_t("status_already", email=user.email, status=after))
    else:
        say(_t("status", email=user.email, before=status_word(before.status), after=after))
    if json:
        as_json(change_json(change))


def status_word(status: UserStatus) -> str:
    """A status as people read it: `suspenso`."""
    return _t.word("status", status.value)


def plan_word(plan: Plan) -> str:
    """A plan as people read it: `básico`."""
    return _t.word("plan", plan.value)


def term_word(grant: Grant) -> str:
    """How long a grant is good for, as people read it: `até 15/12/2026`."""
    if grant.until is not None:
        return _t("term.until_day", until=day(date.fromisoformat(grant.until)))
    return _t.word("term", grant.kind.value)


def _steps(one: Transaction) -> str:
    steps = ", ".join(
        f"{_t.word('field', name)} {_shown(name, value)} → {_shown(name, one.after[name])}"
        for name, value in one.before.items()
    )
    kind, until = one.after.get("grant_kind"), one.after.get("until")
    if kind is None:
        return steps
    if until is None:
        return f"{steps} ({_t.word('term', str(kind))})"
    return f"{steps} ({_t('term.until_day', until=day(date.fromisoformat(str(until))))})"


def _shown(name: str, value: int | str) -> str:
    return number(value) if isinstance(value, int) else _t.word(name, value)


def change_json(change: "Change") -> dict[str, Any]:
    """A change: the user after it, and its transaction; null when nothing was to change."""
    made = change.transaction
    return {
        "user": user_json(change.after),
        "transaction": None if made is None else transaction_json(made),
    }


def user_json(account: "Account") -> dict[str, Any]:
    """A user; times are ISO 8601 in UTC, with milliseconds."""
    user, cap = account.user, account.user.day_cap
    quota = user.quota
    return {
        "id": user.user_id,
        "email": user.email,
        "name": user.name,
        "status": user.status.value,
        "enforcement": user.enforcement.value,
        "enforcementSource": "own" if OwnField.ENFORCEMENT in user.own else "plan",
        "plan": user.plan.value,
        "monthlyLimit": user.monthly_limit,
        "limitSource": (user.limit_source or LimitSource.OWN).value,
        "additionalTokens": user.additional_tokens,
        "dailyLimit": user.daily_limit,
        "dailyLimitTokens": None if cap is None else cap.limit.in_force(user.monthly_limit),
        "dayUsed": None if cap is None else used_tokens(user),
        "dayAvailable": None if cap is None or cap.is_lifted else cap.available_tokens,
        "dayLifted": cap is not None and cap.is_lifted,
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
        "everyMonthTokens": user.every_month_tokens,
        "endingTokens": ending_tokens(user),
        "nextGrantEnd": next_last_day(user),
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
