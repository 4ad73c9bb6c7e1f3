"""`solaris users import`: a CSV file of users, shown before it is written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.accounts.change_commands import Reason
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError, SolarisError
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.output import AsJson, as_json, fail, number, say, table
from solaris.platform.texts import rule_text

if TYPE_CHECKING:
    from solaris.accounts.importer import ImportResult

MAX_LINES = 1_000_000
MAX_SECONDS = 86_400.0
MAX_BYTES = 256 * 1024 * 1024
SHOWN_LINES = 50


def import_users(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Write it; else it is only shown.")] = False,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Create and change users by a CSV file: email, name, plan, monthly_limit.

    Without --yes nothing is written. Headers in English or Portuguese, commas or semicolons,
    UTF-8 or what Excel writes; an export of users may be given as it is. However many lines.

    Example: solaris users import people.csv --yes
    """
    lines = _decoded(_read(file))
    try:
        results = open_parts().accounts.importer.run(
            lines,
            is_dry=not yes,
            actor=Actor(name=actor()),
            reason=reason,
            max_lines=MAX_LINES,
            max_seconds=MAX_SECONDS,
        )
    except InvalidRequestError as error:
        fail(_why(error))
        raise typer.Exit(1) from error
    if json:
        as_json({"dryRun": not yes, "results": [_to_json(one) for one in results]})
    else:
        _show(results, is_dry=not yes)
    if any(one.error is not None for one in results):
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            fail(f"{file} is larger than {MAX_BYTES // 1024 // 1024} MiB")
            raise typer.Exit(1)
        return file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror or error}")
        raise typer.Exit(1) from error


def _decoded(data: bytes) -> str:
    """UTF-8, or else what Excel writes in Brazil."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _show(results: "list[ImportResult]", *, is_dry: bool) -> None:
    told = [one for one in results if one.changes or one.error is not None]
    if told:
        table(
            ("LINE", "EMAIL", "RESULT", "DETAILS"),
            [(one.line, one.email, one.action.value, _details(one)) for one in told[:SHOWN_LINES]],
            right=("LINE",),
        )
    if len(told) > SHOWN_LINES:
        say(f"… and {number(len(told) - SHOWN_LINES)} lines more")
    actions = [one.action.value for one in results]
    counts = {name: actions.count(name) for name in ("create", "update", "unchanged", "error")}
    say(", ".join(f"{number(count)} {name}" for name, count in counts.items()))
    if is_dry:
        say("Nothing was written. Repeat with --yes.")


def _details(result: "ImportResult") -> str:
    if result.error is not None:
        return _why(result.error)
    return ", ".join(f"{one.field} {one.before} → {one.after}" for one in result.changes)


def _why(error: SolarisError) -> str:
    if isinstance(error, InvalidRequestError) and error.rule is not None:
        return rule_text(error.rule, "en", error.values)
    return str(error) or error.code


def _to_json(result: "ImportResult") -> dict[str, Any]:
    return {
        "line": result.line,
        "email": result.email,
        "action": result.action.value,
        "changes": [
            {"field": one.field, "before": one.before, "after": one.after} for one in result.changes
        ],
        "error": None if result.error is None else _why(result.error),
    }
