"""`solaris completion`: what a shell needs to complete commands, options and addresses."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]

from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.environment import open_parts
from solaris.platform.terminal.language import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAM = "solaris"
MAX_SHOWN = 50
# The shell asks the program itself what may follow, by this variable.
VARIABLE = f"_{PROGRAM.upper()}_COMPLETE"
# For bash an @ ends a word, and what follows it would be completed as a word of its own.
_BASH_WORDS = "COMP_WORDBREAKS=${COMP_WORDBREAKS//@}\n"
_t = Texts(TEXTS)
_PLAIN_SIGNS = frozenset("@.+-_")


class Shell(StrEnum):
    """Whose completion it is."""

    BASH = "bash"
    ZSH = "zsh"


def completion(shell: Annotated[Shell, typer.Argument(help=_t.help("completion.shell"))]) -> None:
    """Print what makes a shell complete commands, options and addresses of users."""
    script = get_completion_script(
        prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value
    ).strip()
    typer.echo((_BASH_WORDS if shell is Shell.BASH else "") + script)


def addresses(incomplete: str) -> list[str]:
    """Addresses of users that begin so; none where no system answers."""
    try:
        found = open_parts().accounts.by_email.accounts(None, incomplete)
    except Exception:  # noqa: BLE001 - in the middle of a line there is nobody to tell
        return []
    return _beginning(incomplete, (one.user.email for one in found))


def admin_addresses(incomplete: str) -> list[str]:
    """Addresses of who may sign in that begin so; none where no system answers."""
    try:
        found = open_parts().sign_in.admin_accounts.list()
    except Exception:  # noqa: BLE001 - see addresses
        return []
    return _beginning(incomplete, (one.email for one in found))


def _beginning(incomplete: str, emails: "Iterable[str]") -> list[str]:
    start = incomplete.casefold()
    return sorted(one for one in emails if one.startswith(start) and _is_plain(one))[:MAX_SHOWN]


def _is_plain(email: str) -> bool:
    """Whether a shell takes it for one word and nothing else.

    People choose their addresses, `ana&reboot&@example.com` is one, and bash puts what is offered
    into the line as it is: such an address is to be typed, in quotes.
    """
    return all(
        one.isalnum() or one in _PLAIN_SIGNS or (not one.isascii() and one.isprintable())
        for one in email
    )
