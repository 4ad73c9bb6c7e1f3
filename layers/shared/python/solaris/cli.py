"""`solaris`: users, keys and the operation of the gateway from a terminal."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from solaris import __version__
from solaris import app as system
from solaris.accounts import commands as users
from solaris.accounts.groups import commands as groups
from solaris.accounts.plans import commands as plans
from solaris.accounts.token_requests import commands as requests
from solaris.alerts import commands as mail
from solaris.alerts.desk import commands as alerts
from solaris.backup import commands as backup
from solaris.backup.command_texts import TEXTS as BACKUP
from solaris.channels import commands as channels
from solaris.keys import commands as keys
from solaris.months import commands as reset
from solaris.months.command_texts import TEXTS as MONTHS
from solaris.operations import commands as operations
from solaris.operations.command_texts import TEXTS as OPERATIONS
from solaris.platform.errors import SolarisError
from solaris.platform.terminal import completion, typer_words
from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.environment import parts_made_by, searched
from solaris.platform.terminal.error_texts import told
from solaris.platform.terminal.language import OPTION, Language, Texts, choose
from solaris.platform.terminal.output import fail
from solaris.reconciliation import commands as reconcile
from solaris.reconciliation.command_texts import TEXTS as RECONCILIATION
from solaris.reports import commands as reports
from solaris.sign_in import commands as admins
from solaris.sign_in.admin_keys import commands as admin_keys
from solaris.weights import commands as models

_t = Texts(TEXTS)
_backup, _months = Texts(BACKUP), Texts(MONTHS)
_operations, _reconciliation = Texts(OPERATIONS), Texts(RECONCILIATION)
MISSING = "ResourceNotFoundException"
NO_CREDENTIALS = "locate credentials"
UNREACHABLE = ("Could not connect", "Connect timeout", "Read timeout")


class _Commands(TyperGroup):
    """Speaks the language that is asked for; turns the project's errors into a line and code 1."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **named: Any) -> Any:
        """Take the language, put every help into it, run."""
        arguments = sys.argv[1:] if args is None else list(args)
        choose(arguments)
        typer_words.translate(self)
        return super().main(arguments, *more, **named)

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Say in that language what is wrong before the command."""
        try:
            return super().make_context(*given, **named)
        except typer.TyperException as error:
            raise typer_words.translated(error) from error

    def invoke(self, ctx: "typer.Context") -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except SolarisError as error:
            fail(_explained(error))
            raise typer.Exit(1) from error
        except typer.TyperException as error:
            raise typer_words.translated(error) from error
        except typer.Abort:
            typer_words.speak()
            raise


app = typer.Typer(
    name="solaris",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help=_t.help("solaris"),
    epilog=_t.help("solaris.example"),
)
app.add_typer(users.app, name="users")
app.add_typer(plans.app, name="plans")
app.add_typer(groups.app, name="groups")
app.add_typer(requests.app, name="requests")
app.add_typer(keys.app, name="keys")
app.add_typer(admins.app, name="admins")
app.add_typer(admin_keys.app, name="admin-keys")
app.add_typer(reports.app, name="reports")
app.add_typer(models.app, name="models")
app.command("reset", help=_months.help("reset"))(reset.reset)
app.command("reconcile", help=_reconciliation.help("reconcile"))(reconcile.reconcile)
app.add_typer(alerts.app, name="alerts")
app.add_typer(mail.app, name="mail")
app.add_typer(channels.app, name="channels")
app.command("replay", help=_operations.help("replay"))(operations.replay)
app.command("doctor", help=_operations.help("doctor"))(operations.doctor)
app.command("init", help=_operations.help("init"))(operations.init)
app.command("backup", help=_backup.help("backup"))(backup.backup)
app.command("restore", help=_backup.help("restore"))(backup.restore)
app.command("completion", help=_t.help("completion"))(completion.completion)

parts_made_by(system.Parts)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"solaris {__version__}")
        raise typer.Exit


@app.callback(help=_t.help("solaris"))
def main(
    *,
    _lang: Annotated[Language | None, typer.Option(OPTION, help=_t.help("lang"))] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", help=_t.help("version"), callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Token quotas between LibreChat and the models: users, keys and operation."""


def _explained(error: SolarisError) -> str:
    """What to do about it; first of all, in which directory no system was found."""
    text = str(error)
    if MISSING in text or "NonExistentQueue" in text:
        hint = "not_there"
    elif any(sign in text for sign in UNREACHABLE):
        hint = "silent"
    elif NO_CREDENTIALS in text:
        hint = "no_credentials"
    else:
        return told(error)
    folder = searched()
    where = _t("nothing_runs", folder=folder) if folder else ""
    return f"{where}{_t(hint)} ({text})"
