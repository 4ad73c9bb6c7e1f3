"""`solaris backup` and `restore`: all tables to one file and back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from solaris import __version__
from solaris.backup.command_texts import TEXTS
from solaris.backup.parts import BackupParts
from solaris.platform.errors import SolarisError
from solaris.platform.instants import parse_instant
from solaris.platform.logs import configure_logging
from solaris.platform.terminal.command_texts import TEXTS as COMMON
from solaris.platform.terminal.environment import load_run_environment, open_parts
from solaris.platform.terminal.error_texts import told
from solaris.platform.terminal.language import Texts, decimal
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    console,
    facts,
    fail,
    number,
    say,
    sure,
    why_not,
)
from solaris.reconciliation.command_texts import TEXTS as RECONCILIATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solaris.backup.archive import Manifest
    from solaris.backup.backup import BackupReport, Tick
    from solaris.backup.queued_events import Peek
    from solaris.platform.settings import Settings

_t, _common, _reconciliation = Texts(TEXTS), Texts(COMMON), Texts(RECONCILIATION)
MEGABYTE = 1_000_000
MAX_SHOWN = 20
MAX_WAIT_SECONDS = 3_600.0

File = Annotated[Path, typer.Argument(metavar=_common.help("FILE"), help=_t.help("arg.file"))]


def backup(
    file: File,
    *,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help=_t.help("backup.verify"),
        ),
    ] = False,
    file_only: Annotated[
        bool, typer.Option("--file-only", help=_t.help("backup.file_only"))
    ] = False,
    wait_seconds: Annotated[
        float,
        typer.Option(min=0, max=MAX_WAIT_SECONDS, help=_t.help("backup.wait")),
    ] = 30.0,
    json: AsJson = False,
) -> None:
    """Write all tables to one file, while the system runs, and read it back."""
    started = time.monotonic()
    if verify:
        _verify(file, file_only=file_only, json=json)
        return
    if file.exists():
        raise typer.BadParameter(_t("there_already", file=file))
    from solaris.backup.backup import BackingUp  # noqa: PLC0415 - slow

    parts = open_parts(BackupParts)
    backing_up = BackingUp(
        settings=parts.platform.settings,
        queues=parts.platform.queues,
        clock=parts.platform.clock,
        program=f"solaris {__version__}",
        peek=queue_file(parts.platform.settings),
    )
    with _one_line(file), _bar() as tick:
        report = backing_up.run(file, wait_seconds=wait_seconds, tick=tick)
    _note(parts, report)
    _show(report.manifest)
    took = {
        "megabytes": decimal(report.file_bytes / MEGABYTE, 1),
        "seconds": round(time.monotonic() - started),
    }
    say(_t("done", file=file, items=report.manifest.items, **took))
    _warn(report)
    if json:
        opened = {"fileBytes": report.file_bytes, "openRequests": report.still_open}
        as_json(_to_json(file, report.manifest) | opened)


def _verify(file: Path, *, file_only: bool, json: bool) -> None:
    from solaris.backup.restore import checked  # noqa: PLC0415 - slow

    with _one_line(file), _bar() as tick:
        manifest = checked(file, tick)
    _show(manifest)
    say(_t("whole", file=file))
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
            fault = _reconciliation.word("fault", one.fault.value)
            named = {
                "fault": fault,
                "place": one.place,
                "figure": _reconciliation.word("figure", one.figure),
            }
            say(_t("difference", expected=one.expected, found=one.found, **named))
        fail(_t.many("differs", len(report.findings)))
        raise typer.Exit(1)
    people, rows = _t.many("users", report.users), _t.many("records", report.records)
    agrees = _t("agrees", people=people, rows=rows)
    say(_t.many("agrees_queued", booked, agrees=agrees) if booked else agrees)
    if json:
        as_json(_to_json(file, manifest) | {"isRestored": True, "queuedBooked": booked})


def restore(
    file: File,
    *,
    replace: Annotated[bool, typer.Option("--replace", help=_t.help("restore.replace"))] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_t.help("arg.yes"))] = False,
    into_stage: Annotated[
        str,
        typer.Option(metavar=_t.help("STAGE"), help=_t.help("restore.into_stage")),
    ] = "",
    json: AsJson = False,
) -> None:
    """Fill the tables from a backup, and compare them with it."""
    from solaris.backup.restore import Restoring, TablesNotEmptyError, checked  # noqa: PLC0415 - slow

    started = time.monotonic()
    with _one_line(file), _bar() as tick:
        manifest = checked(file, tick)
    parts = open_parts(BackupParts)
    stage, of_stage = parts.platform.settings.solaris_stage, manifest.header.stage
    if into_stage and into_stage != stage:
        fail(_t("other_stage", wanted=into_stage, stage=stage))
        raise typer.Exit(1)
    if of_stage != stage and not into_stage:
        fail(_t("of_stage", file=file, of=of_stage, stage=stage))
        raise typer.Exit(1)
    restoring = Restoring(
        settings=parts.platform.settings, feed=parts.feed, queues=parts.platform.queues
    )
    filled = restoring.prepare()
    if filled and not replace:
        fail(_t("not_empty", error=told(TablesNotEmptyError(filled)), stage=stage))
        raise typer.Exit(1)
    if filled and not yes:
        say(_t("holds", stage=stage, tables=", ".join(filled)))
        sure(_t("sure"))
    with _one_line(file), _bar() as tick:
        restoring.run(file, manifest, replace=replace, tick=tick)
    _show(manifest)
    seconds = round(time.monotonic() - started)
    say(_t("restored", stage=stage, seconds=seconds, items=manifest.items))
    say(_t("afterwards"))
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


def _note(parts: BackupParts, report: "BackupReport") -> None:
    """Keep that it was made, for health and alerts; the file is good whether or not that works."""
    from solaris.backup.store import KeptBackup  # noqa: PLC0415 - slow

    manifest = report.manifest
    at = parse_instant(manifest.header.started_at)
    try:
        parts.log.note(KeptBackup(at, manifest.items, manifest.sha256), parts.platform.clock())
    except SolarisError as error:
        fail(_t("not_noted", error=told(error)))


def _show(manifest: "Manifest") -> None:
    header = manifest.header
    facts(
        (
            (_t("fact.stage"), header.stage),
            (_t("fact.point"), _t("point", first=header.started_at, last=manifest.ended_at)),
            (_t("fact.program"), header.program),
            *((name, number(one.items)) for name, one in sorted(manifest.tables.items())),
        )
    )


def _warn(report: "BackupReport") -> None:
    from solaris.backup.queued_events import TABLE as QUEUED  # noqa: PLC0415 - slow

    if report.still_open:
        say(_t.many("still_open", report.still_open))
    if report.has_queued:
        waiting = report.manifest.tables[QUEUED].items
        if waiting:
            say(_t.many("waiting", waiting))
        return
    if report.queued:
        say(_t("queued", n=report.queued))
    if report.dead:
        say(_t("dead", n=report.dead))


@contextmanager
def _one_line(file: Path) -> Iterator[None]:
    """What the disk refuses, in one line."""
    try:
        yield
    except OSError as error:
        fail(f"{error.filename or file}: {why_not(error)}")
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
            verb, _, name = step.rpartition(" ")
            shown = {"step": f"{_t.word('step', verb)} {name}", "items": items, "rate": round(rate)}
            bar.update(task, description=_t("bar", table=table, tables=TABLES_IN_ALL, **shown))

        yield tick


def queue_file(settings: "Settings") -> "Peek | None":
    """What reads this stage's usage queues; None where they are not a file of this machine.

    Only such a file can be looked into without taking anything from anybody.
    """
    if load_run_environment() is None:
        return None  # the endpoint that is set is another system's
    try:
        import infra.local.store.peeking  # noqa: F401, PLC0415 - not everywhere
    except ImportError:
        return None
    from solaris.platform.books_disk import books_files  # noqa: PLC0415 - slow

    _, file = books_files(Path(settings.solaris_data_dir).absolute())
    return partial(_peek, file, settings) if file.exists() else None


def _peek(file: Path, settings: "Settings") -> "Iterator[Mapping[str, str]]":
    from infra.local.store.errors import StoreError  # noqa: PLC0415 - not everywhere
    from infra.local.store.peeking import waiting_messages  # noqa: PLC0415 - see above
    from solaris.backup.queued_events import QUEUES_KEPT  # noqa: PLC0415 - slow
    from solaris.platform.errors import StoreUnavailableError  # noqa: PLC0415 - slow

    names = {settings.queue_name(one): one for one in QUEUES_KEPT}
    try:
        for message in waiting_messages(file, names):
            yield {**message, "queue": names[message["queue"]]}
    except StoreError as error:
        raise StoreUnavailableError(str(error)) from error
