"""`solaris groups`: what each group gives its members, and who they are."""

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from solaris.accounts.change_commands import Reason, plan_word
from solaris.accounts.groups.command_texts import TEXTS
from solaris.accounts.groups.people import Members
from solaris.accounts.parts import AccountsParts
from solaris.accounts.plans.commands import (
    UNSET,
    amount_or_unset,
    bring,
    daily_or_unset,
    percent_or_unset,
    percents,
    progress_json,
)
from solaris.accounts.plans.impact import Impact, impact_of
from solaris.accounts.updates import NO_GROUP, UserUpdate
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts, language
from solaris.platform.terminal.output import AsJson, as_json, facts, fail, number, say, sure, table
from solaris.platform.texts import rule_text
from solaris.quota.completion import addresses
from solaris.quota.groups.group import Group, name_key
from solaris.quota.periods import period_of
from solaris.quota.user import Enforcement, Plan, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaris.quota.policy import StatedPlans

T = TypeVar("T")
_t = Texts(TEXTS)
app = typer.Typer(invoke_without_command=True, help=_t.help("groups"))
_FIGURES = ("col.users", "col.used", "col.limit", "col.ceiling")


def _plan(text: str) -> str:
    if text != UNSET and text not in set(Plan):
        raise typer.BadParameter(_t("not_plan", text=repr(text)))
    return text


def _enforcement(text: str) -> str:
    if text != UNSET and text not in set(Enforcement):
        raise typer.BadParameter(_t("not_enforcement", text=repr(text)))
    return text


def _list(text: str) -> list[str] | str:
    return text if text == UNSET else [one.strip() for one in text.split(",") if one.strip()]


Named = Annotated[str, typer.Argument(help=_t.help("arg.name"))]
Emails = Annotated[
    list[str],
    typer.Argument(metavar="EMAIL", autocompletion=addresses, help=_t.help("arg.emails")),
]
CostCenter = Annotated[str | None, typer.Option(help=_t.help("opt.cost_center"))]
PlanOption = Annotated[
    Any, typer.Option("--plan", metavar=_t.help("PLAN"), parser=_plan, help=_t.help("opt.plan"))
]
Limit = Annotated[
    Any, typer.Option(metavar="TOKENS", parser=amount_or_unset, help=_t.help("opt.limit"))
]
Daily = Annotated[
    Any, typer.Option(metavar="TOKENS", parser=daily_or_unset, help=_t.help("opt.daily_limit"))
]
Enforced = Annotated[
    Any, typer.Option(metavar=_t.help("WHAT"), parser=_enforcement, help=_t.help("opt.enforcement"))
]
Warn = Annotated[Any, typer.Option(metavar="%", parser=percent_or_unset, help=_t.help("opt.warn"))]
Critical = Annotated[
    Any, typer.Option(metavar="%", parser=percent_or_unset, help=_t.help("opt.critical"))
]
Models = Annotated[
    Any, typer.Option(metavar=_t.help("NAMES"), parser=_list, help=_t.help("opt.models"))
]
Ceiling = Annotated[
    Any, typer.Option(metavar="TOKENS", parser=amount_or_unset, help=_t.help("opt.ceiling"))
]
Managers = Annotated[
    Any, typer.Option(metavar=_t.help("EMAILS"), parser=_list, help=_t.help("opt.managers"))
]
Recipients = Annotated[
    Any, typer.Option(metavar=_t.help("EMAILS"), parser=_list, help=_t.help("opt.recipients"))
]
Yes = Annotated[bool, typer.Option("--yes", help=_t.help("opt.yes"))]


@app.callback(help=_t.help("groups"))
def list_groups(context: typer.Context, *, json: AsJson = False) -> None:
    """List groups, and how many are in each."""
    if context.invoked_subcommand is not None:
        return
    parts = open_parts(AccountsParts)
    now, members = parts.groups.now(), _members(parts)
    groups = sorted(now.stated.groups.values(), key=lambda one: one.key)
    if json:
        shown = [_group_json(one, members.get(one.group_id, Members())) for one in groups]
        without = members.get("", Members()).users
        progress = progress_json(now.progress)
        as_json({"groups": shown, "usersWithoutGroup": without, "propagation": progress})
        return
    rows = []
    for group in groups:
        counted, terms = members.get(group.group_id, Members()), group.terms
        rows.append(
            (
                group.name,
                group.cost_center,
                number(counted.users),
                number(counted.used_tokens),
                "" if terms.monthly_limit is None else number(terms.monthly_limit),
                "" if group.ceiling_tokens is None else number(group.ceiling_tokens),
                "" if terms.plan is None else plan_word(terms.plan),
            )
        )
    names = _t.names("col.group", "col.cost_center", *_FIGURES, "col.plan")
    table(names, rows, right=_t.names(*_FIGURES))
    say(_t("without", n=number(members.get("", Members()).users)))


