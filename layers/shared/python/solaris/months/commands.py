"""`solaris reset`: opens the month by hand."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from solaris.platform.terminal.completion import addresses
from solaris.platform.terminal.environment import open_parts
from solaris.platform.terminal.output import AsJson, as_json, console, fail, number, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def reset(
    *,
    user: Annotated[
        str,
        typer.Option(
            metavar="EMAIL", autocompletion=addresses, help="Only this user instead of everybody."
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Open the current month for every user who is still in an older one.

    The schedule does this on the first of the month, and a user's first request does it for that
    user. Usage and warnings start at zero, additional tokens stay, the closed month is kept. Safe
    to run at any time and as often as you like; a run that was cut short goes on where it was.

    Example: solaris reset --dry-run
    """
    resetter = open_parts().months.resetter
    if user:
        was_late = resetter.open_for(user, dry_run=dry_run)
        verb = "would be opened" if dry_run else "opened"
        say(
            f"{user}: {resetter.period} {verb}"
            if was_late
            else f"{user}: {resetter.period} is open already"
        )
        if json:
            as_json(_to_json(resetter.period, users=1, opened=int(was_late), dry_run=dry_run))
        return
    waiting = resetter.waiting()
    if dry_run:
        say(f"{resetter.period} would be opened for {number(waiting)} users; nothing was changed")
        if json:
            as_json(_to_json(resetter.period, users=waiting, opened=waiting, dry_run=True))
        return
    with _bar(f"opening {resetter.period}", waiting) as tick:
        report = resetter.run(tick=tick)
    if json:
        as_json(
            _to_json(report.period, users=report.users, opened=report.rolled_over, dry_run=False)
            | {"failed": report.failed, "isHeld": report.is_held}
        )
    if report.is_held:
        say(f"another run is at work: {report.period} is open for {number(report.users)} users")
        return
    say(
        f"{report.period} is open for {number(report.users)} users, "
        f"{number(report.rolled_over)} of them by the reset"
    )
    if report.failed:
        fail(f"{number(report.failed)} users could not be read; see the log for their ids")
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
