"""`solaris users`: accounts and their quotas."""

from datetime import tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.accounts import change_commands as changes
from solaris.accounts import import_commands as importing
from solaris.accounts import moving_commands as moving
from solaris.accounts import personal_data_commands as personal_data
from solaris.accounts.change_commands import (
    Email,
    plan_word,
    status_word,
    user_json,
    warn_when_blocked,
)
from solaris.accounts.command_texts import TEXTS
from solaris.accounts.daily import commands as daily
from solaris.accounts.grants import commands as granting
from solaris.accounts.parts import AccountsParts
from solaris.ledger.figures import Figures, total_of
from solaris.platform.exchange import ExchangeRates, LocalCost
from solaris.platform.instants import iso_milliseconds
from solaris.platform.model_weight import PLAIN
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts, decimal
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
from solaris.platform.terminal.weight_words import times
from solaris.quota.day_cap import used_tokens
from solaris.quota.grants import live_grants
from solaris.quota.periods import days_in
from solaris.quota.user import Enforcement, LimitSource, Plan, User, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from solaris.ledger.figures import ModelSum
    from solaris.ledger.refused_days import RefusedOf
    from solaris.ledger.reviewing import RecordLine
    from solaris.quota.account import Account

_t = Texts(TEXTS)
app = typer.Typer(no_args_is_help=True, help=_t.help("users"))


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
_QUOTA_COLUMNS = ("col.limit", "col.additional", "col.used", "col.percent", "col.available")
_TOKEN_COLUMNS = ("col.prompt", "col.completion", "col.charged")


@app.command("list", help=_t.help("list"))
def list_users(
    *,
    status: Annotated[UserStatus | None, typer.Option(help=_t.help("list.status"))] = None,
    search: Annotated[str, typer.Option(help=_t.help("list.search"))] = "",
    at_least: Annotated[
        float, typer.Option(min=0, metavar=_t.help("PERCENT"), help=_t.help("list.at_least"))
    ] = 0,
    sort: Annotated[Order, typer.Option(help=_t.help("list.sort"))] = Order.EMAIL,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=_t.help("arg.most"))] = 50,
    json: AsJson = False,
) -> None:
    """List users, with what they have used this month."""
    accounts = open_parts(AccountsParts).by_email.accounts(status, search)
    accounts = [one for one in accounts if one.user.quota.granted_percentage >= at_least]
    if sort is not Order.EMAIL:
        accounts.sort(key=_FIGURES[sort], reverse=True)
    shown = accounts[:limit]
    if json:
        as_json({"users": [user_json(one) for one in shown], "total": len(accounts)})
        return
    table(
        _t.names("col.email", "col.status", "col.plan", *_QUOTA_COLUMNS),
        [
            (
                one.user.email,
                status_word(one.user.status),
                plan_word(one.user.plan),
                number(one.user.monthly_limit),
                number(one.user.additional_tokens),
                number(one.user.current_usage),
                decimal(one.user.quota.granted_percentage, 1),
                number(one.user.quota.available_tokens),
            )
            for one in shown
        ],
        right=_t.names(*_QUOTA_COLUMNS),
    )
    say(_t.many("list.shown", len(accounts), shown=len(shown)))


@app.command(help=_t.help("show"))
def show(email: Email, *, json: AsJson = False) -> None:
    """Show one user: quota, open requests, last usage, this month by model and what was refused."""
    from solaris.ledger.reviewing import last_records, sums_by_model  # noqa: PLC0415 - slow

    parts = open_parts(AccountsParts)
    rates, account = parts.platform.settings.exchange, parts.by_email.find(email)
    user_id, period = account.user.user_id, account.user.period
    records, sums = last_records(user_id), sums_by_model(user_id, period, rates)
    refused = parts.history.refusals(user_id, 31).of_month(period)
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
                "refusals": _refused_json(refused),
            }
        )
        return
    _show_account(account)
    _show_reservations(account)
    _show_sums(period, sums, rates)
    _show_refused(period, refused)
    _show_records(records, account.renews_at.tzinfo)


@app.command(help=_t.help("create"))
def create(
    email: Email,
    *,
    name: Annotated[str, typer.Option(help=_t.help("arg.name"))] = "",
    plan: Annotated[Plan | None, typer.Option(help=_t.help("create.plan"))] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="TOKENS", parser=tokens_of, help=_t.help("arg.plan_limit")),
    ] = None,
    json: AsJson = False,
) -> None:
    """Create a user before their first request."""
    account = open_parts(AccountsParts).by_email.create_user(
        email, actor=actor(), name=name, plan=plan, monthly_limit=limit
    )
    user, renews = account.user, moment(account.renews_at, account.renews_at.tzinfo)
    terms = {"plan": plan_word(user.plan), "limit": user.monthly_limit, "renews": renews}
    say(_t("created", email=user.email, **terms))
    if json:
        as_json({"user": user_json(account)})


