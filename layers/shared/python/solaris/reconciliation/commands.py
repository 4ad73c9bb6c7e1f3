"""`solaris reconcile`: holds the books against their records."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from solaris.platform.terminal.environment import open_parts
from solaris.platform.terminal.output import AsJson, as_json, console, fail, number, say, table

if TYPE_CHECKING:
    from solaris.reconciliation.reconciler import Finding, Reconciler, Reconciliation

MAX_SHOWN = 200
DAYS = 62
"""Of the system's counters by default: this month and the last."""


def reconcile(
    *,
    user: Annotated[
        str, typer.Option(metavar="EMAIL", help="Only this user instead of everybody.")
    ] = "",
    days: Annotated[
        int, typer.Option(min=0, max=395, help="How many days of the system's counters to check.")
    ] = DAYS,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Put sums right by their records, with a row for each."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Hold users, months and counters against the usage records, while the system runs.

    Every difference is listed with the records behind it; exit code 1 if one stands. Only sums
    are ever mended, never a record. A run over everybody and all these days is what the admin
    site and the metrics show from then on.

    Example: solaris reconcile --user ana@example.com
    """
    from solaris.reconciliation.reconciler import Reconciliation  # noqa: PLC0415 - slow

    parts = open_parts()
    reconciler = parts.reconciliation.reconciler
    started_at = parts.clock()
    if user:
        report = reconciler.user(parts.accounts.by_email.find(user).user.user_id, repair=repair)
    else:
        report = Reconciliation()
        _everybody(reconciler, report, repair=repair)
        today = started_at.astimezone(parts.settings.zone).date()
        if days:
            _system(reconciler, report, today - timedelta(days=days - 1), today, repair=repair)
        if days >= DAYS:
            parts.reconciliation.runner.keep(report, started_at)
    if json:
        as_json(_as_dict(report))
    else:
        _show(report)
    if report.open_findings:
        raise typer.Exit(1)


def _everybody(reconciler: "Reconciler", report: "Reconciliation", *, repair: bool) -> None:
    with _bar() as bar:
        task = bar.add_task("users", total=None)
        for _ in reconciler.all_users(report, repair=repair):
            bar.update(task, completed=report.users)


def _system(
    reconciler: "Reconciler", report: "Reconciliation", first: date, last: date, *, repair: bool
) -> None:
    with _bar() as bar:
        task = bar.add_task("days", total=(last - first).days + 1)
        for _ in reconciler.system_days(report, first, last, repair=repair):
            bar.advance(task)


def _bar() -> Progress:
    stderr = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal)


def _show(report: "Reconciliation") -> None:
    if report.findings:
        table(
            ("WHAT", "USER", "WHERE", "FIGURE", "BY RECORDS", "FOUND", "MENDED"),
            [_row(one) for one in report.findings[:MAX_SHOWN]],
            right=("BY RECORDS", "FOUND"),
        )
        for one in report.findings[:MAX_SHOWN]:
            if one.record_keys:
                say(f"{one.difference.place}: records {', '.join(one.record_keys)}")
    if len(report.findings) > MAX_SHOWN:
        say(f"and {number(len(report.findings) - MAX_SHOWN)} more (--json lists all)")
    if report.in_motion:
        say(
            f"{number(len(report.in_motion))} could not be compared, they changed all the time: "
            f"{', '.join(report.in_motion[:10])}; run it again later"
        )
    say(
        f"{number(report.users)} users, {number(report.records)} records and "
        f"{number(report.days)} days checked: "
        + (f"{number(len(report.findings))} differences" if report.findings else "the books agree")
    )
    if report.open_findings:
        fail(f"{number(report.open_findings)} differences stand")


def _row(finding: "Finding") -> tuple[str, ...]:
    one = finding.difference
    return (
        one.fault.value,
        one.user_id or "system",
        one.place,
        one.figure,
        number(one.expected),
        number(one.found),
        "yes" if finding.is_mended else "no",
    )


def _as_dict(report: "Reconciliation") -> dict[str, object]:
    return {
        "users": report.users,
        "records": report.records,
        "days": report.days,
        "inMotion": report.in_motion,
        "findings": [
            {
                **{_camel(key): value for key, value in asdict(one.difference).items()},
                "recordKeys": one.record_keys,
                "isMended": one.is_mended,
            }
            for one in report.findings
        ],
    }


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
