"""`solaris admins`: who may sign in to the admin site and its API."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.platform.actor import Actor, Role
from solaris.platform.email import normalise_email
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.completion import completed_by
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, moment, say, table, yes_no
from solaris.sign_in.admin import Admin
from solaris.sign_in.command_texts import TEXTS
from solaris.sign_in.parts import SignInParts

if TYPE_CHECKING:
    from solaris.sign_in.admins import Issued

_t = Texts(TEXTS)
app = typer.Typer(no_args_is_help=True, help=_t.help("admins"))


def _known() -> list[str]:
    return [one.email for one in open_parts(SignInParts).admin_accounts.list()]


Email = Annotated[
    str,
    typer.Argument(metavar="EMAIL", autocompletion=completed_by(_known), help=_t.help("arg.email")),
]


@app.command("list", help=_t.help("list"))
def list_admins(*, json: AsJson = False) -> None:
    """List who may sign in, by address."""
    parts = open_parts(SignInParts)
    admins = parts.admin_accounts.list()
    if json:
        as_json([_admin_json(one) for one in admins])
        return
    zone = parts.platform.settings.zone
    table(
        _t.names("col.email", "col.name", "col.role", "col.password", "col.last_login"),
        [
            (
                one.email,
                one.name,
                _role(one.role),
                yes_no(bool(one.password_hash)),
                moment(one.last_login_at, zone),
            )
            for one in admins
        ],
    )
    say(_t.many("list.shown", len(admins)))


@app.command(help=_t.help("create"))
def create(
    email: Email,
    *,
    name: Annotated[str, typer.Option(help=_t.help("arg.name"))] = "",
    role: Annotated[Role, typer.Option(help=_t.help("create.role"))] = Role.ADMIN,
    json: AsJson = False,
) -> None:
    """Let somebody sign in; the password is generated and printed, this once."""
    issued = open_parts(SignInParts).admin_accounts.create(_actor(), email, name=name, role=role)
    say(_t("created", role=_role(issued.admin.role), email=issued.admin.email))
    _show_password(issued, json=json)


@app.command("set-role", help=_t.help("set_role"))
def set_role(
    email: Email,
    role: Annotated[Role, typer.Argument(help=_t.help("set_role.role"))],
    *,
    json: AsJson = False,
) -> None:
    """Change what somebody may do; another role signs them out. The last admin stays one."""
    admin = open_parts(SignInParts).admin_accounts.update(_actor(), email, role=role)
    say(_t("role", email=admin.email, role=_role(admin.role)))
    if json:
        as_json({"admin": _admin_json(admin)})


@app.command("reset-password", help=_t.help("reset_password"))
def reset_password(email: Email, *, json: AsJson = False) -> None:
    """Give somebody a new password, printed this once, and end their sessions."""
    parts = open_parts(SignInParts)
    issued = parts.admin_accounts.reset_password(_actor(), email)
    parts.signing_in.unlock(issued.admin.email)
    say(_t("reset", email=issued.admin.email))
    _show_password(issued, json=json)


@app.command(help=_t.help("remove"))
def remove(email: Email, *, json: AsJson = False) -> None:
    """Let somebody in no more; they are out within five seconds. The last admin stays."""
    open_parts(SignInParts).admin_accounts.remove(_actor(), email)
    address = normalise_email(email)
    say(_t("removed", email=address))
    if json:
        as_json({"email": address})


@app.command(help=_t.help("unlock"))
def unlock(email: Email, *, json: AsJson = False) -> None:
    """Forget the failed sign-ins of an address, so that it may try again at once."""
    was_counted = open_parts(SignInParts).signing_in.unlock(email)
    address = normalise_email(email)
    say(_t("unlocked" if was_counted else "not_locked", email=address))
    if json:
        as_json({"email": address, "wasCounted": was_counted})


def _role(role: Role) -> str:
    return _t.word("role", role.value)


def _actor() -> Actor:
    return Actor(name=actor())


def _show_password(issued: "Issued", *, json: bool) -> None:
    say(_t("password"))
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
