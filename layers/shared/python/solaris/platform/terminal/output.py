"""How the command line speaks: tables for people, JSON for programs, errors on one line.

A command that takes `--json` (AsJson) prints one JSON value and nothing else on standard output:
what it says to people meanwhile is not printed. README.md has the shapes.
"""

import errno
import json
import sys
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import date, datetime, tzinfo
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from solaris.platform.exchange import MILLIONTHS, LocalCost
from solaris.platform.money_texts import column_amount, cost_text
from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.language import Texts, language
from solaris.platform.texts import Locale, format_integer

# A pipe has no width; wide enough for every table here.
PIPE_WIDTH = 180
_t = Texts(TEXTS)
# What is yes to a question, in either language.
_YES = frozenset({"s", "sim", "y", "yes"})
_for_programs: ContextVar[bool] = ContextVar("for_programs", default=False)


def _choose(wanted: bool) -> bool:
    _for_programs.set(wanted)
    return wanted


AsJson = Annotated[bool, typer.Option("--json", help=_t.help("json"), callback=_choose)]


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
    """`1234567` as `1.234.567`, in English as `1,234,567`."""
    return format_integer(value, language())


def money(micros: int | None, unpriced: int = 0, local: LocalCost | None = None) -> str:
    """A cost, in CURRENCY where there is a local one; `>=` where `unpriced` are not in the sum."""
    if micros is None:
        return _t("no_price")
    if local is None:
        shown = column_amount(micros, "USD", language())
    else:
        shown = column_amount(local.micros, local.currency, language())
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
        say(_t("cost", cost=cost_text(micros, local, language())))


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
    """Ask on standard error; anything but yes, in either language, raises typer.Abort."""
    asked = _t("question", question=question)
    if typer.prompt(asked, default="", show_default=False, err=True).strip().lower() not in _YES:
        raise typer.Abort


def heading(title: str) -> None:
    """Print the title of what follows, set off by an empty line."""
    if not _for_programs.get():
        typer.echo(f"\n{plain(title)}")


def moment(instant: datetime | None, zone: tzinfo | None) -> str:
    """An instant for people, in the zone of the periods; `nunca` for none."""
    if instant is None:
        return _t("never")
    local = instant.astimezone(zone)
    return f"{day(local)} {local:%H:%M %Z}"


def day(instant: datetime | date, zone: tzinfo | None = None, locale: Locale | None = None) -> str:
    """A day for people: `30/11/2026`, in English `2026-11-30`; without a zone, in its own."""
    local = instant.astimezone(zone) if zone and isinstance(instant, datetime) else instant
    return f"{local:%d/%m/%Y}" if (locale or language()) == "pt-BR" else f"{local:%Y-%m-%d}"


def as_json(value: object) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def yes_no(value: bool) -> str:
    """`sim` or `não`."""
    return _t("yes" if value else "no")


def why_not(error: OSError) -> str:
    """What the disk refuses; in the system's own words where there are no others."""
    name = errno.errorcode.get(error.errno or 0, "")
    said = _t.word("errno", name)
    return said if said != name else error.strerror or str(error)


def fail(message: str) -> None:
    """Print an error, on one line of standard error."""
    typer.echo(f"solaris: {plain(' '.join(message.split()))}", err=True)
