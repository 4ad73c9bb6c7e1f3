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

from solaris.platform.exchange import MILLIONTHS, LocalCost
from solaris.platform.money_texts import column_amount, cost_text

# A pipe has no width; wide enough for every table here.
PIPE_WIDTH = 180
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


def money(micros: int | None, unpriced: int = 0, local: LocalCost | None = None) -> str:
    """A cost, in CURRENCY where there is a local one; `>=` where `unpriced` are not in the sum."""
    if micros is None:
        return "no price"
    if local is None:
        shown = column_amount(micros, "USD", "en")
    else:
        shown = column_amount(local.micros, local.currency, "en")
    return f"{'>= ' if unpriced else ''}{shown}"


def money_json(micros: int | None, local: LocalCost | None) -> dict[str, Any]:
    """The same as the admin API has it; `localCost` only where CURRENCY is not USD."""
    found: dict[str, Any] = {"costMicros": micros}
    if local is not None:
        found["localCost"] = {
            "currency": local.currency,
            "micros": local.micros,
            "rate": None if local.rate is None else local.rate / MILLIONTHS,
            "rateSince": None if local.since is None else local.since.isoformat(),
        }
    return found


def say_rate(micros: int | None, local: LocalCost | None) -> None:
    """What a cost in CURRENCY was made of; nothing where it is in dollars, or not known."""
    if micros is not None and local is not None:
        say(f"Cost: {cost_text(micros, local, 'en')}")


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
