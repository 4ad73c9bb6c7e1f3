"""`solaris backup` and `restore`: all tables to one file and back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from solaris import __version__
from solaris.backup.own_queues import queue_file
from solaris.platform.errors import SolarisError
from solaris.platform.instants import parse_instant
from solaris.platform.logs import configure_logging
from solaris.platform.terminal.environment import load_run_environment, open_parts
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    console,
    facts,
    fail,
    number,
    say,
    sure,
)

if TYPE_CHECKING:
    from solaris.app import Parts
    from solaris.backup.archive import Manifest
    from solaris.backup.backup import BackupReport, Tick

MEGABYTE = 1_000_000
MAX_SHOWN = 20
MAX_WAIT_SECONDS = 3_600.0

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, one compressed file.")]


def backup(
    file: File,
    *,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check a file that is there, restore it into a store of its own, reconcile.",
        ),
    ] = False,
    file_only: Annotated[
        bool, typer.Option("--file-only", help="With --verify: read the file, restore nothing.")
    ] = False,
    wait_seconds: Annotated[
        float,
        typer.Option(
            min=0, max=MAX_WAIT_SECONDS, help="At most so long for requests that are open now."
        ),
    ] = 30.0,
    json: AsJson = False,
) -> None:
    """Write all tables to one file, while the system runs, and read it back.

    The file is of one point in time: every request booked before the start is in it, every one
    that came meanwhile is in it whole or not at all. It holds names, addresses and hashes of
    keys: it is readable by you alone, keep it so.

    Example: solaris backup /var/backups/solaris-2026-11-23.gz
    """
    started = time.monotonic()
    if verify:
        _verify(file, file_only=file_only, json=json)
        return
    if file.exists():
        msg = f"{file} is there already: name another, or remove it"
        raise typer.BadParameter(msg)
    from solaris.backup.backup import BackingUp  # noqa: PLC0415 - slow
    from solaris.platform.clock import now  # noqa: PLC0415 - slow

    parts = open_parts()
    backing_up = BackingUp(
        settings=parts.settings,
        queues=parts.platform.queues,
        clock=now,
        program=f"solaris {__version__}",
        peek=queue_file(parts.settings),
    )
    with _one_line(file), _bar() as tick:
        report = backing_up.run(file, wait_seconds=wait_seconds, tick=tick)
    _note(parts, report)
    _show(report.manifest)
    say(
        f"{file}: {number(report.manifest.items)} items, {report.file_bytes / MEGABYTE:.1f} MB, "
        f"in {time.monotonic() - started:.0f} s, verified"
    )
    _warn(report)
    if json:
        opened = {"fileBytes": report.file_bytes, "openRequests": report.still_open}
        as_json(_to_json(file, report.manifest) | opened)


def _verify(file: Path, *, file_only: bool, json: bool) -> None:
    from solaris.backup.restore import checked  # noqa: PLC0415 - slow

    with _one_line(file), _bar() as tick:
        manifest = checked(file, tick)
    _show(manifest)
    say(f"{file} is whole")
    if file_only:
        if json:
            as_json(_to_json(file, manifest) | {"isRestored": False})
        return
    from solaris.backup.drill import drill  # noqa: PLC0415 - slow

    # the months begin where the system has them begin
    load_run_environment()
    configure_logging("ERROR")
    with _one_line(file), _bar() as tick:
        report, booked = drill(file, manifest, tick)
    if report.findings:
        for one in [finding.difference for finding in report.findings[:MAX_SHOWN]]:
            figures = f"{one.expected} by its records, {one.found} found"
            say(f"{one.fault.value} {one.place} {one.figure}: {figures}")
        fail(f"restored, but {number(len(report.findings))} differences stand in its books")
        raise typer.Exit(1)
    say(
        f"restored and compared; {number(report.users)} users, {number(report.records)} records "
        "reconciled: the books agree"
        + (f", {number(booked)} queued events booked" if booked else "")
    )
    if json:
        as_json(_to_json(file, manifest) | {"isRestored": True, "queuedBooked": booked})


def restore(
    file: File,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Empty the tables first; asks before it does.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    into_stage: Annotated[
        str,
        typer.Option(metavar="STAGE", help="The stage, when it is not the one that was backed up."),
    ] = "",
    json: AsJson = False,
) -> None:
    """Fill the tables from a backup, and compare them with it.

    The file is checked before anything is written. The tables must be empty, or --replace empties
    them. Nobody may use the system meanwhile: stop LibreChat or its access first. A restore that
    was cut short can be run again.

    Example: solaris restore /var/backups/solaris-2026-11-23.gz --replace
    """
    from solaris.backup.restore import Restoring, TablesNotEmptyError, checked  # noqa: PLC0415 - slow

    started = time.monotonic()
    with _one_line(file), _bar() as tick:
        manifest = checked(file, tick)
    parts = open_parts()
    stage, of_stage = parts.settings.solaris_stage, manifest.header.stage
    if into_stage and into_stage != stage:
        fail(f"--into-stage {into_stage}: this is stage {stage} (SOLARIS_STAGE)")
        raise typer.Exit(1)
    if of_stage != stage and not into_stage:
        fail(f"{file} is of stage {of_stage}, this is {stage}: say --into-stage {stage}")
        raise typer.Exit(1)
    restoring = Restoring(
        settings=parts.settings, feed=parts.quota.changes, queues=parts.platform.queues
    )
    filled = restoring.prepare()
    if filled and not replace:
        fail(f"{TablesNotEmptyError(filled)}; --replace empties the tables of stage {stage} first")
        raise typer.Exit(1)
    if filled and not yes:
        say(f"stage {stage} holds: {', '.join(filled)}")
        sure("Delete all of it and restore the backup?")
    with _one_line(file), _bar() as tick:
        restoring.run(file, manifest, replace=replace, tick=tick)
    _show(manifest)
    say(
        f"restored into stage {stage} in {time.monotonic() - started:.0f} s and compared: "
        f"{number(manifest.items)} items"
    )
    say("lists in the admin site are made anew; `solaris reset` opens the month where it is due")
    if json:
        as_json(_to_json(file, manifest) | {"intoStage": stage})


def _to_json(file: Path, manifest: "Manifest") -> dict[str, object]:
    header = manifest.header
    return {
        "file": str(file),
        "stage": header.stage,
        "startedAt": header.started_at,
        "endedAt": manifest.ended_at,
        "program": header.program,
        "items": manifest.items,
        "tables": {name: one.items for name, one in sorted(manifest.tables.items())},
    }


def _note(parts: "Parts", report: "BackupReport") -> None:
    """Keep that it was made, for health and alerts; the file is good whether or not that works."""
    from solaris.backup.store import KeptBackup  # noqa: PLC0415 - slow

    manifest = report.manifest
    at = parse_instant(manifest.header.started_at)
    try:
        parts.backup.log.note(KeptBackup(at, manifest.items, manifest.sha256), parts.clock())
    except SolarisError as error:
        fail(f"the backup is good, but that it was made could not be kept: {error}")


def _show(manifest: "Manifest") -> None:
    header = manifest.header
    facts(
        (
            ("stage", header.stage),
            ("point in time", f"{header.started_at} to {manifest.ended_at}"),
            ("written by", header.program),
            *((name, number(one.items)) for name, one in sorted(manifest.tables.items())),
        )
    )


def _warn(report: "BackupReport") -> None:
    from solaris.backup.queued_events import TABLE as QUEUED  # noqa: PLC0415 - slow

    if report.still_open:
        say(
            f"{number(report.still_open)} requests were still open: they are in the file as open, "
            "and charge their prompt after 15 minutes unless their events still come"
        )
    if report.has_queued:
        waiting = report.manifest.tables[QUEUED].items
        if waiting:
            say(f"{number(waiting)} events that are not booked yet are in the file")
        return
    if report.queued:
        say(f"the usage queue holds about {number(report.queued)} events; they are not in the file")
    if report.dead:
        say(
            f"the dead-letter queue holds about {number(report.dead)} events; they are not in the "
            "file: `solaris replay --from-dlq` books them"
        )


@contextmanager
def _one_line(file: Path) -> Iterator[None]:
    """What the disk refuses, in one line."""
    try:
        yield
    except OSError as error:
        fail(f"{error.filename or file}: {error.strerror or error}")
        raise typer.Exit(1) from error


@contextmanager
def _bar() -> "Iterator[Tick]":
    """One line that says which table, how many items, how many a second."""
    from solaris.backup.backup import TABLES_IN_ALL  # noqa: PLC0415 - slow

    stderr = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task("", total=None)
        current, since = "", time.monotonic()

        def tick(step: str, table: int, items: int) -> None:
            nonlocal current, since
            if step != current:
                current, since = step, time.monotonic()
            rate = items / max(time.monotonic() - since, 0.001)
            of = f"table {table} of {TABLES_IN_ALL}"
            bar.update(task, description=f"{of}: {step}, {number(items)} ({rate:,.0f}/s)")

        yield tick