app.command("import", help=_t.help("import"))(importing.import_users)
app.command("set-limit", help=_t.help("set_limit"))(changes.set_limit)
app.command("set-plan", help=_t.help("set_plan"))(changes.set_plan)
granting.register(app)
daily.register(app)
app.command("set-enforcement", help=_t.help("set_enforcement"))(changes.set_enforcement)
app.command("reset-usage", help=_t.help("reset_usage"))(changes.reset_usage)
app.command("suspend", help=_t.help("suspend"))(changes.suspend)
app.command("activate", help=_t.help("activate"))(changes.activate)
app.command("transactions", help=_t.help("transactions"))(changes.transactions)
app.command("move", help=_t.help("move"))(moving.move)
app.command("merge", help=_t.help("merge"))(moving.merge)
app.command("release-alias", help=_t.help("release"))(moving.release_alias)
app.command("export-data", help=_t.help("export_data"))(personal_data.export_data)
app.command("delete", help=_t.help("delete"))(personal_data.delete)


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
        "weight": None if record.weight is None else record.weight.times(),
        "heldWeight": None if record.held_weight is None else record.held_weight.times(),
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
        "overLimitRequests": figures.over_limit_requests,
    }


def _show_account(account: "Account") -> None:
    user, quota = account.user, account.user.quota
    percent, zone = _percent(quota.granted_percentage), account.renews_at.tzinfo
    shown = {
        "show.user": f"{user.email}  {user.name}".rstrip(),
        "show.id": user.user_id,
        "show.status": status_word(user.status),
        "show.plan": plan_word(user.plan),
        "show.period": user.period,
        "show.limit": _t(
            f"show.limit_source.{user.limit_source or LimitSource.OWN}", limit=user.monthly_limit
        ),
        "show.additional": number(user.additional_tokens),
        "show.used": _t("show.of_quota", used=user.current_usage, percent=percent),
        "show.reserved": number(user.reserved_tokens),
        "show.available": number(quota.available_tokens),
        "show.renews": moment(account.renews_at, zone),
        "show.last_request": moment(user.last_seen_at, zone),
    }
    rare = {
        "show.enforcement": "" if user.enforcement is Enforcement.BLOCK else _t("show.warned_only"),
        "show.daily_limit": _day_line(user),
        "show.grants": "; ".join(
            f"{number(one.tokens)} {changes.term_word(one)}" for one in live_grants(user)
        ),
        "show.aliases": ", ".join(user.aliases),
        "show.merged_from": ", ".join(user.merged_from),
        "show.merged_into": user.merged_into,
    }
    shown |= {key: value for key, value in rare.items() if value}
    facts((_t(key), value) for key, value in shown.items())
    if account.is_still_closed:
        say(_t("show.still_closed", stored=account.stored_period, period=user.period))
    warn_when_blocked(account)


def _day_line(user: User) -> str:
    cap = user.day_cap
    if cap is None:
        return ""
    tokens = cap.limit.in_force(user.monthly_limit)
    if cap.is_lifted:
        return _t("show.day_lifted", limit=str(cap.limit), tokens=tokens)
    left = max(0, cap.available_tokens)
    return _t("show.day", limit=str(cap.limit), tokens=tokens, used=used_tokens(user), left=left)


def _show_reservations(account: "Account") -> None:
    if not account.user.reservations:
        return
    heading(_t("show.open"))
    table(
        _t.names("col.request", "col.model", "col.reserved", "col.since", "col.expires"),
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
        right=_t.names("col.reserved"),
    )


def _show_sums(period: str, sums: "list[ModelSum]", rates: ExchangeRates) -> None:
    heading(_t("show.by_model" if sums else "show.nothing", period=period))
    columns = ("col.requests", "col.errors", *_TOKEN_COLUMNS, "col.cost")
    if sums:
        table(
            _t.names("col.model", *columns),
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
            right=_t.names(*columns),
        )
        whole = total_of(one.figures for one in sums)
        say_rate(whole.shown_micros, _local(whole, period, rates))


def _show_refused(period: str, refused: "RefusedOf") -> None:
    if refused.counts:
        heading(_t("show.refused", period=period))
        facts((_t.word("refused", code), number(n)) for code, n in refused.counts.items())


def _refused_json(refused: "RefusedOf") -> dict[str, Any]:
    last = [
        {
            "at": iso_milliseconds(one.at),
            "code": one.code,
            "model": one.model,
            "keyId": one.key_id,
        }
        for one in refused.last
    ]
    return {"counts": refused.counts, "last": last}


def _show_records(records: "list[RecordLine]", zone: tzinfo | None) -> None:
    if not records:
        return
    heading(_t("show.last"))
    weighed = ("col.weight",) if any(one.weight is not None for one in records) else ()
    table(
        _t.names(
            *("col.time", "col.model", *_TOKEN_COLUMNS, *weighed),
            *("col.code", "col.outcome", "col.request"),
        ),
        [
            (
                moment(one.created_at, zone),
                one.model,
                number(one.prompt_tokens),
                number(one.completion_tokens),
                number(one.charged_tokens),
                *(times(one.weight or PLAIN) for _ in weighed),
                one.status_code,
                _outcome(one),
                one.request_id,
            )
            for one in records
        ],
        right=_t.names(*_TOKEN_COLUMNS, *weighed, "col.code"),
    )


def _outcome(one: "RecordLine") -> str:
    outcome = _t.word("outcome", one.outcome)
    return _t("show.estimated", outcome=outcome) if one.estimated else outcome


def _percent(value: float) -> str:
    """`1,15`, as many decimals as the figure has."""
    return decimal(value, len(f"{value}".partition(".")[2]))
