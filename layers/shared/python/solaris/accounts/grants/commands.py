"""`solaris users`, additional tokens: granted for a term, listed, taken back."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.accounts.change_commands import Email, Reason, show_available, term_word
from solaris.accounts.grants.command_texts import TEXTS
from solaris.accounts.parts import AccountsParts
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, day, number, say, table
from solaris.quota.grant import GrantKind, Term

if TYPE_CHECKING:
    from solaris.accounts.grants.service import GivenGrant

_t = Texts(TEXTS)


def register(app: typer.Typer) -> None:
    """Make these commands of an app."""
    app.command(
        "add-tokens",
        help=_t.help("add_tokens"),
        context_settings={"ignore_unknown_options": True},
    )(add_tokens)
    app.command("grants", help=_t.help("grants"))(grants)
    app.command("void-grant", help=_t.help("void_grant"))(void_grant)


def add_tokens(
    email: Email,
    amount: Annotated[
        int,
        typer.Argument(
            metavar=_t.help("AMOUNT"), parser=tokens_of, help=_t.help("add_tokens.amount")
        ),
    ],
    *,
    reason: Reason,
    this_month: Annotated[
        bool, typer.Option("--this-month", help=_t.help("add_tokens.this_month"))
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(
            metavar=_t.help("DAY"), formats=["%Y-%m-%d"], help=_t.help("add_tokens.until")
        ),
    ] = None,
    until_used: Annotated[
        bool, typer.Option("--until-used", help=_t.help("add_tokens.until_used"))
    ] = False,
    every_month: Annotated[
        bool, typer.Option("--every-month", help=_t.help("add_tokens.every_month"))
    ] = False,
    json: AsJson = False,
) -> None:
    """Grant additional tokens for a term; a negative amount takes some of every month back."""
    term = _term(this_month=this_month, until=until, until_used=until_used, every_month=every_month)
    change = open_parts(AccountsParts).by_email.add_tokens(
        email, amount, term=term, reason=reason, actor=actor()
    )
    before, after = change.before.user, change.after.user
    tokens = {"before": before.additional_tokens, "after": after.additional_tokens}
    say(_t("additional", email=after.email, **tokens))
    if amount > 0:
        ends = "" if term.until is None else day(term.until)
        say(_t(f"granted.{term.kind.value}", amount=amount, until=ends))
    show_available(change, json=json)


def grants(email: Email, *, json: AsJson = False) -> None:
    """List a user's additional tokens, in the order in which they are used."""
    administration = open_parts(AccountsParts).by_email
    found = administration.grants(email)
    if json:
        renews_at = administration.find(email).renews_at
        as_json({"grants": [grant_json(one, renews_at) for one in found]})
        return
    table(
        _t.names("col.id", "col.term", "col.left", "col.granted", "col.actor", "col.reason"),
        [
            (
                one.grant.grant_id,
                term_word(one.grant),
                number(one.grant.tokens),
                number(one.grant.granted_tokens),
                "" if one.row is None else one.row.actor,
                "" if one.row is None else one.row.reason,
            )
            for one in found
        ],
        right=_t.names("col.left", "col.granted"),
    )
    say(_t.many("grants.shown", len(found)))


def void_grant(
    email: Email,
    grant_id: Annotated[str, typer.Argument(metavar=_t.help("ID"), help=_t.help("void_grant.id"))],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Take back what is unused of a grant; what is used of it stays this month's."""
    change = open_parts(AccountsParts).by_email.void_grant(
        email, grant_id, reason=reason, actor=actor()
    )
    before, after = change.before.user, change.after.user
    tokens = {"before": before.additional_tokens, "after": after.additional_tokens}
    say(_t("additional", email=after.email, **tokens))
    show_available(change, json=json)


def grant_json(one: "GivenGrant", renews_at: datetime) -> dict[str, Any]:
    """A grant in the words of the admin API."""
    grant, row = one.grant, one.row
    ends_at = grant.end(renews_at)
    return {
        "id": grant.grant_id,
        "kind": grant.kind.value,
        "tokens": grant.tokens,
        "grantedTokens": grant.granted_tokens,
        "until": grant.until,
        "endsAt": None if ends_at is None else iso_milliseconds(ends_at),
        "createdAt": iso_milliseconds(grant.created_at),
        "reason": None if row is None else row.reason,
        "actor": None if row is None else row.actor,
    }


def _term(*, this_month: bool, until: datetime | None, until_used: bool, every_month: bool) -> Term:
    """The one term that was asked for; without any, every month."""
    asked = [
        kind
        for kind, is_asked in (
            (GrantKind.THIS_MONTH, this_month),
            (GrantKind.UNTIL, until is not None),
            (GrantKind.UNTIL_USED, until_used),
            (GrantKind.EVERY_MONTH, every_month),
        )
        if is_asked
    ]
    if len(asked) > 1:
        raise typer.BadParameter(_t("add_tokens.one_term"))
    kind = asked[0] if asked else GrantKind.EVERY_MONTH
    return Term(kind, None if until is None else until.date())
