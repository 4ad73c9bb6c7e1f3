"""`solaris keys`: what clients authenticate with."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from solaris.cli.environment import open_wiring
from solaris.cli.output import as_json, heading, say, table
from solaris.domain.keys import GatewayKey, KeyKind
from solaris.domain.usage import iso_milliseconds

app = typer.Typer(no_args_is_help=True, help="Gateway keys: what clients authenticate with.")


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    user: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Bind the key to one user.")
    ] = None,
    expires_in: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Refuse the key after so many days.")
    ] = None,
) -> None:
    """Create a key and print it, this once. Without --user it is a service key for LibreChat.

    Example: solaris keys create --name LibreChat
    """
    from solaris.services.initialising import librechat_snippet  # noqa: PLC0415 - slow

    wiring = open_wiring()
    issued = wiring.administration.create_key(name, user_email=user, days=expires_in)
    say(f"{issued.key.kind.value} key {issued.key.key_id}, shown only now:")
    typer.echo(issued.secret)
    if issued.key.kind is KeyKind.SERVICE:
        heading("For librechat.yaml:")
        typer.echo(librechat_snippet(wiring.settings))


@app.command("list")
def list_keys(
    *, json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False
) -> None:
    """List all keys, newest first; of a key itself only its beginning is known.

    Example: solaris keys list
    """
    keys = open_wiring().administration.keys()
    now = datetime.now(UTC)
    if json:
        as_json([_key_json(key, now) for key in keys])
        return
    table(
        ("KEY", "PREFIX", "NAME", "KIND", "USER", "CREATED", "EXPIRES", "STATE"),
        [
            (
                key.key_id,
                f"{key.prefix}…",
                key.name,
                key.kind.value,
                key.user_email or "",
                _day(key.created_at),
                _day(key.expires_at) if key.expires_at else "never",
                _state(key, now),
            )
            for key in keys
        ],
    )
    say(f"{len(keys):,} keys")


@app.command()
def revoke(
    key: Annotated[
        str, typer.Argument(metavar="KEY_ID_OR_PREFIX", help="As `solaris keys list` shows it.")
    ],
) -> None:
    """Refuse a key for good; every process does so within five seconds.

    Example: solaris keys revoke key_1f2e3d4c5b6a
    """
    revoked = open_wiring().administration.revoke_key(key)
    say(f"revoked {revoked.key_id} ({revoked.name or revoked.prefix + '…'})")


def _key_json(key: GatewayKey, now: datetime) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "prefix": key.prefix,
        "name": key.name,
        "kind": key.kind.value,
        "userEmail": key.user_email,
        "createdAt": iso_milliseconds(key.created_at),
        "expiresAt": iso_milliseconds(key.expires_at) if key.expires_at else None,
        "revokedAt": iso_milliseconds(key.revoked_at) if key.revoked_at else None,
        "state": _state(key, now),
    }


def _state(key: GatewayKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.is_valid(now) else "expired"


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"
