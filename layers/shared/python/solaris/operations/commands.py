"""`solaris replay`, `doctor` and `init`: what keeps the gateway running."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from solaris.platform.terminal.environment import open_parts, running_url, withheld_secrets
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    block,
    console,
    facts,
    fail,
    heading,
    number,
    plain,
    say,
)

if TYPE_CHECKING:
    from solaris.ledger.replay import Progress as Tick
    from solaris.ledger.replay import ReplayResult
    from solaris.operations.doctor import Check

MAX_FAILURES_SHOWN = 100
STDIN = Path("-")


def replay(
    *,
    from_dlq: Annotated[
        bool, typer.Option("--from-dlq", help="Book what the dead-letter queue holds.")
    ] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option(metavar="LOG", help="Book the events of a log file; - is standard input."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Take lost usage events back into the books. Safe to run twice: a repeat changes nothing.

    Example: solaris replay --from-dlq --file gateway.log --dry-run
    """
    files = file or []
    if not from_dlq and not files:
        msg = "say where from: --from-dlq, --file LOG, or both"
        raise typer.BadParameter(msg)
    for path in files:
        if path != STDIN and not path.is_file():
            msg = f"no such file: {path}"
            raise typer.BadParameter(msg, param_hint="--file")
    replayer = open_parts().ledger.replayer
    results: dict[str, ReplayResult] = {}
    if from_dlq:
        with _progress("dead-letter queue", replayer.waiting()) as tick:
            results["dead-letter queue"] = replayer.replay_dead_letters(
                dry_run=dry_run, progress=tick
            )
    if files:
        with _progress("log lines", None) as tick:
            lines = _lines(files)
            results["logs"] = replayer.replay_lines(lines, dry_run=dry_run, progress=tick)
    for what, result in results.items():
        _report(what, result, dry_run=dry_run)
    if json:
        as_json({"dryRun": dry_run, "results": [_to_json(*one) for one in results.items()]})
    if any(result.failures for result in results.values()):
        raise typer.Exit(1)


def doctor(*, json: AsJson = False) -> None:
    """Say what is configured and what answers; exit code 1 if something needed is missing.

    Example: solaris doctor
    """
    from solaris.operations.doctor import Diagnosis  # noqa: PLC0415 - slow
    from solaris.platform.clock import now  # noqa: PLC0415 - slow

    parts = open_parts()
    diagnosis = Diagnosis(
        settings=parts.settings,
        dynamodb=parts.platform.dynamodb,
        queues=parts.platform.queues,
        cache=parts.platform.cache,
        keys=parts.keys.store,
        backups=parts.backup.log,
        withheld=withheld_secrets(),
        running_url=running_url(),
    )
    checks = diagnosis.run(now())
    if json:
        as_json({"configured": diagnosis.configured(), "checks": [asdict(one) for one in checks]})
    else:
        facts(diagnosis.configured().items())
        say("")
        for check in checks:
            _show_check(check)
    if any(check.needed and not check.is_well for check in checks):
        raise typer.Exit(1)


def init(*, json: AsJson = False) -> None:
    """Create the tables, the queues, the first service key and the first admin, if missing.

    Example: SOLARIS_GATEWAY_KEY=sk-solaris-… solaris init
    """
    from solaris.keys.snippet import librechat_snippet  # noqa: PLC0415 - slow
    from solaris.operations.first_start import initialise  # noqa: PLC0415 - slow
    from solaris.platform.clock import now  # noqa: PLC0415 - slow

    parts = open_parts()
    result = initialise(
        parts.settings,
        queues=parts.platform.queues,
        files=parts.platform.files,
        keys=parts.keys.management,
        admins=parts.sign_in.admin_accounts,
        day_index=parts.ledger.day_index,
        now=now(),
    )
    say("tables and queues are there")
    if result.new_admin_email is not None:
        say(f"first admin {result.new_admin_email}, password:")
        say(result.new_admin_password or "the one in ADMIN_PASSWORD")
    if json:
        as_json(
            {
                "newAdmin": result.new_admin_email,
                "newAdminPassword": result.new_admin_password,
                "keyId": result.key_id,
                "newKey": result.new_key,
            }
        )
    if result.new_key is None:
        say(f"service key {result.key_id} is there already")
        return
    say(f"service key {result.key_id}, shown only now:")
    say(result.new_key)
    heading("For librechat.yaml:")
    block(librechat_snippet(parts.settings))


@contextmanager
def _progress(what: str, total: int | None) -> "Iterator[Tick]":
    stderr = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=stderr, transient=True, disable=not stderr.is_terminal
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda amount: progress.advance(task, amount)


def _lines(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for path in files:
        if path == STDIN:
            for number_, line in enumerate(sys.stdin.buffer, 1):
                yield f"standard input:{number_}", line
            continue
        with path.open("rb") as log:
            for number_, line in enumerate(log, 1):
                yield f"{path}:{number_}", line


def _to_json(source: str, result: "ReplayResult") -> dict[str, object]:
    return {
        "source": source,
        "booked": result.booked,
        "repeated": result.repeated,
        "skippedLines": result.skipped_lines,
        "failures": [{"name": one.name, "reason": one.reason} for one in result.failures],
    }


def _report(what: str, result: "ReplayResult", *, dry_run: bool) -> None:
    """Print the counts, and what failed."""
    counts = [
        f"{number(result.booked)} {'would be booked' if dry_run else 'booked'}",
        f"{number(result.repeated)} in the books already",
        f"{number(len(result.failures))} failed",
    ]
    if result.skipped_lines:
        counts.append(f"other lines skipped: {number(result.skipped_lines)}")
    say(f"{what}: {', '.join(counts)}")
    for failure in result.failures[:MAX_FAILURES_SHOWN]:
        fail(f"not booked: {failure.name}: {failure.reason}")
    if len(result.failures) > MAX_FAILURES_SHOWN:
        fail(f"and {number(len(result.failures) - MAX_FAILURES_SHOWN)} more")


def _show_check(check: "Check") -> None:
    line = Text("✓ " if check.is_well else "✗ ", style="green" if check.is_well else "red")
    line.append(f"{check.name}: {plain(check.detail)}", style="default")
    if not check.is_well:
        line.append(f" → {check.remedy}", style="bold")
    console().print(line, soft_wrap=True)
