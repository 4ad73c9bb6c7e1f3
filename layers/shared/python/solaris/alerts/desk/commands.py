"""`solaris alerts`: what waits for somebody, resolved, and opened again."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.alerts.desk.command_texts import TEXTS
from solaris.alerts.listing import AlertQuery, AlertState
from solaris.alerts.parts import AlertsParts
from solaris.platform.actor import Actor
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Texts
from solaris.platform.terminal.output import AsJson, as_json, moment, number, say, table

if TYPE_CHECKING:
    from solaris.alerts.listing import AlertRow

MAX_LISTED = 500

_t = Texts(TEXTS)
app = typer.Typer(no_args_is_help=True, help=_t.help("alerts"))

Reference = Annotated[str, typer.Argument(metavar=_t.help("ALERT"), help=_t.help("alert"))]


@app.command("list", help=_t.help("list"))
def list_alerts(
    *,
    state: Annotated[AlertState, typer.Option(help=_t.help("list.state"))] = AlertState.OPEN,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help=_t.help("list.limit"))] = 50,
    json: AsJson = False,
) -> None:
    """List alerts, newest first."""
    parts = open_parts(AlertsParts)
    page = parts.management.page(AlertQuery(state=state, limit=limit))
    if json:
        as_json([_json(row) for row in page.items])
        return
    if not page.items:
        say(_t("none"))
        return
    zone = parts.platform.settings.zone
    table(
        _t.names(
            *("col.id", "col.type", "col.title", "col.who", "col.created"),
            *(("col.resolved",) if state is AlertState.RESOLVED else ()),
        ),
        [
            (
                _wire(row.alert.alert_id),
                _t.word("type", row.alert.type.value),
                row.alert.title,
                row.user_email or "",
                moment(row.alert.created_at, zone),
                *((row.alert.resolved_by or "",) if state is AlertState.RESOLVED else ()),
            )
            for row in page.items
        ],
    )
    if page.total > len(page.items):
        say(_t("more", total=number(page.total)))


@app.command(help=_t.help("resolve"))
def resolve(alert: Reference, *, json: AsJson = False) -> None:
    """Mark an alert as resolved."""
    row = open_parts(AlertsParts).management.resolve(_stored(alert), Actor(name=actor()))
    say(_t("resolved", title=row.alert.title))
    if json:
        as_json(_json(row))


@app.command(help=_t.help("reopen"))
def reopen(alert: Reference, *, json: AsJson = False) -> None:
    """Take back that an alert was resolved."""
    row = open_parts(AlertsParts).management.reopen(_stored(alert), Actor(name=actor()))
    say(_t("reopened", title=row.alert.title))
    if json:
        as_json(_json(row))


def _wire(alert_id: str) -> str:
    from solaris.alerts.schemas import to_wire  # noqa: PLC0415 - slow

    return to_wire(alert_id)


def _stored(alert: str) -> str:
    from solaris.alerts.schemas import from_wire  # noqa: PLC0415 - slow

    return from_wire(alert.strip())


def _json(row: "AlertRow") -> dict[str, Any]:
    from solaris.alerts.schemas import AlertOut  # noqa: PLC0415 - slow

    return AlertOut.of(row).model_dump(mode="json", by_alias=True)
