"""`solaris completion`: what a shell needs to complete commands, options and addresses."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]

from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.language import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


def completed_by(emails: "Callable[[], Iterable[str]]") -> "Callable[[str], list[str]]":
    """What completes an address by those that there are; by none where no system answers."""

    def complete(incomplete: str) -> list[str]:
        start = incomplete.casefold()
        try:
            found = [one for one in emails() if one.startswith(start) and _is_plain(one)]
        except Exception:  # noqa: BLE001 - in the middle of a line there is nobody to tell
            return []
        return sorted(found)[:MAX_SHOWN]

    return complete


def _is_plain(email: str) -> bool:
    """Whether a shell takes it for one word and nothing else.

    People choose their addresses, `ana&reboot&@example.com` is one, and bash puts what is offered
    into the line as it is: such an address is to be typed, in quotes.
    """
    return all(
        one.isalnum() or one in _PLAIN_SIGNS or (not one.isascii() and one.isprintable())
        for one in email
    )
