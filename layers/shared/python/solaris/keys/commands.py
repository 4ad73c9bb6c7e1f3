"""`solaris keys`: what clients authenticate with."""

from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer

from solaris.keys.key import GatewayKey, KeyKind
from solaris.keys.listing import KeyState, key_state
from solaris.platform.actor import Actor
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.completion import addresses
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.output import AsJson, as_json, block, heading, moment, say, table

app = typer.Typer(no_args_is_help=True, help="Gateway keys: what clients authenticate with.")


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    user: Annotated[
        str | None,
        typer.Option(metavar="EMAIL", autocompletion=addresses, help="Bind the key to one user."),
    ] = None,
    expires_in: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Refuse the key after so many days.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Allow this model only, or `gpt-4*`; may be repeated."),
    ] = None,
    new_user: Annotated[
        bool, typer.Option("--new-user", help="The address may be nobody's yet.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(metavar="N", help="Requests a second with this key at most.")
    ] = None,
    burst: Annotated[
        int | None, typer.Option(metavar="N", help="Requests at once; else two seconds' worth.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Create a key and print it, this once. Without --user it is a service key for LibreChat.

    Example: solaris keys create --name LibreChat --model gpt-4o-mini --model "claude-*"
    """
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
    parts = open_parts()
    issued = parts.keys.management.create(terms, Actor(name=actor()))
    say(f"{issued.key.kind.value} key {issued.key.key_id}, shown only now:")
    say(issued.secret)
    if issued.key.kind is KeyKind.SERVICE:
        heading("For librechat.yaml:")
        block(librechat_snippet(parts.settings))
    if json:
        state = key_state(issued.key, parts.clock())
        as_json({"key": _key_json(issued.key, state), "secret": issued.secret})


@app.command("list")
def list_keys(*, json: AsJson = False) -> None:
    """List all keys, newest first; of a key itself only its beginning is known.

    Example: solaris keys list
    """
    parts = open_parts()
    rows, zone = parts.keys.management.all(), parts.settings.zone
    if json:
        as_json([_key_json(row.key, row.state) for row in rows])
        return
    table(
        ("KEY", "PREFIX", "NAME", "USER", "MODELS", "RATE", "LAST USED", "EXPIRES", "STATE"),
        [
            (
                row.key.key_id,
                f"{row.key.prefix}…",
                row.key.name,
                row.key.user_email or "(service)",
                _models(row.key),
                _rate(row.key),
                moment(row.key.last_used_at, zone),
                _day(row.key.expires_at, zone) if row.key.expires_at else "never",
                row.state.value,
            )
            for row in rows
        ],
    )
    say(f"{len(rows):,} keys")


@app.command()
def revoke(
    key: Annotated[
        str, typer.Argument(metavar="KEY_ID_OR_PREFIX", help="As `solaris keys list` shows it.")
    ],
    *,
    json: AsJson = False,
) -> None:
    """Refuse a key for good; every process does so within five seconds.

    Example: solaris keys revoke key_1f2e3d4c5b6a
    """
    parts = open_parts()
    revoked = parts.keys.management.revoke_named(key, Actor(name=actor())).key
    say(f"revoked {revoked.key_id} ({revoked.name or revoked.prefix + '…'})")
    if json:
        as_json({"key": _key_json(revoked, key_state(revoked, parts.clock()))})


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
    return "any" if key.allowed_models is None else ", ".join(key.allowed_models)


def _rate(key: GatewayKey) -> str:
    if key.rate_limit_per_second is None:
        return "-"
    return f"{key.rate_limit_per_second:g}/s, {key.rate_limit_burst} at once"


def _day(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d}"
