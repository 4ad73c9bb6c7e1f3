"""`solaris models`: which models were used, and how much a token of each counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.platform.actor import Actor
from solaris.platform.errors import InvalidRequestError
from solaris.platform.model_weight import AUTO, ModelWeight, StatedWeight, stated_weights
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts, decimal
from solaris.platform.terminal.output import AsJson, as_json, moment, number, say, table
from solaris.platform.terminal.weight_words import times
from solaris.weights.command_texts import TEXTS
from solaris.weights.parts import WeightsParts

if TYPE_CHECKING:
    from solaris.ledger.weighing import WeightTable
    from solaris.weights.preview import Preview

_t = Texts(TEXTS)
app = typer.Typer(no_args_is_help=True, help=_t.help("models"))

Name = Annotated[str, typer.Argument(metavar=_t.help("NAME"), help=_t.help("set_weight.name"))]
Reason = Annotated[str, typer.Option(help=_t.help("reason"))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_t.help("dry_run"))]


@app.command("list", help=_t.help("list"))
def list_models(*, json: AsJson = False) -> None:
    """List the models that were used, and their weights."""
    from solaris.weights.schemas import WeightsOut  # noqa: PLC0415 - slow

    view = open_parts(WeightsParts).admin.view()
    if json:
        as_json({"models": WeightsOut.of(view).model_dump(mode="json")["models"]})
        return
    table(
        _t.names(
            *("col.model", "col.counts", "col.entry", "col.requests", "col.tokens", "col.charged")
        ),
        [
            (
                one.model,
                times(one.found.weight),
                _t("unpriced", entry=one.found.entry or "")
                if one.found.by_price is False
                else one.found.entry or "",
                number(one.figures.requests),
                number(one.figures.prompt_tokens + one.figures.completion_tokens),
                number(one.figures.charged_tokens),
            )
            for one in view.models
        ],
        right=_t.names("col.requests", "col.tokens", "col.charged"),
    )


@app.command("weights", help=_t.help("weights"))
def weights(*, json: AsJson = False) -> None:
    """List the weights in force."""
    _show(open_parts(WeightsParts).admin.view().table, json=json)


@app.command("set-weight", help=_t.help("set_weight"))
def set_weight(
    name: Name,
    weight: Annotated[
        str, typer.Argument(metavar=_t.help("WEIGHT"), help=_t.help("set_weight.weight"))
    ],
    *,
    completion: Annotated[
        str | None, typer.Option(metavar="N", help=_t.help("set_weight.completion"))
    ] = None,
    cached: Annotated[
        str | None, typer.Option(metavar="N", help=_t.help("set_weight.cached"))
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: AsJson = False,
) -> None:
    """Set how many times a token of a model counts."""
    value: Any = weight
    if completion is not None or cached is not None:
        value = {"prompt": weight, "completion": weight if completion is None else completion}
        value |= {} if cached is None else {"cached": cached}
    key = name.strip().lower()
    _change(lambda entries: entries | {key: value}, reason=reason, dry_run=dry_run, json=json)
    if not (dry_run or json):
        say(_t("set", name=key, times=_stated(stated_weights({key: value})[key])))


@app.command("remove-weight", help=_t.help("remove_weight"))
def remove_weight(
    name: Name, *, reason: Reason = "", dry_run: DryRun = False, json: AsJson = False
) -> None:
    """Remove a weight."""
    key = name.strip().lower()

    def without(entries: dict[str, Any]) -> dict[str, Any]:
        if key not in entries:
            raise InvalidRequestError(_t("no_such", name=key))
        return {one: value for one, value in entries.items() if one != key}

    _change(without, reason=reason, dry_run=dry_run, json=json)
    if not (dry_run or json):
        say(_t("removed", name=key))


def _change(
    changed: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    reason: str,
    dry_run: bool,
    json: bool,
) -> None:
    """Try a change out on the last month, and make it."""
    from solaris.weights.schemas import WeightsPreviewOut  # noqa: PLC0415 - slow

    admin = open_parts(WeightsParts).admin
    before = admin.view().table
    entries = changed({one.strip().lower(): value for one, value in before.entries.items()})
    preview = admin.preview(entries)
    if json and dry_run:
        as_json(WeightsPreviewOut.of(preview).model_dump(mode="json", by_alias=True))
        return
    if not json:
        _show_preview(preview)
    if dry_run:
        return
    after = admin.change(entries, version=before.version, actor=Actor(name=actor()), reason=reason)
    if json:
        _show(after, json=True)


def _show(found: "WeightTable", *, json: bool) -> None:
    entries = stated_weights(found.entries)
    if json:
        as_json(
            {
                "version": found.version,
                "changedBy": found.changed_by,
                "weights": {name: one.written() for name, one in entries.items()},
            }
        )
        return
    if not entries:
        say(_t("nothing_set"))
    else:
        table(
            _t.names("col.name", "col.counts"),
            [(name, _stated(one)) for name, one in entries.items()],
        )
    settings = open_parts(WeightsParts).platform.settings
    if found.version and found.changed_at is not None:
        when = moment(found.changed_at, settings.zone)
        say(_t("changed", when=when, who=found.changed_by or ""))
    elif entries:
        say(_t("of_environment"))


def _show_preview(preview: "Preview") -> None:
    percent = preview.percent or 0
    words = _t("same")
    if percent:
        words = _t("more" if percent > 0 else "less", n=decimal(abs(percent), 1))
    charged, would = number(preview.charged), number(preview.would_charge)
    say(_t("preview", period=preview.period, charged=charged, would=would, percent=words))
    people = {"over": preview.over, "users": preview.people, "newly": preview.newly_over}
    say(_t("preview_users", **people))
    if not preview.is_whole:
        say(_t("preview_part"))


def _stated(one: StatedWeight) -> str:
    if one.reference is not None:
        return AUTO + one.reference
    return times(ModelWeight(one.prompt, one.completion, one.prompt), one.cached)
