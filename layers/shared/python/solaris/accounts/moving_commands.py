"""`solaris users`, of people who have another address, or two accounts."""

from typing import Annotated

import typer

from solaris.accounts.change_commands import Reason, change_json, user_json
from solaris.accounts.command_texts import TEXTS
from solaris.accounts.parts import AccountsParts
from solaris.accounts.updates import UserUpdate
from solaris.platform.actor import Actor
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, say, sure
from solaris.quota.completion import addresses
from solaris.quota.grants import granted_tokens

_t = Texts(TEXTS)

Who = Annotated[
    str,
    typer.Argument(metavar=_t.help("OLD"), autocompletion=addresses, help=_t.help("move.old")),
]
From = Annotated[
    str,
    typer.Argument(metavar=_t.help("FROM"), autocompletion=addresses, help=_t.help("merge.from")),
]
Into = Annotated[
    str,
    typer.Argument(metavar=_t.help("INTO"), autocompletion=addresses, help=_t.help("merge.into")),
]


def move(
    old: Who,
    new: Annotated[str, typer.Argument(metavar=_t.help("NEW"), help=_t.help("move.new"))],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Give a user another address. Id, quota, books, keys and grants stay."""
    parts = open_parts(AccountsParts)
    try:
        before = parts.by_email.find(old).user
        update = UserUpdate(email=new)
        change = parts.mover.update(
            before.user_id, update, actor=Actor(name=actor()), reason=reason
        )
    finally:
        parts.directory.close()
    after = change.after.user
    say(f"{ascii(before.email)[1:-1]} → {after.email}")
    if after.aliases:
        say(_t("aliases", aliases=", ".join(after.aliases)))
    if json:
        as_json(change_json(change))


def merge(
    source: From,
    into: Into,
    *,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option(help=_t.help("arg.yes"))] = False,
    json: AsJson = False,
) -> None:
    """Make one account of two of the same person. This cannot be undone."""
    parts = open_parts(AccountsParts)
    try:
        first = parts.by_email.find(source).user
        second = parts.by_email.find(into).user
        ended = granted_tokens(first)
        if ended:
            say(_t.many("merge.ended", ended))
        if not yes:
            shown = ascii(first.email)[1:-1]
            sure(_t("merge.sure", source=shown, into=second.email))
        account = parts.mover.merge(
            first.user_id, second.user_id, actor=Actor(name=actor()), reason=reason
        )
    finally:
        parts.directory.close()
    user = account.user
    used = {"before": second.current_usage, "after": user.current_usage}
    say(_t("used", email=user.email, **used))
    say(_t("available_now", tokens=user.quota.available_tokens))
    if json:
        as_json({"user": user_json(account), "endedTokens": ended})


def release_alias(
    address: Annotated[
        str, typer.Argument(metavar=_t.help("ADDRESS"), help=_t.help("release.address"))
    ],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Give up an address that a user had before: whoever comes by it next is somebody new."""
    parts = open_parts(AccountsParts)
    try:
        account = parts.mover.release(address, actor=Actor(name=actor()), reason=reason)
    finally:
        parts.directory.close()
    say(_t("released", address=address, email=account.user.email))
    if json:
        as_json({"user": user_json(account)})
