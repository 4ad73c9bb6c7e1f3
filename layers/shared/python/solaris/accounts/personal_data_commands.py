"""`solaris users export-data` and `delete`: one person's data, handed out or erased."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from solaris.accounts.change_commands import Email, Reason
from solaris.accounts.command_texts import TEXTS
from solaris.accounts.parts import AccountsParts
from solaris.platform.actor import Actor
from solaris.platform.email import normalise_email
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, say, sure, why_not
from solaris.quota.policy import threshold_rule_of

if TYPE_CHECKING:
    from pydantic import BaseModel

_t = Texts(TEXTS)
MAX_CALLS = 500  # of 20,000 records


def export_data(
    email: Email,
    *,
    out: Annotated[Path, typer.Option(help=_t.help("export_data.out"))],
    json: AsJson = False,
) -> None:
    """Write all that is on record about one person to a JSON file."""
    from solaris.accounts.personal_data_schemas import fields_of, sections_of  # noqa: PLC0415 - slow

    parts = open_parts(AccountsParts)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        msg = f"{out}: {why_not(error)}"
        raise typer.BadParameter(msg) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            user_id = parts.by_email.find(email).user.user_id
            data = parts.personal_data.read(user_id, Actor(name=actor()))
            written: dict[str, int] = {}
            for name, value in fields_of(data, threshold_rule_of(parts.platform.settings)).items():
                _begin(file, name, is_first=not written)
                written[name] = _write(file, value)
            for name, (_, rows) in sections_of(data, parts.platform.settings.exchange).items():
                _begin(file, name, is_first=False)
                written[name] = _write(file, rows)
            file.write("\n}\n")
    except BaseException:
        out.unlink(missing_ok=True)  # a part of it would pass for the whole
        raise
    finally:
        parts.directory.close()
    counts = {name: written[name] for name in ("usage", "transactions")}
    say(_t("exported", file=out, email=normalise_email(email), **counts))
    if json:
        as_json({"file": str(out), "email": normalise_email(email), "written": written})


def delete(
    email: Email,
    *,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help=_t.help("arg.yes"))] = False,
    json: AsJson = False,
) -> None:
    """Delete a user and erase what tells about the person. This cannot be undone."""
    if not yes:
        sure(_t("delete.sure", email=normalise_email(email)))
    parts = open_parts(AccountsParts)
    user_id = parts.by_email.find(email).user.user_id
    try:
        erased = 0
        for _ in range(MAX_CALLS):
            deletion = parts.deleter.delete(user_id, actor=Actor(name=actor()), reason=reason)
            erased += deletion.erased_records
            if json and deletion.is_complete:
                as_json(_deleted(email, erased, is_complete=True))
            if deletion.is_complete:
                say(_t("deleted", email=normalise_email(email), records=erased))
                return
            say(_t("delete.so_far", records=erased))
    finally:
        parts.directory.close()
    say(_t("delete.unfinished"))
    if json:
        as_json(_deleted(email, erased, is_complete=False))
    raise typer.Exit(1)


def _deleted(email: str, erased: int, *, is_complete: bool) -> dict[str, object]:
    address = normalise_email(email)
    return {"email": address, "erasedRecords": erased, "isComplete": is_complete}


def _begin(file: TextIO, name: str, *, is_first: bool) -> None:
    head, *rest = name.split("_")
    wire = head + "".join(part.capitalize() for part in rest)
    file.write(f'{"{" if is_first else ","}\n"{wire}": ')


def _write(file: TextIO, value: object) -> int:
    """Write a value, a list row by row; returns the number of its rows."""
    import orjson  # noqa: PLC0415 - slow

    if not isinstance(value, Iterator | list):
        file.write(orjson.dumps(value, default=_plain).decode())
        return 1
    count = 0
    file.write("[")
    for row in value:
        file.write((",\n" if count else "\n") + orjson.dumps(row, default=_plain).decode())
        count += 1
    file.write("]")
    return count


def _plain(value: "BaseModel") -> object:
    return value.model_dump(mode="json", by_alias=True)