@app.command(help=_t.help("show"))
def show(name: Named, *, json: AsJson = False) -> None:
    """Show one group."""
    parts = open_parts(AccountsParts)
    _show(parts, _found(parts, name)[1], json=json)


@app.command(help=_t.help("create"))
def create(
    name: Named,
    *,
    cost_center: CostCenter = None,
    plan: PlanOption = None,
    limit: Limit = None,
    daily_limit: Daily = None,
    enforcement: Enforced = None,
    warn: Warn = None,
    critical: Critical = None,
    models: Models = None,
    ceiling: Ceiling = None,
    managers: Managers = None,
    recipients: Recipients = None,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Make a group."""
    change = _change(
        name=name,
        cost_center=cost_center,
        plan=plan,
        monthly_limit=limit,
        daily_limit=daily_limit,
        enforcement=enforcement,
        warning_ppm=warn,
        critical_ppm=critical,
        models=models,
        ceiling_tokens=ceiling,
        managers=managers,
        recipients=recipients,
    )
    parts = open_parts(AccountsParts)
    by = Actor(name=actor())
    group = _asked(lambda: parts.groups.create(change, actor=by, reason=reason))
    if json:
        _show(parts, group, json=True)
    else:
        say(_t("created", name=group.name))


@app.command("set", help=_t.help("set"))
def set_group(
    name: Named,
    *,
    rename: Annotated[str | None, typer.Option(help=_t.help("opt.rename"))] = None,
    cost_center: CostCenter = None,
    plan: PlanOption = None,
    limit: Limit = None,
    daily_limit: Daily = None,
    enforcement: Enforced = None,
    warn: Warn = None,
    critical: Critical = None,
    models: Models = None,
    ceiling: Ceiling = None,
    managers: Managers = None,
    recipients: Recipients = None,
    reason: Reason = "",
    preview: Annotated[bool, typer.Option("--preview", help=_t.help("opt.preview"))] = False,
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """Change a group for all its members, but for what is their own."""
    change = _change(
        name=rename,
        cost_center=cost_center,
        plan=plan,
        monthly_limit=limit,
        daily_limit=daily_limit,
        enforcement=enforcement,
        warning_ppm=warn,
        critical_ppm=critical,
        models=models,
        ceiling_tokens=ceiling,
        managers=managers,
        recipients=recipients,
    )
    if not change:
        raise typer.BadParameter(_t("set.nothing"))
    parts = open_parts(AccountsParts)
    stated, group = _found(parts, name)
    drafted = _asked(lambda: parts.groups.drafted(stated, group.group_id, change))
    impact = _impact(parts, drafted, group)
    _say_impact(impact)
    if preview:
        return
    if not yes:
        sure(_t("set.sure", name=group.name))
    total = len(parts.everybody())
    changed = _asked(
        lambda: parts.groups.change(
            group.group_id,
            change,
            version=group.version,
            actor=Actor(name=actor()),
            reason=reason,
            total=total,
        )
    )
    bring(parts, total)
    if json:
        _show(parts, changed, json=True)


@app.command(help=_t.help("delete"))
def delete(
    name: Named,
    *,
    release: Annotated[bool, typer.Option("--release", help=_t.help("opt.release"))] = False,
    reason: Reason = "",
    yes: Yes = False,
    json: AsJson = False,
) -> None:
    """Take a group away."""
    parts = open_parts(AccountsParts)
    _, group = _found(parts, name)
    if _members(parts).get(group.group_id, Members()).users and not release:
        fail(_t("delete.members"))
        raise typer.Exit(1)
    if not yes:
        sure(_t("delete.sure", name=group.name))
    total = len(parts.everybody())
    parts.groups.delete(group.group_id, actor=Actor(name=actor()), reason=reason, total=total)
    say(_t("deleted", name=group.name))
    bring(parts, total)
    if json:
        as_json({"deleted": group.name})


@app.command(help=_t.help("add"))
def add(name: Named, emails: Emails, *, reason: Reason = "", json: AsJson = False) -> None:
    """Put people into a group."""
    parts = open_parts(AccountsParts)
    _, group = _found(parts, name)
    for email in emails:
        _placed(parts, email, group.group_id, reason)
        say(_t("joined", email=email, name=group.name))
    if json:
        as_json({"group": group.name, "emails": emails})


@app.command(help=_t.help("remove"))
def remove(emails: Emails, *, reason: Reason = "", json: AsJson = False) -> None:
    """Take people out of the group that they are in."""
    parts = open_parts(AccountsParts)
    for email in emails:
        _placed(parts, email, NO_GROUP, reason)
        say(_t("left", email=email))
    if json:
        as_json({"group": None, "emails": emails})


def _placed(parts: AccountsParts, email: str, group_id: str, reason: str) -> None:
    update = UserUpdate(group=group_id)
    parts.by_email.update(email, update, actor=actor(), reason=reason)


def _change(**given: Any) -> dict[str, Any]:
    """What shall be different; `unset` is nothing stated."""
    return {
        name: None if value == UNSET else value
        for name, value in given.items()
        if value is not None
    }


def _asked(ask: "Callable[[], T]") -> T:
    """What a service answers; a refusal is told by its rule."""
    try:
        return ask()
    except InvalidRequestError as error:
        rule = error.rule
        fail(error.detail if rule is None else rule_text(rule, language(), error.values))
        raise typer.Exit(1) from error


def _found(parts: AccountsParts, name: str) -> "tuple[StatedPlans, Group]":
    stated = parts.groups.now().stated
    group = next((one for one in stated.groups.values() if one.key == name_key(name)), None)
    if group is None:
        fail(_t("no_group", name=repr(name)))
        raise typer.Exit(1)
    return stated, group


def _members(parts: AccountsParts) -> dict[str, Members]:
    period = period_of(parts.platform.clock(), parts.platform.settings.zone)
    found: dict[str, list[int]] = {}
    for user in parts.everybody():
        if user.status is UserStatus.DELETED:
            continue
        counted = found.setdefault(user.group_id or "", [0, 0])
        counted[0] += 1
        counted[1] += user.current_usage if user.period >= period else 0
    return {group_id: Members(*counted) for group_id, counted in found.items()}


def _impact(parts: AccountsParts, drafted: "StatedPlans", group: Group) -> Impact:
    return impact_of(
        (user for user in parts.everybody() if user.group_id == group.group_id),
        drafted.terms_of,
        seeds=parts.plan_store.seeds,
        period=period_of(parts.platform.clock(), parts.platform.settings.zone),
    )


def _say_impact(impact: Impact) -> None:
    say(_t.many("impact.changed", impact.changed, users=number(impact.counts.users)))
    if impact.used_up:
        say(_t.many("impact.used_up", impact.used_up, blocked=impact.blocked))
    if impact.served:
        say(_t.many("impact.served", impact.served))


def _show(parts: AccountsParts, group: Group, *, json: bool) -> None:
    members = _members(parts).get(group.group_id, Members())
    if json:
        as_json(_group_json(group, members))
        return
    terms, as_plan = group.terms, _t("as_plan")
    enforcement, ceiling = terms.enforcement, group.ceiling_tokens
    shown = {
        "show.group": group.name,
        "show.cost_center": group.cost_center,
        "show.users": number(members.users),
        "show.used": number(members.used_tokens),
        "show.plan": as_plan if terms.plan is None else plan_word(terms.plan),
        "show.limit": as_plan if terms.monthly_limit is None else number(terms.monthly_limit),
        "show.day": terms.daily_limit or as_plan,
        "show.enforcement": as_plan if enforcement is None else enforcement.value,
        "show.warnings": _warnings(group) or as_plan,
        "show.models": ", ".join(terms.models or ()) or as_plan,
        "show.ceiling": _t("none") if ceiling is None else number(ceiling),
        "show.managers": ", ".join(group.managers),
        "show.recipients": ", ".join(group.recipients),
    }
    facts((_t(key), value) for key, value in shown.items() if value)


def _warnings(group: Group) -> str:
    parts = (group.terms.warning_ppm, group.terms.critical_ppm)
    return " · ".join(f"{percents(one)}%" for one in parts if one is not None)


def _group_json(group: Group, members: Members) -> dict[str, Any]:
    """A group in the words of the admin API."""
    from solaris.accounts.groups.schemas import GroupOut  # noqa: PLC0415 - slow

    return GroupOut.of(group, members).model_dump(mode="json", by_alias=True)
