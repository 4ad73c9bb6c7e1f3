"""`solaris admins`: who may sign in to the admin site and its API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.platform.actor import Actor, Role
from solaris.platform.email import normalise_email
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.completion import admin_addresses
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.output import AsJson, as_json, moment, say, table
from solaris.sign_in.admin import Admin

if TYPE_CHECKING:
    from solaris.sign_in.admins import Issued

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the admin site and its API.")

Email = Annotated[
    str,
    typer.Argument(
        metavar="EMAIL", autocompletion=admin_addresses, help="The address they sign in with."
    ),
]


@app.command("list")
def list_admins(*, json: AsJson = False) -> None:
    """List admins and viewers by address.

    Example: solaris admins list
    """
    parts = open_parts()
    admins = parts.sign_in.admin_accounts.list()
    if json:
        as_json([_admin_json(one) for one in admins])
        return
    zone = parts.settings.zone
    table(
        ("EMAIL", "NAME", "ROLE", "PASSWORD", "LAST LOGIN"),
        [
            (
                one.email,
                one.name,
                one.role.value,
                "yes" if one.password_hash else "no",
                moment(one.last_login_at, zone),
            )
            for one in admins
        ],
    )
    say(f"{len(admins):,} may sign in")


@app.command()
def create(
    email: Email,
    *,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    role: Annotated[Role, typer.Option(help="A viewer only looks.")] = Role.ADMIN,
    json: AsJson = False,
) -> None:
    """Let somebody sign in; the password is generated and printed, this once.

    Example: solaris admins create ana@example.com --name "Ana Lima" --role viewer
    """
    issued = open_parts().sign_in.admin_accounts.create(_actor(), email, name=name, role=role)
    say(f"created {issued.admin.role.value} {issued.admin.email}")
    _show_password(issued, json=json)


@app.command("set-role")
def set_role(
    email: Email,
    role: Annotated[Role, typer.Argument(help="admin or viewer.")],
    *,
    json: AsJson = False,
) -> None:
    """Change what somebody may do; another role signs them out. The last admin stays one.

    Example: solaris admins set-role ana@example.com viewer
    """
    admin = open_parts().sign_in.admin_accounts.update(_actor(), email, role=role)
    say(f"{admin.email} is {admin.role.value}")
    if json:
        as_json({"admin": _admin_json(admin)})


@app.command("reset-password")
def reset_password(email: Email, *, json: AsJson = False) -> None:
    """Give somebody a new password, printed this once, and end their sessions.

    Example: solaris admins reset-password admin@localhost
    """
    parts = open_parts()
    issued = parts.sign_in.admin_accounts.reset_password(_actor(), email)
    parts.sign_in.signing_in.unlock(issued.admin.email)
    say(f"reset {issued.admin.email}; every session has ended")
    _show_password(issued, json=json)


@app.command()
def remove(email: Email, *, json: AsJson = False) -> None:
    """Let somebody in no more; they are out within five seconds. The last admin stays.

    Example: solaris admins remove ana@example.com
    """
    open_parts().sign_in.admin_accounts.remove(_actor(), email)
    address = normalise_email(email)
    say(f"removed {address}")
    if json:
        as_json({"email": address})


@app.command()
def unlock(email: Email, *, json: AsJson = False) -> None:
    """Forget the failed sign-ins of an address, so that it may try again at once.

    Example: solaris admins unlock ana@example.com
    """
    was_counted = open_parts().sign_in.signing_in.unlock(email)
    address = normalise_email(email)
    say(f"unlocked {address}" if was_counted else f"no failed sign-ins of {address}")
    if json:
        as_json({"email": address, "wasCounted": was_counted})


def _actor() -> Actor:
    return Actor(name=actor())


def _show_password(issued: "Issued", *, json: bool) -> None:
    say("password, shown only now:")
    say(issued.password or "")
    if json:
        as_json({"admin": _admin_json(issued.admin), "password": issued.password})


def _admin_json(admin: Admin) -> dict[str, Any]:
    return {
        "email": admin.email,
        "name": admin.name,
        "role": admin.role.value,
        "hasPassword": admin.password_hash is not None,
        "createdAt": iso_milliseconds(admin.created_at),
        "updatedAt": iso_milliseconds(admin.updated_at),
        "lastLogin": iso_milliseconds(admin.last_login_at) if admin.last_login_at else None,
    }
