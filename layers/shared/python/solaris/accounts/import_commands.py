"""`solaris users import`: a CSV file of users, shown before it is written."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.accounts.change_commands import Reason
from solaris.accounts.command_texts import TEXTS
from solaris.accounts.parts import AccountsParts
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError, SolarisError
from solaris.platform.terminal.command_texts import TEXTS as COMMON
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.error_texts import told
from solaris.platform.terminal.language import Texts, language
from solaris.platform.terminal.output import AsJson, as_json, day, fail, say, table, why_not
from solaris.platform.texts import Locale, rule_text

if TYPE_CHECKING:
    from solaris.accounts.importing.import_groups import FieldChange
    from solaris.accounts.importing.importer import ImportResult

_t, _common = Texts(TEXTS), Texts(COMMON)
MAX_LINES = 1_000_000
MAX_SECONDS = 86_400.0
MAX_BYTES = 256 * 1024 * 1024
SHOWN_LINES = 50


def import_users(
    file: Annotated[
        Path, typer.Argument(metavar=_common.help("FILE"), help=_t.help("import.file"))
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help=_t.help("import.yes"))] = False,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Create and change users by a CSV file: email, name, plan, monthly_limit."""
    lines = _decoded(_read(file))
    try:
        results = open_parts(AccountsParts).importer.run(
            lines,
            is_dry=not yes,
            actor=Actor(name=actor()),
            reason=reason,
            max_lines=MAX_LINES,
            max_seconds=MAX_SECONDS,
        )
    except InvalidRequestError as error:
        fail(_why(error, language()))
        raise typer.Exit(1) from error
    if json:
        new = [one.new_group for one in results if one.new_group is not None]
        shown = [_to_json(one) for one in results]
        as_json({"dryRun": not yes, "results": shown, "newGroups": new})
    else:
        _show(results, is_dry=not yes)
    if any(one.error is not None for one in results):
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            fail(_t("import.too_large", file=file, most=MAX_BYTES // 1024 // 1024))
            raise typer.Exit(1)
        return file.read_bytes()
    except OSError as error:
        fail(f"{file}: {why_not(error)}")
        raise typer.Exit(1) from error


def _decoded(data: bytes) -> str:
    """UTF-8, or else what Excel writes in Brazil."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _show(results: "list[ImportResult]", *, is_dry: bool) -> None:
    notable = [one for one in results if one.changes or one.error is not None]
    if notable:
        table(
            _t.names("col.line", "col.email", "col.result", "col.details"),
            [
                (one.line, one.email, _t.word("action", one.action.value), _details(one))
                for one in notable[:SHOWN_LINES]
            ],
            right=_t.names("col.line"),
        )
    if len(notable) > SHOWN_LINES:
        say(_t.many("import.more", len(notable) - SHOWN_LINES))
    actions = [one.action.value for one in results]
    counts = {name: actions.count(name) for name in ("create", "update", "unchanged", "error")}
    new = [one.new_group for one in results if one.new_group is not None]
    if new:
        say(_t.many("import.new_groups", len(new), names=", ".join(new)))
    say(_t("import.counts", **counts))
    if is_dry:
        say(_t("import.dry"))


def _details(result: "ImportResult") -> str:
    if result.error is not None:
        return _why(result.error, language())
    return ", ".join(_step(one) for one in result.changes)


def _step(one: "FieldChange") -> str:
    """`plano básico → pro`; of a user who is new only what comes."""
    before = "" if one.before is None else f"{_shown(one.field, one.before)} → "
    return f"{_t.word('field', one.field)} {before}{_shown(one.field, one.after)}"


def _shown(field: str, value: str | int) -> str:
    """As it would be typed, but for a plan."""
    if field == "additional_kind":
        return _t.word("term", str(value))
    if field == "until":
        return day(date.fromisoformat(str(value)))
    return _t.word(field, str(value)) if field == "plan" else str(value)


def _why(error: SolarisError, locale: Locale) -> str:
    if isinstance(error, InvalidRequestError) and error.rule is not None:
        return rule_text(error.rule, locale, error.values)
    return told(error, locale)


def _to_json(result: "ImportResult") -> dict[str, Any]:
    return {
        "line": result.line,
        "email": result.email,
        "action": result.action.value,
        "changes": [
            {"field": one.field, "before": one.before, "after": one.after} for one in result.changes
        ],
        "error": None if result.error is None else _why(result.error, "en"),
    }
