"""`solaris keys`: what clients authenticate with."""

from datetime import tzinfo
from typing import Annotated, Any

import typer

from solaris.keys.command_texts import TEXTS
from solaris.keys.key import GatewayKey, KeyKind
from solaris.keys.listing import KeyState, key_state
from solaris.keys.parts import KeysParts
from solaris.platform.actor import Actor
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.command_texts import TEXTS as COMMON
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts, decimal
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    block,
    day,
    heading,
    moment,
    number,
    say,
    table,
)
from solaris.quota.completion import addresses

_t, _common = Texts(TEXTS), Texts(COMMON)
app = typer.Typer(no_args_is_help=True, help=_t.help("keys"))


@app.command(help=_t.help("create"))
def create(
    *,
    name: Annotated[str, typer.Option(help=_t.help("create.name"))] = "",
    user: Annotated[
        str | None,
        typer.Option(metavar="EMAIL", autocompletion=addresses, help=_t.help("create.user")),
    ] = None,
    expires_in: Annotated[
        int | None, typer.Option(metavar=_common.help("DAYS"), help=_t.help("create.expires_in"))
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar=_common.help("NAME"), help=_t.help("create.model")),
    ] = None,
    new_user: Annotated[bool, typer.Option("--new-user", help=_t.help("create.new_user"))] = False,
    rate: Annotated[float | None, typer.Option(metavar="N", help=_t.help("create.rate"))] = None,
    burst: Annotated[int | None, typer.Option(metavar="N", help=_t.help("create.burst"))] = None,
    json: AsJson = False,
) -> None:
    """Create a key and print it, this once. Without --user it is a service key for LibreChat."""
    from solaris.keys.management import KeyTerms  # noqa: PLC0415 - slow
    from solaris.keys.snippet import librechat_snippet  # noqa: PLC0415 - slow

    terms = KeyTerms(
        name=name,
        user_email=user,
        days=expires_in,
        allowed_models=model or None,
        rate_limit_per_second=rate,
        rate_limit_burst=burst,
        new_user=new_user,
    )
    parts = open_parts(KeysParts)
    issued = parts.management.create(terms, Actor(name=actor()))
    say(_t(f"created.{issued.key.kind.value}", key=issued.key.key_id))
    say(issued.secret)
    if issued.key.kind is KeyKind.SERVICE:
        heading(_t("snippet"))
        settings = parts.platform.settings
        block(
            librechat_snippet(
                settings.own_address,
                group_headers=settings.identity_group_headers,
                token_header=settings.oidc_token_header,
                where=_t("snippet.where"),
            )
        )
    if json:
        state = key_state(issued.key, parts.platform.clock())
        as_json({"key": _key_json(issued.key, state), "secret": issued.secret})


@app.command("list", help=_t.help("list"))
def list_keys(*, json: AsJson = False) -> None:
    """List all keys, newest first; of a key itself only its beginning is known."""
    parts = open_parts(KeysParts)
    rows, zone = parts.management.all(), parts.platform.settings.zone
    if json:
        as_json([_key_json(row.key, row.state) for row in rows])
        return
    table(
        _t.names(
            *("col.key", "col.prefix", "col.name", "col.user", "col.models"),
            *("col.rate", "col.last_used", "col.expires", "col.state"),
        ),
        [
            (
                row.key.key_id,
                f"{row.key.prefix}…",
                row.key.name,
                row.key.user_email or _t("list.service"),
                _models(row.key),
                _rate(row.key),
                moment(row.key.last_used_at, zone),
                _expiry(row.key, zone),
                _t.word("state", row.state.value),
            )
            for row in rows
        ],
    )
    say(_t.many("list.shown", len(rows)))


@app.command(help=_t.help("revoke"))
def revoke(
    key: Annotated[str, typer.Argument(metavar=_t.help("KEY"), help=_t.help("revoke.key"))],
    *,
    json: AsJson = False,
) -> None:
    """Refuse a key for good; every process does so within five seconds."""
    parts = open_parts(KeysParts)
    revoked = parts.management.revoke_named(key, Actor(name=actor())).key
    say(_t("revoked", key=revoked.key_id, name=revoked.name or f"{revoked.prefix}…"))
    if json:
        as_json({"key": _key_json(revoked, key_state(revoked, parts.platform.clock()))})


def _key_json(key: GatewayKey, state: KeyState) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "prefix": key.prefix,
        "name": key.name,
        "kind": key.kind.value,
        "userEmail": key.user_email,
        "allowedModels": None if key.allowed_models is None else [*key.allowed_models],
        "rateLimitPerSecond": key.rate_limit_per_second,
        "rateLimitBurst": key.rate_limit_burst,
        "createdAt": iso_milliseconds(key.created_at),
        "createdBy": key.created_by,
        "expiresAt": iso_milliseconds(key.expires_at) if key.expires_at else None,
        "revokedAt": iso_milliseconds(key.revoked_at) if key.revoked_at else None,
        "lastUsedAt": iso_milliseconds(key.last_used_at) if key.last_used_at else None,
        "state": state.value,
    }


def _models(key: GatewayKey) -> str:
    return _t("list.any") if key.allowed_models is None else ", ".join(key.allowed_models)


def _rate(key: GatewayKey) -> str:
    if key.rate_limit_per_second is None:
        return "-"
    rate = key.rate_limit_per_second
    shown = (
        number(int(rate))
        if rate == int(rate)
        else decimal(rate, len(f"{rate:g}".partition(".")[2]))
    )
    return _t("list.rate", rate=shown, burst=key.rate_limit_burst or 0)


def _expiry(key: GatewayKey, zone: tzinfo) -> str:
    return moment(None, zone) if key.expires_at is None else day(key.expires_at, zone)
