"""`solaris`: users, keys and the operation of the gateway from a terminal."""

from typing import Annotated

import typer
from typer.core import TyperGroup

from solaris import __version__
from solaris.accounts import commands as users
from solaris.alerts import commands as mail
from solaris.backup import commands as backup
from solaris.keys import commands as keys
from solaris.months import commands as reset
from solaris.operations import commands as operations
from solaris.platform.errors import SolarisError
from solaris.platform.terminal import completion
from solaris.platform.terminal.environment import searched
from solaris.platform.terminal.output import fail
from solaris.reconciliation import commands as reconcile
from solaris.reports import commands as reports
from solaris.sign_in import commands as admins

MISSING = "ResourceNotFoundException"
NO_CREDENTIALS = "locate credentials"
UNREACHABLE = ("Could not connect", "Connect timeout", "Read timeout")


class _Commands(TyperGroup):
    """Turns the project's errors into one line and exit code 1."""

    def invoke(self, ctx: "typer.Context") -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except SolarisError as error:
            fail(_explained(error))
            raise typer.Exit(1) from error


app = typer.Typer(
    name="solaris",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Token quotas between LibreChat and the models: users, keys and operation.",
    epilog="Example: solaris users show ana@example.com",
)
app.add_typer(users.app, name="users")
app.add_typer(keys.app, name="keys")
app.add_typer(admins.app, name="admins")
app.add_typer(reports.app, name="reports")
app.command("reset")(reset.reset)
app.command("reconcile")(reconcile.reconcile)
app.add_typer(mail.app, name="mail")
app.command("replay")(operations.replay)
app.command("doctor")(operations.doctor)
app.command("init")(operations.init)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("completion")(completion.completion)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"solaris {__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and leave.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Token quotas between LibreChat and the models: users, keys and operation."""


def _explained(error: SolarisError) -> str:
    """What to do about it; first of all, in which directory no system was found."""
    text = str(error) or error.code
    if MISSING in text or "NonExistentQueue" in text:
        hint = "the tables or queues do not exist yet: run `solaris init`"
    elif any(sign in text for sign in UNREACHABLE):
        hint = "the store does not answer; is the system running?"
    elif NO_CREDENTIALS in text:
        hint = "there are no AWS credentials: start the system on this machine, or set AWS_PROFILE"
    else:
        return text
    folder = searched()
    where = f"no system runs in {folder} (SOLARIS_DATA_DIR names another); " if folder else ""
    return f"{where}{hint} ({text})"
