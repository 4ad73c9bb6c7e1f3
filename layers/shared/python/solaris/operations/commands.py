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

from solaris.keys.command_texts import TEXTS as KEYS
from solaris.operations.command_texts import TEXTS
from solaris.operations.parts import OperationsParts
from solaris.platform.terminal.environment import open_parts, running_url, withheld_secrets
from solaris.platform.terminal.error_texts import in_words
from solaris.platform.terminal.language import Texts, language
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    block,
    console,
    facts,
    fail,
    heading,
    plain,
    say,
)

if TYPE_CHECKING:
    from solaris.ledger.replay import Progress as Tick
    from solaris.ledger.replay import ReplayResult
    from solaris.operations.doctor import Check

_t, _keys = Texts(TEXTS), Texts(KEYS)
MAX_FAILURES_SHOWN = 100
STDIN = Path("-")
# Where events come from, as --json calls it.
DEAD_LETTERS, LOGS = "dead-letter queue", "logs"


def replay(
    *,
    from_dlq: Annotated[bool, typer.Option("--from-dlq", help=_t.help("replay.from_dlq"))] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option(metavar="LOG", help=_t.help("replay.file")),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_t.help("replay.dry_run"))] = False,
    json: AsJson = False,
) -> None:
    """Take lost usage events back into the books. Safe to run twice: a repeat changes nothing."""
    files = file or []
    if not from_dlq and not files:
        raise typer.BadParameter(_t("replay.from_where"))
    for path in files:
        if path != STDIN and not path.is_file():
            raise typer.BadParameter(_t("replay.no_file", path=path), param_hint="--file")
    replayer = open_parts(OperationsParts).replayer
    results: dict[str, ReplayResult] = {}
    if from_dlq:
        with _progress(_t(f"source.{DEAD_LETTERS}"), replayer.waiting()) as tick:
            results[DEAD_LETTERS] = replayer.replay_dead_letters(dry_run=dry_run, progress=tick)
    if files:
        with _progress(_t("bar.lines"), None) as tick:
            lines = _lines(files)
            results[LOGS] = replayer.replay_lines(lines, dry_run=dry_run, progress=tick)
    for what, result in results.items():
        _report(what, result, dry_run=dry_run)
    if json:
        as_json({"dryRun": dry_run, "results": [_to_json(*one) for one in results.items()]})
    if any(result.failures for result in results.values()):
        raise typer.Exit(1)


def doctor(*, json: AsJson = False) -> None:
    """Say what is configured and what answers; exit code 1 if something needed is missing."""
    from solaris.operations.doctor import Diagnosis  # noqa: PLC0415 - slow

    parts = open_parts(OperationsParts)
    diagnosis = Diagnosis(
        settings=parts.platform.settings,
        dynamodb=parts.platform.dynamodb,
        queues=parts.platform.queues,
        cache=parts.platform.cache,
        keys=parts.keys,
        backups=parts.backups,
        withheld=withheld_secrets(),
        running_url=running_url(),
        # what programs read is the same in every language
        locale="en" if json else language(),
    )
    checks = diagnosis.run(parts.platform.clock())
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
    """Create the tables, the queues, the first service key and the first admin, if missing."""
    from solaris.keys.snippet import librechat_snippet  # noqa: PLC0415 - slow

    parts = open_parts(OperationsParts)
    result = parts.first_start.initialise()
    say(_t("init.there"))
    if result.new_admin_email is not None:
        say(_t("init.admin", email=result.new_admin_email))
        say(result.new_admin_password or _t("init.known_password"))
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
        say(_t("init.key_already", key=result.key_id))
        return
    say(_t("init.key", key=result.key_id))
    say(result.new_key)
    heading(_keys("snippet"))
    settings = parts.platform.settings
    block(
        librechat_snippet(
            settings.own_address,
            group_headers=settings.identity_group_headers,
            token_header=settings.oidc_token_header,
            where=_keys("snippet.where"),
        )
    )


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
                yield f"{_t('stdin')}:{number_}", line
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
        _t("replay.would_book" if dry_run else "replay.booked", n=result.booked),
        _t("replay.repeated", n=result.repeated),
        _t("replay.failed", n=len(result.failures)),
    ]
    if result.skipped_lines:
        counts.append(_t("replay.skipped", n=result.skipped_lines))
    say(f"{_t(f'source.{what}')}: {', '.join(counts)}")
    for failure in result.failures[:MAX_FAILURES_SHOWN]:
        name, reason = in_words(failure.name), in_words(failure.reason)
        fail(_t("replay.not_booked", name=name, reason=reason))
    if len(result.failures) > MAX_FAILURES_SHOWN:
        fail(_t("replay.more", n=len(result.failures) - MAX_FAILURES_SHOWN))


def _show_check(check: "Check") -> None:
    line = Text("✓ " if check.is_well else "✗ ", style="green" if check.is_well else "red")
    line.append(f"{check.name}: {plain(check.detail)}", style="default")
    if not check.is_well:
        line.append(f" → {check.remedy}", style="bold")
    console().print(line, soft_wrap=True)
