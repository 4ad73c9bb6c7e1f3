"""`solaris plans`: what each plan gives, changed for all who have it."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from solaris.accounts.change_commands import Reason, plan_word
from solaris.accounts.daily.commands import daily_limit_word
from solaris.accounts.parts import AccountsParts
from solaris.accounts.plans.command_texts import TEXTS
from solaris.accounts.plans.impact import PlanCounts, counts_of, impact_of
from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError
from solaris.platform.instants import iso_milliseconds
from solaris.platform.terminal.amounts import tokens as tokens_of
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts, decimal, language
from solaris.platform.terminal.output import (
    AsJson,
    as_json,
    console,
    facts,
    fail,
    moment,
    number,
    say,
    sure,
    table,
)
from solaris.platform.texts import rule_text
from solaris.quota.periods import period_of
from solaris.quota.quota import PPM
from solaris.quota.user import Enforcement, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from solaris.accounts.plans.impact import Impact
    from solaris.accounts.plans.progress import Progress as Done
    from solaris.accounts.plans.service import PlansNow
    from solaris.quota.plans import PlanPolicy
    from solaris.quota.policy import StatedPlans

_t = Texts(TEXTS)
app = typer.Typer(invoke_without_command=True, help=_t.help("plans"))
UNSET = "unset"
_COLUMNS = ("col.limit", "col.day", "col.users", "col.from_plan", "col.own", "col.first")


def amount_or_unset(text: str) -> int | str:
    """`2M` as tokens; `unset` as it is."""
    return UNSET if text == UNSET else tokens_of(text)


def percent_or_unset(text: str) -> int | str:
    """`80` or `80%`, in millionths; `unset` as it is."""
    if text == UNSET:
        return UNSET
    try:
        value = float(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        value = 0.0
    if not 1 <= value <= 100:  # noqa: PLR2004 - per cent
        raise typer.BadParameter(_t("not_percent", text=repr(text)))
    return round(value * PPM / 100)


def _rate(text: str) -> float | str:
    if text == UNSET:
        return UNSET
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise typer.BadParameter(_t("not_rate", text=repr(text))) from error


Named = Annotated[Plan, typer.Argument(help=_t.help("arg.plan"))]


@app.callback(help=_t.help("plans"))
def list_plans(context: typer.Context, *, json: AsJson = False) -> None:
    """List plans, and how many have each."""
    if context.invoked_subcommand is not None:
        return
    parts = open_parts(AccountsParts)
    now = parts.plans.now()
    counts = counts_of(parts.everybody(), parts.plan_store.seeds)
    if json:
        as_json(
            {
                "version": now.stated.document.version,
                "plans": [
                    plan_json(plan, policy, counts[plan])
                    for plan, policy in now.stated.plans.items()
                ],
                "propagation": progress_json(now.progress),
            }
        )
        return
    table(
        _t.names("col.plan", *_COLUMNS, "col.enforcement", "col.warnings", "col.rate"),
        [
            (
                plan_word(plan),
                number(policy.monthly_limit),
                policy.daily_limit or "",
                number(counts[plan].users),
                number(counts[plan].from_plan),
                number(counts[plan].own),
                number(counts[plan].default),
                _t(f"enforcement.{policy.enforcement.value}"),
                _warnings(policy),
                _rate_text(policy),
            )
            for plan, policy in now.stated.plans.items()
        ],
        right=_t.names(*_COLUMNS),
    )
    _say_progress(now, parts)


@app.command(help=_t.help("show"))
def show(plan: Named, *, json: AsJson = False) -> None:
    """Show one plan."""
    parts = open_parts(AccountsParts)
    now = parts.plans.now()
    counts = counts_of(parts.everybody(), parts.plan_store.seeds)[plan]
    policy = now.stated.plans[plan]
    if json:
        as_json(plan_json(plan, policy, counts))
        return
    shown = {
        "show.plan": plan_word(plan),
        "show.limit": number(policy.monthly_limit),
        "show.day": policy.daily_limit or _t("none"),
        "show.enforcement": _t(f"enforcement.{policy.enforcement.value}"),
        "show.warnings": _warnings(policy) or _t("as_set"),
        "show.rate": _rate_text(policy) or _t("as_set"),
        "show.users": number(counts.users),
        "show.from_plan": number(counts.from_plan),
        "show.own": number(counts.own),
        "show.first": number(counts.default),
    }
    facts((_t(key), value) for key, value in shown.items())
    _say_progress(now, parts)


def daily_or_unset(value: str) -> str:
    """`50k` as tokens; `auto:25` and `unset` as they are."""
    return value if value == UNSET else daily_limit_word(value)


@app.command("set", help=_t.help("set"))
def set_plan(
    plan: Named,
    *,
    limit: Annotated[
        Any, typer.Option(metavar="TOKENS", parser=amount_or_unset, help=_t.help("set.limit"))
    ] = None,
    daily_limit: Annotated[
        Any, typer.Option(metavar="TOKENS", parser=daily_or_unset, help=_t.help("set.daily_limit"))
    ] = None,
    enforcement: Annotated[
        Enforcement | None, typer.Option(help=_t.help("set.enforcement"))
    ] = None,
    warn: Annotated[
        Any, typer.Option(metavar="%", parser=percent_or_unset, help=_t.help("set.warn"))
    ] = None,
    critical: Annotated[
        Any, typer.Option(metavar="%", parser=percent_or_unset, help=_t.help("set.critical"))
    ] = None,
    rate: Annotated[Any, typer.Option(metavar="N", parser=_rate, help=_t.help("set.rate"))] = None,
    burst: Annotated[
        Any, typer.Option(metavar="N", parser=_rate, help=_t.help("set.burst"))
    ] = None,
    reason: Reason = "",
    preview: Annotated[bool, typer.Option("--preview", help=_t.help("set.preview"))] = False,
    yes: Annotated[bool, typer.Option("--yes", help=_t.help("set.yes"))] = False,
    json: AsJson = False,
) -> None:
    """Change a plan for all who have it, but for what is their own."""
    given = {
        "monthly_limit": limit,
        "daily_limit": daily_limit,
        "enforcement": None if enforcement is None else enforcement.value,
        "warning_ppm": warn,
        "critical_ppm": critical,
        "rate_per_second": rate,
        "rate_burst": int(burst) if isinstance(burst, float) else burst,
    }
    change = {
        name: None if value == UNSET else value
        for name, value in given.items()
        if value is not None
    }
    if not change:
        raise typer.BadParameter(_t("set.nothing"))
    parts = open_parts(AccountsParts)
    stated = parts.plans.now().stated
    impact = _previewed(parts, stated, plan, change)
    _say_impact(plan, impact)
    if preview:
        if json:
            as_json(_impact_json(plan, impact))
        return
    if not yes:
        sure(_t("set.sure", plan=plan_word(plan)))
    parts.plans.change(
        plan,
        change,
        version=stated.document.version,
        actor=Actor(name=actor()),
        reason=reason,
        total=len(parts.everybody()),
    )
    bring(parts, len(parts.everybody()))
    if json:
        now = parts.plans.now()
        counts = counts_of(parts.everybody(), parts.plan_store.seeds)[plan]
        as_json(
            plan_json(plan, now.stated.plans[plan], counts)
            | {"propagation": progress_json(now.progress)}
        )


def _previewed(
    parts: AccountsParts, stated: "StatedPlans", plan: Plan, change: "Mapping[str, Any]"
) -> "Impact":
    try:
        drafted = parts.plans.drafted(stated, plan, change)
    except InvalidRequestError as error:
        rule = error.rule
        fail(error.detail if rule is None else rule_text(rule, language(), error.values))
        raise typer.Exit(1) from error
    zone = parts.platform.settings.zone
    return impact_of(
        (user for user in parts.everybody() if user.plan is plan),
        drafted.terms_of,
        seeds=parts.plan_store.seeds,
        period=period_of(parts.platform.clock(), zone),
    )


def bring(parts: AccountsParts, total: int) -> None:
    """Bring the last change of plans or groups to everybody, with a bar."""
    stderr = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with _bar(columns, stderr, total) as tick:
        report = parts.propagation.run(tick=tick)
    made = report.progress
    if made is None or report.is_held:
        say(_t("held"))
        return
    say(_t.many("done", made.changed))
    if made.failed:
        fail(_t.many("failed", made.failed))
        raise typer.Exit(1)


@contextmanager
def _bar(columns: Any, stderr: Any, total: int) -> "Iterator[Callable[[Done], None]]":
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task(_t("bringing"), total=total)
        yield lambda progress: bar.update(task, completed=progress.users)


def _say_impact(plan: Plan, impact: "Impact") -> None:
    say(_t.many("impact.changed", impact.changed, plan=plan_word(plan)))
    kept = impact.counts.own + impact.counts.default
    if kept:
        say(_t.many("impact.kept", kept))
    if impact.used_up:
        say(_t.many("impact.used_up", impact.used_up, blocked=impact.blocked))
    if impact.served:
        say(_t.many("impact.served", impact.served))


def _say_progress(now: "PlansNow", parts: AccountsParts) -> None:
    document, progress = now.stated.document, now.progress
    if document.changed_at is not None:
        when = moment(document.changed_at, parts.platform.settings.zone)
        say(_t("changed_by", who=document.changed_by or "", when=when, version=document.version))
    if progress is not None and not progress.is_done:
        total = max(progress.total, progress.users)
        say(_t("running", users=progress.users, total=total))


def plan_json(plan: Plan, policy: "PlanPolicy", counts: PlanCounts) -> dict[str, Any]:
    """A plan in the words of the admin API."""
    rate = policy.rate
    return {
        "plan": plan.value,
        "monthlyLimit": policy.monthly_limit,
        "dailyLimit": policy.daily_limit,
        "enforcement": policy.enforcement.value,
        "warning": _part(policy.warning_ppm),
        "critical": _part(policy.critical_ppm),
        "ratePerSecond": None if rate is None else rate.per_second,
        "rateBurst": None if rate is None else rate.burst,
        "users": counts.users,
        "usersWithPlanLimit": counts.from_plan,
        "usersWithOwnLimit": counts.own,
        "usersWithDefaultLimit": counts.default,
    }


def _impact_json(plan: Plan, impact: "Impact") -> dict[str, Any]:
    return {
        "plan": plan.value,
        "users": impact.counts.users,
        "changed": impact.changed,
        "usersWithOwnLimit": impact.counts.own,
        "usersWithDefaultLimit": impact.counts.default,
        "usedUp": impact.used_up,
        "blocked": impact.blocked,
        "served": impact.served,
    }


def progress_json(progress: "Done | None") -> dict[str, Any] | None:
    """How far the last change has come."""
    if progress is None:
        return None
    finished = progress.finished_at
    return {
        "state": "done" if progress.is_done else "running",
        "users": progress.users,
        "total": max(progress.total, progress.users),
        "changed": progress.changed,
        "failed": progress.failed,
        "actor": progress.actor,
        "startedAt": iso_milliseconds(progress.started_at),
        "finishedAt": None if finished is None else iso_milliseconds(finished),
    }


def _warnings(policy: "PlanPolicy") -> str:
    parts = [policy.warning_ppm, policy.critical_ppm]
    shown = [_t("as_set_short") if one is None else f"{percents(one)}%" for one in parts]
    return "" if parts == [None, None] else " · ".join(shown)


def _rate_text(policy: "PlanPolicy") -> str:
    if policy.rate is None:
        return ""
    per_second = policy.rate.per_second
    shown = decimal(per_second, 0 if per_second == int(per_second) else 2)
    return _t("rate", rate=shown, burst=policy.rate.burst)


def percents(ppm: int) -> str:
    """Millionths as per cent."""
    value = ppm * 100 / PPM
    return decimal(value, 0 if value == int(value) else 1)


def _part(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / PPM
