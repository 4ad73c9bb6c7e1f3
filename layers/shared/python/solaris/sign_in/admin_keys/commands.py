"""`solaris admin-keys`: what programs call the admin API with."""

from typing import Annotated, Any

import typer

from solaris.platform.access import Scope
from solaris.platform.actor import Actor
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.command_texts import TEXTS as COMMON
from solaris.platform.terminal.completion import completed_by
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, day, moment, say, table
from solaris.sign_in.admin_keys.command_texts import TEXTS
from solaris.sign_in.admin_keys.key import DEFAULT_DAYS, AdminKey, AdminKeyState
from solaris.sign_in.parts import SignInParts

_t, _common = Texts(TEXTS), Texts(COMMON)
app = typer.Typer(no_args_is_help=True, help=_t.help("admin-keys"))


def _active() -> list[str]:
    keys = open_parts(SignInParts).admin_keys
    return [one.key_id for one in keys.list() if keys.state(one) is AdminKeyState.ACTIVE]


@app.command("list", help=_t.help("list"))
def list_admin_keys(*, json: AsJson = False) -> None:
    """List all admin keys, newest first."""
    parts = open_parts(SignInParts)
    keys, zone = parts.admin_keys.list(), parts.platform.settings.zone
    if json:
        as_json([_json(one, parts.admin_keys.state(one)) for one in keys])
        return
    table(
        _t.names(
            *("col.key", "col.prefix", "col.name", "col.scopes", "col.created_by"),
            *("col.last_used", "col.expires", "col.state"),
        ),
        [
            (
                one.key_id,
                f"{one.prefix}…",
                one.name,
                " ".join(one.scope_names),
                one.created_by,
                moment(one.last_used_at, zone),
                day(one.expires_at, zone),
                _t.word("state", parts.admin_keys.state(one).value),
            )
            for one in keys
        ],
    )
    say(_t.many("list.shown", len(keys)))


@app.command(help=_t.help("create"))
def create(
    *,
    scope: Annotated[list[Scope], typer.Option(help=_t.help("create.scope"))],
    name: Annotated[str, typer.Option(help=_t.help("create.name"))] = "",
    note: Annotated[str, typer.Option(help=_t.help("create.note"))] = "",
    expires_in: Annotated[
        int, typer.Option(metavar=_common.help("DAYS"), help=_t.help("create.expires_in"))
    ] = DEFAULT_DAYS,
    json: AsJson = False,
) -> None:
    """Create a key and print it, this once."""
    parts = open_parts(SignInParts)
    issued = parts.admin_keys.create(
        Actor(name=actor()), scope, name=name, note=note, days=expires_in
    )
    until = day(issued.key.expires_at, parts.platform.settings.zone)
    say(_t("created", key=issued.key.key_id, until=until))
    say(issued.secret)
    if json:
        state = parts.admin_keys.state(issued.key)
        as_json({"adminKey": _json(issued.key, state), "key": issued.secret})


@app.command(help=_t.help("revoke"))
def revoke(
    key: Annotated[
        str,
        typer.Argument(
            metavar=_t.help("KEY"),
            autocompletion=completed_by(_active),
            help=_t.help("revoke.key"),
        ),
    ],
    *,
    json: AsJson = False,
) -> None:
    """Refuse a key for good; every process does so within five seconds."""
    parts = open_parts(SignInParts)
    revoked = parts.admin_keys.revoke(Actor(name=actor()), key)
    say(_t("revoked", key=revoked.key_id))
    if json:
        as_json({"adminKey": _json(revoked, parts.admin_keys.state(revoked))})


def _json(key: AdminKey, state: AdminKeyState) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "prefix": key.prefix,
        "name": key.name,
        "note": key.note,
        "scopes": key.scope_names,
        "state": state.value,
        "createdAt": iso_milliseconds(key.created_at),
        "createdBy": key.created_by,
        "expiresAt": iso_milliseconds(key.expires_at),
        "revokedAt": iso_milliseconds(key.revoked_at) if key.revoked_at else None,
        "lastUsedAt": iso_milliseconds(key.last_used_at) if key.last_used_at else None,
    }
