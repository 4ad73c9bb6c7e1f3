"""`solaris users`: accounts and their quotas."""

from datetime import tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.accounts import change_commands as changes
from solaris.accounts import import_commands as importing
from solaris.accounts import moving_commands as moving
from solaris.accounts import personal_data_commands as personal_data
from solaris.accounts.change_commands import Email, warn_when_blocked
from solaris.accounts.command_shapes import user_json
from solaris.ledger.figures import Figures, total_of
from solaris.platform.exchange import ExchangeRates, LocalCost
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    facts,
    heading,
    moment,
    money,
    money_json,
    number,
    say,
    say_rate,
    table,
)
from solaris.quota.periods import days_in
from solaris.quota.user import Plan, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from solaris.ledger.reviewing import ModelSum, RecordLine
    from solaris.quota.account import Account

app = typer.Typer(no_args_is_help=True, help="Accounts and their quotas.")


class Order(StrEnum):
    """By what users are listed."""

    EMAIL = "email"
    USED = "used"
    PERCENTAGE = "percentage"
    AVAILABLE = "available"


_FIGURES: "Mapping[Order, Callable[[Account], float]]" = {
    Order.USED: lambda one: one.user.current_usage,
    Order.PERCENTAGE: lambda one: one.user.quota.granted_percentage,
    Order.AVAILABLE: lambda one: one.user.quota.available_tokens,
}


@app.command("list")
def list_users(
    *,
    status: Annotated[UserStatus | None, typer.Option(help="Only this status.")] = None,
    search: Annotated[str, typer.Option(help="Part of an address or a name.")] = "",
    at_least: Annotated[
        float, typer.Option(min=0, metavar="PERCENT", help="Who has used so much of their quota.")
    ] = 0,
    sort: Annotated[Order, typer.Option(help="By what; figures largest first.")] = Order.EMAIL,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Show at most so many.")] = 50,
    json: AsJson = False,
) -> None:
    """List users, with what they have used this month.

    Example: solaris users list --at-least 80 --sort percentage
    """
    accounts = open_parts().accounts.by_email.accounts(status, search)
    accounts = [one for one in accounts if one.user.quota.granted_percentage >= at_least]
    if sort is not Order.EMAIL:
        accounts.sort(key=_FIGURES[sort], reverse=True)
    shown = accounts[:limit]
    if json:
        as_json({"users": [user_json(one) for one in shown], "total": len(accounts)})
        return
    table(
        ("EMAIL", "STATUS", "PLAN", "LIMIT", "ADDITIONAL", "USED", "%", "AVAILABLE"),
        [
            (
                one.user.email,
                one.user.status.value,
                one.user.plan.value,
                number(one.user.monthly_limit),
                number(one.user.additional_tokens),
                number(one.user.current_usage),
                f"{one.user.quota.granted_percentage:.1f}",
                number(one.user.quota.available_tokens),
            )
            for one in shown
        ],
        right=("LIMIT", "ADDITIONAL", "USED", "%", "AVAILABLE"),
    )
    say(f"{number(len(shown))} of {number(len(accounts))} users")


@app.command()
def show(email: Email, *, json: AsJson = False) -> None:
    """Show one user: quota, open requests, last usage and this month by model.

    Example: solaris users show ana@example.com
    """
    from solaris.ledger.reviewing import last_records, sums_by_model  # noqa: PLC0415 - slow

    parts = open_parts()
    rates, account = parts.settings.exchange, parts.accounts.by_email.find(email)
    user_id, period = account.user.user_id, account.user.period
    records, sums = last_records(user_id), sums_by_model(user_id, period, rates)
    if json:
        as_json(
            {
                **user_json(account),
                "reservations": [
                    {
                        "requestId": one.request_id,
                        "tokens": one.tokens,
                        "model": one.model,
                        "createdAt": iso_milliseconds(one.created_at),
                        "expiresAt": iso_milliseconds(one.expires_at),
                    }
                    for one in account.user.reservations.values()
                ],
                "usage": [_record_json(one) for one in records],
                "models": [_sum_json(one, _local(one.figures, period, rates)) for one in sums],
            }
        )
        return
    _show_account(account)
    _show_reservations(account)
    _show_sums(period, sums, rates)
    _show_records(records, account.renews_at.tzinfo)


