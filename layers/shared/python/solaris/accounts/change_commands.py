"""`solaris users`, what changes one: limits, plans, grants, usage, status, and who changed what."""

from typing import TYPE_CHECKING, Annotated

import typer

from solaris.accounts.command_shapes import change_json, transaction_json
from solaris.ledger.transactions import Transaction
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.completion import addresses
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.output import AsJson, as_json, moment, number, say, table
from solaris.quota.user import Plan, UserStatus

if TYPE_CHECKING:
    from solaris.accounts.change import Change
    from solaris.quota.account import Account

Email = Annotated[
    str,
    typer.Argument(
        metavar="EMAIL",
        autocompletion=addresses,
        help="The user's address, in any case, or id.",
    ),
]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]


def set_limit(
    email: Email,
    tokens: Annotated[
        int, typer.Argument(metavar="TOKENS", parser=tokens_of, help="Tokens a month, as 500k.")
    ],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Set a user's monthly limit, within MIN_USER_LIMIT and MAX_USER_LIMIT (not enterprise).

    It holds at once: below what is used it blocks, above it serves again.

    Example: solaris users set-limit ana@example.com 2000000 --reason "new project"
    """
    change = open_parts().accounts.by_email.set_limit(email, tokens, actor=actor(), reason=reason)
    _show_limit(change)
    _show_available(change, json=json)


def set_plan(
    email: Email,
    plan: Annotated[Plan, typer.Argument(help="The new plan.")],
    *,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS", parser=tokens_of, help="Monthly limit instead of the plan's."
        ),
    ] = None,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Put a user on another plan, with the plan's monthly limit unless --limit states one.

    Example: solaris users set-plan ana@example.com pro --reason "upgrade"
    """
    change = open_parts().accounts.by_email.set_plan(
        email, plan, actor=actor(), reason=reason, monthly_limit=limit
    )
    before, after = change.before.user, change.after.user
    say(f"{after.email}: plan {before.plan.value} → {after.plan.value}")
    _show_limit(change)
    _show_available(change, json=json)


def add_tokens(
    email: Email,
    amount: Annotated[
        int,
        typer.Argument(
            metavar="AMOUNT", parser=tokens_of, help="As 500k; negative takes tokens back."
        ),
    ],
    *,
    reason: Reason,
    json: AsJson = False,
) -> None:
    """Grant additional tokens on top of each month's limit; a negative amount takes them back.

    They stay until they are taken back, and no more is taken back than is unused.

    Example: solaris users add-tokens ana@example.com 500000 --reason "year-end report"
    """
    change = open_parts().accounts.by_email.add_tokens(email, amount, reason=reason, actor=actor())
    before, after = change.before.user, change.after.user
    say(
        f"{after.email}: additional tokens {number(before.additional_tokens)} → "
        f"{number(after.additional_tokens)}"
    )
    _show_available(change, json=json)


def reset_usage(email: Email, *, reason: Reason, json: AsJson = False) -> None:
    """Set this month's usage to zero. The usage records stay; open requests are still charged.

    Example: solaris users reset-usage ana@example.com --reason "runaway script"
    """
    change = open_parts().accounts.by_email.reset_usage(email, reason=reason, actor=actor())
    before, after = change.before.user, change.after.user
    if change.transaction is None:
        say(f"{after.email} has used nothing this month")
    else:
        say(f"{after.email}: used {number(before.current_usage)} → {number(after.current_usage)}")
    _show_available(change, json=json)


def suspend(email: Email, *, reason: Reason, json: AsJson = False) -> None:
    """Refuse a user's requests from now on.

    Example: solaris users suspend ana@example.com --reason "left the company"
    """
    _show_status(
        open_parts().accounts.by_email.suspend(email, reason=reason, actor=actor()), json=json
    )


def activate(email: Email, *, reason: Reason = "", json: AsJson = False) -> None:
    """Serve a suspended, blocked or pending user again.

    Example: solaris users activate ana@example.com
    """
    _show_status(
        open_parts().accounts.by_email.activate(email, reason=reason, actor=actor()), json=json
    )


def transactions(
    email: Email,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Show at most so many.")] = 20,
    json: AsJson = False,
) -> None:
    """List who changed a user's grants, limit, plan, usage or status, newest first.

    BALANCE is what was left after the change: limit + additional - used.

    Example: solaris users transactions ana@example.com --limit 5
    """
    administration = open_parts().accounts.by_email
    rows = administration.transactions(email, limit)
    if json:
        as_json({"transactions": [transaction_json(one) for one in rows]})
        return
    zone = administration.find(email).renews_at.tzinfo
    table(
        ("TIME", "KIND", "AMOUNT", "CHANGE", "BALANCE", "ACTOR", "REASON"),
        [
            (
                moment(one.created_at, zone),
                one.kind.value,
                f"{one.amount:+,}" if one.amount else "",
                _steps(one),
                number(one.balance_after),
                one.actor,
                one.reason,
            )
            for one in rows
        ],
        right=("AMOUNT", "BALANCE"),
    )
    say(f"{number(len(rows))} transactions")


def warn_when_blocked(account: "Account") -> None:
    """Say so when all that the user may use is used."""
    if account.user.quota.is_exhausted:
        say(
            f"{account.user.email} has used {number(account.user.current_usage)} tokens: "
            f"blocked until {moment(account.renews_at, account.renews_at.tzinfo)}"
        )


def _show_limit(change: "Change") -> None:
    before, after = change.before.user, change.after.user
    say(
        f"{after.email}: monthly limit {number(before.monthly_limit)} → "
        f"{number(after.monthly_limit)}"
    )


def _show_available(change: "Change", *, json: bool) -> None:
    user = change.after.user
    before = change.before.user.quota.available_tokens
    say(f"available {number(before)} → {number(user.quota.available_tokens)}")
    warn_when_blocked(change.after)
    if change.unblocks and user.status is UserStatus.ACTIVE:
        say(f"{user.email} is served again from now on")
    if json:
        as_json(change_json(change))


def _show_status(change: "Change", *, json: bool) -> None:
    user = change.after.user
    if change.before.user.status is user.status:
        say(f"{user.email} is {user.status.value} already")
    else:
        say(f"{user.email}: {change.before.user.status.value} → {user.status.value}")
    if json:
        as_json(change_json(change))


def _steps(one: Transaction) -> str:
    return ", ".join(
        f"{name} {_shown(value)} → {_shown(one.after[name])}" for name, value in one.before.items()
    )


def _shown(value: int | str) -> str:
    return number(value) if isinstance(value, int) else value
