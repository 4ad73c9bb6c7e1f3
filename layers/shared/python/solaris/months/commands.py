"""`solaris reset`: opens the month by hand."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from solaris.months.command_texts import TEXTS
from solaris.months.parts import MonthsParts
from solaris.platform.terminal.environment import open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, console, fail, say
from solaris.quota.completion import addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_t = Texts(TEXTS)


def reset(
    *,
    user: Annotated[
        str,
        typer.Option(metavar="EMAIL", autocompletion=addresses, help=_t.help("reset.user")),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_t.help("reset.dry_run"))] = False,
    json: AsJson = False,
) -> None:
    """Open the current month for every user who is still in an older one."""
    resetter = open_parts(MonthsParts).resetter
    if user:
        was_late = resetter.open_for(user, dry_run=dry_run)
        done = "one.dry" if dry_run else "one.done"
        say(_t(done if was_late else "one.already", user=user, period=resetter.period))
        if json:
            as_json(_to_json(resetter.period, users=1, opened=int(was_late), dry_run=dry_run))
        return
    waiting = resetter.waiting()
    if dry_run:
        say(_t.many("dry", waiting, period=resetter.period))
        if json:
            as_json(_to_json(resetter.period, users=waiting, opened=waiting, dry_run=True))
        return
    with _bar(_t("opening", period=resetter.period), waiting) as tick:
        report = resetter.run(tick=tick)
    if json:
        as_json(
            _to_json(report.period, users=report.users, opened=report.rolled_over, dry_run=False)
            | {"failed": report.failed, "isHeld": report.is_held}
        )
    if report.is_held:
        say(_t.many("held", report.users, period=report.period))
        return
    say(_t.many("open", report.users, period=report.period, opened=report.rolled_over))
    if report.failed:
        fail(_t.many("failed", report.failed))
        raise typer.Exit(1)


def _to_json(period: str, *, users: int, opened: int, dry_run: bool) -> dict[str, object]:
    return {"period": period, "users": users, "opened": opened, "dryRun": dry_run}


@contextmanager
def _bar(what: str, total: int) -> "Iterator[Callable[[int], None]]":
    stderr = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda amount: bar.advance(task, amount)