@app.command()
def create(
    email: Email,
    *,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    plan: Annotated[Plan | None, typer.Option(help="Sets the limit; basic unless stated.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS", parser=tokens_of, help="Monthly limit instead of the plan's."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Create a user before their first request.

    Example: solaris users create ana@example.com --name "Ana Lima" --plan pro
    """
    account = open_parts().accounts.by_email.create_user(
        email, actor=actor(), name=name, plan=plan, monthly_limit=limit
    )
    user, renews = account.user, moment(account.renews_at, account.renews_at.tzinfo)
    say(
        f"created {user.email}: plan {user.plan.value}, "
        f"{number(user.monthly_limit)} tokens a month, renews {renews}"
    )
    if json:
        as_json({"user": user_json(account)})


app.command("import")(importing.import_users)
app.command("set-limit")(changes.set_limit)
app.command("set-plan")(changes.set_plan)
app.command("add-tokens", context_settings={"ignore_unknown_options": True})(changes.add_tokens)
app.command("reset-usage")(changes.reset_usage)
app.command("suspend")(changes.suspend)
app.command("activate")(changes.activate)
app.command("transactions")(changes.transactions)
app.command("move")(moving.move)
app.command("merge")(moving.merge)
app.command("release-alias")(moving.release_alias)
app.command("export-data")(personal_data.export_data)
app.command("delete")(personal_data.delete)


def _record_json(record: "RecordLine") -> dict[str, Any]:
    return {
        "requestId": record.request_id,
        "createdAt": iso_milliseconds(record.created_at),
        "model": record.model,
        "outcome": record.outcome,
        "statusCode": record.status_code,
        "promptTokens": record.prompt_tokens,
        "completionTokens": record.completion_tokens,
        "chargedTokens": record.charged_tokens,
        "costMicros": record.cost_micros,
        "estimated": record.estimated,
    }


def _local(figures: Figures, period: str, rates: ExchangeRates) -> LocalCost | None:
    days = days_in(period)
    return rates.of_days(figures.cost, figures.local_cost, days[0], days[-1])


def _sum_json(one: "ModelSum", local: LocalCost | None) -> dict[str, Any]:
    figures = one.figures
    return {
        "model": one.model,
        "requests": figures.requests,
        "errors": figures.errors,
        "promptTokens": figures.prompt_tokens,
        "completionTokens": figures.completion_tokens,
        "cachedTokens": figures.cached_tokens,
        "chargedTokens": figures.charged_tokens,
        **money_json(figures.shown_micros, local),
        "unpricedRequests": figures.unpriced_requests,
    }


def _show_account(account: "Account") -> None:
    user, quota = account.user, account.user.quota
    facts(
        [
            ("user", f"{user.email}  {user.name}".rstrip()),
            ("id", user.user_id),
            ("status", user.status.value),
            ("plan", user.plan.value),
            ("period", user.period),
            ("monthly limit", number(user.monthly_limit)),
            ("additional tokens", number(user.additional_tokens)),
            ("used", f"{number(user.current_usage)} ({quota.granted_percentage}% of the quota)"),
            ("reserved", number(user.reserved_tokens)),
            ("available", number(quota.available_tokens)),
            ("renews", moment(account.renews_at, account.renews_at.tzinfo)),
            ("last request", moment(user.last_seen_at, account.renews_at.tzinfo)),
            *([("aliases", ", ".join(user.aliases))] if user.aliases else []),
            *([("merged from", ", ".join(user.merged_from))] if user.merged_from else []),
            *([("merged into", user.merged_into)] if user.merged_into else []),
        ]
    )
    if account.is_still_closed:
        say(
            f"The stored month is still {account.stored_period}; shown as it will be opened for "
            f"{user.period}, by the schedule or the next request."
        )
    warn_when_blocked(account)


def _show_reservations(account: "Account") -> None:
    if not account.user.reservations:
        return
    heading("Open requests")
    table(
        ("REQUEST", "MODEL", "RESERVED", "SINCE", "EXPIRES"),
        [
            (
                one.request_id,
                one.model,
                number(one.tokens),
                moment(one.created_at, account.renews_at.tzinfo),
                moment(one.expires_at, account.renews_at.tzinfo),
            )
            for one in account.user.reservations.values()
        ],
        right=("RESERVED",),
    )


def _show_sums(period: str, sums: "list[ModelSum]", rates: ExchangeRates) -> None:
    heading(f"{period} by model" if sums else f"Nothing used in {period}")
    if sums:
        table(
            ("MODEL", "REQUESTS", "ERRORS", "PROMPT", "COMPLETION", "CHARGED", "COST"),
            [
                (
                    model,
                    number(one.requests),
                    number(one.errors),
                    number(one.prompt_tokens),
                    number(one.completion_tokens),
                    number(one.charged_tokens),
                    money(one.shown_micros, one.unpriced_requests, local),
                )
                for model, one, local in (
                    (each.model, each.figures, _local(each.figures, period, rates)) for each in sums
                )
            ],
            right=("REQUESTS", "ERRORS", "PROMPT", "COMPLETION", "CHARGED", "COST"),
        )
        whole = total_of(one.figures for one in sums)
        say_rate(whole.shown_micros, _local(whole, period, rates))


def _show_records(records: "list[RecordLine]", zone: tzinfo | None) -> None:
    if not records:
        return
    heading("Last usage")
    table(
        ("TIME", "MODEL", "PROMPT", "COMPLETION", "CHARGED", "STATUS", "OUTCOME", "REQUEST"),
        [
            (
                moment(one.created_at, zone),
                one.model,
                number(one.prompt_tokens),
                number(one.completion_tokens),
                number(one.charged_tokens),
                one.status_code,
                one.outcome + (" (estimated)" if one.estimated else ""),
                one.request_id,
            )
            for one in records
        ],
        right=("PROMPT", "COMPLETION", "CHARGED", "STATUS"),
    )
