"""`solaris users`, daily limits: set, and lifted for today."""

from typing import TYPE_CHECKING, Annotated

import typer

from solaris.accounts.change_commands import Email, Reason, change_json
from solaris.accounts.daily.command_texts import TEXTS
from solaris.accounts.daily.steps import OF_PLAN
from solaris.accounts.parts import AccountsParts
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, say
from solaris.quota.daily_limit import NO_DAILY_LIMIT
from solaris.quota.day_cap import used_tokens

if TYPE_CHECKING:
    from solaris.accounts.change import Change

_t = Texts(TEXTS)


def register(app: typer.Typer) -> None:
    """Make these commands of an app."""
    app.command("set-daily-limit", help=_t.help("set_daily_limit"))(set_daily_limit)
    app.command("lift-day", help=_t.help("lift_day"))(lift_day)


def daily_limit_word(value: str) -> str:
    """`50k` as tokens; `auto:25`, `none` and `plan` as they are."""
    text = value.strip().lower()
    is_word = text in {NO_DAILY_LIMIT, OF_PLAN} or text.startswith("auto")
    return text if is_word else str(tokens_of(text))


def set_daily_limit(
    email: Email,
    limit: Annotated[
        str,
        typer.Argument(
            metavar=_t.help("LIMIT"), parser=daily_limit_word, help=_t.help("set_daily_limit.limit")
        ),
    ],
    *,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Limit what a user may use on one day, or do not any more."""
    _show(
        open_parts(AccountsParts).by_email.set_daily_limit(
            email, limit, reason=reason, actor=actor()
        ),
        json=json,
    )


def lift_day(email: Email, *, reason: Reason = "", json: AsJson = False) -> None:
    """Let a user's daily limit not hold until today ends."""
    _show(
        open_parts(AccountsParts).by_email.lift_day(email, reason=reason, actor=actor()), json=json
    )


def _show(change: "Change", *, json: bool) -> None:
    user = change.after.user
    cap = user.day_cap
    if cap is None:
        say(_t("unlimited", email=user.email))
    elif cap.is_lifted:
        say(_t("lifted", email=user.email))
    else:
        tokens = cap.limit.in_force(user.monthly_limit)
        say(_t("limited", email=user.email, tokens=tokens, limit=str(cap.limit)))
        say(_t("day", used=used_tokens(user), available=cap.available_tokens))
    if json:
        as_json(change_json(change))
