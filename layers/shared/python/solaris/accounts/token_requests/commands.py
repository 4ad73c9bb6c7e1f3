"""`solaris requests`: who asks for more tokens, and what is decided."""

from typing import Annotated, Any

import typer

from solaris.accounts.change_commands import Email
from solaris.accounts.parts import AccountsParts
from solaris.accounts.token_requests.command_texts import TEXTS
from solaris.accounts.token_requests.request import RequestState, TokenRequest
from solaris.platform.actor import Actor
from solaris.platform.email import normalise_email
from solaris.platform.errors import NotFoundError
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, moment, number, say, table

_t = Texts(TEXTS)
app = typer.Typer(no_args_is_help=True, help=_t.help("requests"))

Note = Annotated[str, typer.Option(help=_t.help("note"))]


@app.command("list", help=_t.help("list"))
def list_requests(
    *,
    state: Annotated[RequestState, typer.Option(help=_t.help("list.state"))] = RequestState.PENDING,
    limit: Annotated[int, typer.Option(min=1, max=200, help=_t.help("list.limit"))] = 50,
    json: AsJson = False,
) -> None:
    """List this month's requests, newest first."""
    from solaris.accounts.token_requests.listing import stored_in  # noqa: PLC0415 - slow

    parts = open_parts(AccountsParts)
    where = stored_in(state, None, parts.token_requests.period())
    found = [] if where is None else parts.request_lists.page(*where, limit, None, None).items
    if json:
        from solaris.accounts.token_requests.schemas import TokenRequestOut  # noqa: PLC0415 - slow

        groups = parts.plan_store.recent().in_groups
        names = [groups.get(one.account.user.group_id) for one in found]
        rows = [
            TokenRequestOut.about(one, None if group is None else group.name)
            for one, group in zip(found, names, strict=True)
        ]
        as_json([row.model_dump(mode="json", by_alias=True) for row in rows])
        return
    if not found:
        say(_t("nothing"))
        return
    zone = parts.platform.settings.zone
    table(
        _t.names("col.email", "col.tokens", "col.available", "col.when", "col.state", "col.reason"),
        [
            (
                one.account.user.email,
                number(one.request.tokens),
                number(one.account.user.available_tokens),
                moment(one.request.created_at, zone),
                _t.word("state", one.request.state_in(one.account.user.period).value),
                one.request.reason,
            )
            for one in found
        ],
        right=_t.names("col.tokens", "col.available"),
    )


@app.command(help=_t.help("approve"))
def approve(
    email: Email,
    tokens: Annotated[
        int | None,
        typer.Argument(metavar="TOKENS", parser=tokens_of, help=_t.help("approve.tokens")),
    ] = None,
    *,
    note: Note = "",
    json: AsJson = False,
) -> None:
    """Grant what the person has asked for, or another amount, for this month."""
    from solaris.accounts.token_requests.service import Approval  # noqa: PLC0415 - slow

    parts = open_parts(AccountsParts)
    request = _pending(parts, email)
    decided = parts.token_requests.approve(
        request.user_id,
        request.request_id,
        Approval(tokens, note=note),
        actor=Actor(name=actor()),
        check=lambda _user, _now: None,
    )
    figures = {"tokens": decided.tokens, "granted": decided.granted_tokens or 0}
    say(_t("approved", email=normalise_email(email), **figures))
    _show(decided, json=json)


@app.command(help=_t.help("deny"))
def deny(email: Email, *, note: Note = "", json: AsJson = False) -> None:
    """Deny the person's open request."""
    parts = open_parts(AccountsParts)
    request = _pending(parts, email)
    decided = parts.token_requests.deny(
        request.user_id, request.request_id, note, actor=Actor(name=actor())
    )
    say(_t("denied", email=normalise_email(email), tokens=decided.tokens))
    _show(decided, json=json)


@app.command(help=_t.help("policy"))
def policy(
    *,
    on: Annotated[bool | None, typer.Option("--on/--off", help=_t.help("policy.on"))] = None,
    automatic: Annotated[
        int | None,
        typer.Option(metavar="TOKENS", parser=tokens_of, help=_t.help("policy.automatic")),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show, or change, whether people may ask and how much they get at once."""
    from dataclasses import replace  # noqa: PLC0415 - for this command alone

    policies = open_parts(AccountsParts).request_policies
    stated = policies.read()
    wanted = stated.policy
    if on is not None:
        wanted = replace(wanted, is_on=on)
    if automatic is not None:
        wanted = replace(wanted, automatic_tokens=max(0, automatic))
    stated = policies.change(
        wanted, version=stated.document.version, actor=Actor(name=actor()), reason=""
    )
    found = stated.policy
    say(_t("policy.is_on" if found.is_on else "policy.is_off", automatic=found.automatic_tokens))
    if json:
        as_json({"isOn": found.is_on, "automaticTokens": found.automatic_tokens})


def _pending(parts: AccountsParts, email: str) -> TokenRequest:
    """The open request of a user. Raises NotFoundError."""
    user = parts.by_email.find(email).user
    last, _ = parts.token_requests.standing(user)
    if last is None or last.state_in(user.period) is not RequestState.PENDING:
        raise NotFoundError(_t("none_pending", email=user.email))
    return last


def _show(request: TokenRequest, *, json: bool) -> None:
    if not json:
        return
    from solaris.accounts.token_requests.schemas import OwnRequest  # noqa: PLC0415 - slow

    shown: Any = OwnRequest.of(request, request.period).model_dump(mode="json", by_alias=True)
    as_json(shown)
