"""`solaris users`, of people who have another address, or two accounts."""

from typing import Annotated

import typer

from solaris.accounts.change_commands import Reason
from solaris.accounts.changes import UserUpdate
from solaris.accounts.command_shapes import change_json, user_json
from solaris.platform.actor import Actor
from solaris.platform.terminal.completion import addresses
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.output import AsJson, as_json, number, say, sure

Who = Annotated[
    str, typer.Argument(metavar="OLD", autocompletion=addresses, help="The user's address, or id.")
]
From = Annotated[
    str,
    typer.Argument(
        metavar="FROM", autocompletion=addresses, help="Address or id of who is merged."
    ),
]
Into = Annotated[
    str,
    typer.Argument(metavar="INTO", autocompletion=addresses, help="Address or id of who stays."),
]


def move(
    old: Who,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new address.")],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Give a user another address. Id, quota, books, keys and grants stay.

    The old address leads to the same account until it is released.

    Example: solaris users move ana@example.com ana.lima@example.org --reason "new domain"
    """
    parts = open_parts()
    try:
        before = parts.accounts.by_email.find(old).user
        update = UserUpdate(email=new)
        change = parts.accounts.mover.update(
            before.user_id, update, actor=Actor(name=actor()), reason=reason
        )
    finally:
        parts.directory.directory.close()
    after = change.after.user
    say(f"{ascii(before.email)[1:-1]} → {after.email}")
    if after.aliases:
        say(f"aliases: {', '.join(after.aliases)}")
    if json:
        as_json(change_json(change))


def merge(
    source: From,
    into: Into,
    *,
    reason: Reason = "",
    yes: bool = False,
    json: AsJson = False,
) -> None:
    """Make one account of two of the same person. This cannot be undone.

    Usage is added, limit and grants are those of INTO. Addresses and keys go with it; what FROM
    has used stays on record under FROM's id.

    Example: solaris users merge ana.lima@example.com ana@example.com --yes
    """
    parts = open_parts()
    try:
        first = parts.accounts.by_email.find(source).user
        second = parts.accounts.by_email.find(into).user
        if not yes:
            shown = ascii(first.email)[1:-1]
            sure(f"Merge {shown} into {second.email} for good?")
        account = parts.accounts.mover.merge(
            first.user_id, second.user_id, actor=Actor(name=actor()), reason=reason
        )
    finally:
        parts.directory.directory.close()
    user = account.user
    say(f"{user.email}: used {number(second.current_usage)} → {number(user.current_usage)}")
    say(f"available {number(user.quota.available_tokens)}")
    if json:
        as_json({"user": user_json(account)})


def release_alias(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="An address of before.")],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Give up an address that a user had before: whoever comes by it next is somebody new.

    Example: solaris users release-alias ana@example.com
    """
    parts = open_parts()
    try:
        account = parts.accounts.mover.release(address, actor=Actor(name=actor()), reason=reason)
    finally:
        parts.directory.directory.close()
    say(f"{address} is no address of {account.user.email} any more")
    if json:
        as_json({"user": user_json(account)})
