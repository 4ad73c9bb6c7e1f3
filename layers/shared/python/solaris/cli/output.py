"""How the command line speaks: tables for people, JSON for programs, errors on one line.

A command that takes `--json` (AsJson) prints one JSON value and nothing else on standard output:
what it says to people meanwhile is not printed. README.md has the shapes.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A pipe has no width; wide enough for every table here.
PIPE_WIDTH = 180
MICROS = 1_000_000
_for_programs: ContextVar[bool] = ContextVar("for_programs", default=False)


def _choose(wanted: bool) -> bool:
    _for_programs.set(wanted)
    return wanted


AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.", callback=_choose)]


def console(*, stderr: bool = False) -> Console:
    """A console on this moment's stream; without a terminal it is wide and plain."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=stream, width=None if stream.isatty() else PIPE_WIDTH, highlight=False, emoji=False
    )


def plain(value: object) -> str:
    """Text as it may go to a terminal: names and models come from clients."""
    return "".join(c if c.isprintable() else "�" for c in str(value))


def number(value: int) -> str:
    """`1234567` as `1,234,567`."""
    return f"{value:,}"


def money(micros: int | None, unpriced: int = 0) -> str:
    """Micro-dollars as dollars; `>=` where `unpriced` requests are not in the sum."""
    if micros is None:
        return "no price"
    return f"{'>= ' if unpriced else ''}${micros / MICROS:,.4f}"


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table; the columns named in `right` hold figures."""
    if _for_programs.get():
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        justify: Any = "right" if column in right else "left"
        shown.add_column(column, justify=justify, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(plain(cell)) for cell in row))
    console().print(shown)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns."""
    if _for_programs.get():
        return
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in pairs:
        shown.add_row(name, Text(plain(value)))
    console().print(shown)


def say(message: str) -> None:
    """Print one line for people."""
    if not _for_programs.get():
        typer.echo(plain(message))


def block(text: str) -> None:
    """Print lines of ours as they are, to be copied: a snippet."""
    if not _for_programs.get():
        typer.echo(text)


def sure(question: str) -> None:
    """Ask on standard error; anything but yes raises typer.Abort."""
    typer.confirm(question, abort=True, err=True)


def heading(title: str) -> None:
    """Print the title of what follows, set off by an empty line."""
    if not _for_programs.get():
        typer.echo(f"\n{plain(title)}")


def moment(instant: datetime | None, zone: tzinfo | None) -> str:
    """An instant for people, in the zone of the periods."""
    return "never" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def as_json(value: object) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def fail(message: str) -> None:
    """Print an error, on one line of standard error."""
    typer.echo(f"solaris: {plain(' '.join(message.split()))}", err=True)
