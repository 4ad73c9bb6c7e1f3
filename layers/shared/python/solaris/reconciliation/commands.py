"""`solaris reconcile`: holds the books against their records."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from solaris.platform.terminal.environment import open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    console,
    fail,
    number,
    say,
    table,
    yes_no,
)
from solaris.reconciliation.command_texts import TEXTS
from solaris.reconciliation.parts import ReconciliationParts

if TYPE_CHECKING:
    from solaris.reconciliation.reconciler import Finding, Reconciler, Reconciliation

_t = Texts(TEXTS)
MAX_SHOWN = 200
DAYS = 62
"""Of the system's counters by default: this month and the last."""


def reconcile(
    *,
    user: Annotated[str, typer.Option(metavar="EMAIL", help=_t.help("reconcile.user"))] = "",
    days: Annotated[int, typer.Option(min=0, max=395, help=_t.help("reconcile.days"))] = DAYS,
    repair: Annotated[
        bool,
        typer.Option("--repair", help=_t.help("reconcile.repair")),
    ] = False,
    json: AsJson = False,
) -> None:
    """Hold users, months and counters against the usage records, while the system runs."""
    from solaris.reconciliation.reconciler import Reconciliation  # noqa: PLC0415 - slow

    parts = open_parts(ReconciliationParts)
    reconciler = parts.reconciler
    started_at = parts.platform.clock()
    if user:
        report = reconciler.user(parts.users.named(user).user_id, repair=repair)
    else:
        report = Reconciliation()
        _everybody(reconciler, report, repair=repair)
        today = started_at.astimezone(parts.platform.settings.zone).date()
        if days:
            _system(reconciler, report, today - timedelta(days=days - 1), today, repair=repair)
        if days >= DAYS:
            parts.runner.keep(report, started_at)
    if json:
        as_json(_as_dict(report))
    else:
        _show(report)
    if report.open_findings:
        raise typer.Exit(1)


def _everybody(reconciler: "Reconciler", report: "Reconciliation", *, repair: bool) -> None:
    with _bar() as bar:
        task = bar.add_task(_t("bar.users"), total=None)
        for _ in reconciler.all_users(report, repair=repair):
            bar.update(task, completed=report.users)


def _system(
    reconciler: "Reconciler", report: "Reconciliation", first: date, last: date, *, repair: bool
) -> None:
    with _bar() as bar:
        task = bar.add_task(_t("bar.days"), total=(last - first).days + 1)
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
            _t.names(
                *("col.what", "col.user", "col.where", "col.figure"),
                *("col.expected", "col.found", "col.mended"),
            ),
            [_row(one) for one in report.findings[:MAX_SHOWN]],
            right=_t.names("col.expected", "col.found"),
        )
        for one in report.findings[:MAX_SHOWN]:
            if one.record_keys:
                keys = ", ".join(one.record_keys)
                say(_t("records", place=one.difference.place, keys=keys))
    if len(report.findings) > MAX_SHOWN:
        say(_t("more", n=len(report.findings) - MAX_SHOWN))
    if report.in_motion:
        which = ", ".join(report.in_motion[:10])
        say(_t("in_motion", n=len(report.in_motion), which=which))
    result = _t.many("differ", len(report.findings)) if report.findings else _t("agree")
    people, rows = _t.many("users", report.users), _t.many("records", report.records)
    days = _t.many("days", report.days)
    say(_t("checked", people=people, rows=rows, days=days, result=result))
    if report.open_findings:
        fail(_t.many("stand", report.open_findings))


def _row(finding: "Finding") -> tuple[str, ...]:
    one = finding.difference
    return (
        _t.word("fault", one.fault.value),
        one.user_id or _t("system"),
        one.place,
        _t.word("figure", one.figure),
        number(one.expected),
        number(one.found),
        yes_no(finding.is_mended),
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
