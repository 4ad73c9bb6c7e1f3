"""`solaris channels`: where alerts go besides the mails."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from solaris.channels.channel import ChannelFilter, ChannelKind, Try
from solaris.channels.command_texts import TEXTS
from solaris.channels.event_names import CHOSEN, EventName
from solaris.channels.parts import ChannelsParts
from solaris.platform.actor import Actor
from solaris.platform.terminal.command_texts import TEXTS as COMMON
from solaris.platform.terminal.environment import actor, open_parts
from solaris.platform.terminal.language import Language, Texts
from solaris.platform.terminal.output import AsJson, as_json, moment, number, say, sure, table

if TYPE_CHECKING:
    from solaris.channels.management import ChannelRow

_t, _common = Texts(TEXTS), Texts(COMMON)
app = typer.Typer(no_args_is_help=True, help=_t.help("channels"))

Reference = Annotated[str, typer.Argument(metavar=_t.help("CHANNEL"), help=_t.help("channel"))]


@app.command("list", help=_t.help("list"))
def list_channels(*, json: AsJson = False) -> None:
    """List the channels and how each fares."""
    parts = open_parts(ChannelsParts)
    rows, zone = parts.management.every(), parts.platform.settings.zone
    if json:
        as_json([_row_json(row) for row in rows])
        return
    if not rows:
        say(_t("none"))
        return
    table(
        _t.names(
            *("col.id", "col.name", "col.kind", "col.address", "col.events"),
            *("col.groups", "col.state", "col.last"),
        ),
        [
            (
                row.channel.channel_id,
                row.channel.name,
                row.channel.kind.value,
                row.channel.shown_url,
                _events(row.channel.filter),
                ", ".join(parts.management.group_names(row.channel.filter)) or _t("all_groups"),
                _t.word("state", "paused" if row.standing.is_paused else "active"),
                f"{moment(row.standing.tries[0].at, zone)} {_outcome(row.standing.tries[0])}"
                if row.standing.tries
                else "",
            )
            for row in rows
        ],
    )


@app.command(help=_t.help("add"))
def add(
    name: Annotated[str, typer.Argument(metavar=_common.help("NAME"), help=_t.help("add.name"))],
    url: Annotated[str, typer.Argument(metavar=_t.help("URL"), help=_t.help("add.url"))],
    *,
    kind: Annotated[ChannelKind, typer.Option(help=_t.help("add.kind"))] = ChannelKind.WEBHOOK,
    event: Annotated[
        list[str] | None,
        typer.Option(metavar=_t.help("EVENT"), help=_t.help("add.event")),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(metavar=_t.help("GROUP"), help=_t.help("add.group")),
    ] = None,
    language: Annotated[Language | None, typer.Option(help=_t.help("add.language"))] = None,
    no_names: Annotated[bool, typer.Option("--no-names", help=_t.help("add.no_names"))] = False,
    json: AsJson = False,
) -> None:
    """Make a channel."""
    from solaris.channels.management import ChannelTerms  # noqa: PLC0415 - slow

    names = [one.value for one in CHOSEN]
    for one in event or []:
        if one not in names:
            raise typer.BadParameter(", ".join(names), param_hint="--event")
    parts = open_parts(ChannelsParts)
    chosen = tuple(EventName(one) for one in names if one in (event or []))
    terms = ChannelTerms(
        name=name,
        kind=kind,
        url=url,
        filter=ChannelFilter(chosen or None, parts.management.groups_named(group or [])),
        language=language.value if language else parts.platform.settings.locale,
        no_names=no_names,
    )
    row = parts.management.create(terms, Actor(name=actor()))
    say(_t("added", name=row.channel.name, id=row.channel.channel_id))
    if row.secret:
        say(_t("secret"))
        say(row.secret)
    if json:
        as_json(_row_json(row) | {"secret": row.secret})


@app.command("test", help=_t.help("test"))
def send_test(channel: Reference, *, json: AsJson = False) -> None:
    """Send a test to a channel; code 1 where it was not delivered."""
    management = open_parts(ChannelsParts).management
    tried = management.test(management.named(channel).channel_id, Actor(name=actor()))
    if json:
        as_json(_try_json(tried))
    status = f" ({tried.status})" if tried.status is not None else ""
    ms = number(tried.milliseconds)
    say(_t("tested", outcome=_outcome(tried) + status, milliseconds=ms))
    if tried.outcome.value != "delivered":
        raise typer.Exit(1)


@app.command(help=_t.help("remove"))
def remove(
    channel: Reference,
    *,
    yes: Annotated[bool, typer.Option("--yes", help=_t.help("yes"))] = False,
    json: AsJson = False,
) -> None:
    """Remove a channel and its history."""
    management = open_parts(ChannelsParts).management
    found = management.named(channel)
    if not yes:
        sure(_t("remove.sure", name=found.name))
    management.delete(found.channel_id, Actor(name=actor()))
    say(_t("removed", name=found.name))
    if json:
        as_json({"id": found.channel_id})


@app.command(help=_t.help("history"))
def history(channel: Reference, *, json: AsJson = False) -> None:
    """Show the last deliveries of a channel."""
    parts = open_parts(ChannelsParts)
    management, zone = parts.management, parts.platform.settings.zone
    tries = management.get(management.named(channel).channel_id).standing.tries
    if json:
        as_json([_try_json(one) for one in tries])
        return
    if not tries:
        say(_t("no_tries"))
        return
    table(
        _t.names("col.when", "col.event", "col.outcome", "col.status", "col.ms", "col.try"),
        [
            (
                moment(one.at, zone),
                one.event,
                _t("given_up", outcome=_outcome(one)) if one.is_last else _outcome(one),
                one.status or "",
                number(one.milliseconds),
                one.number or "",
            )
            for one in tries
        ],
        right=_t.names("col.status", "col.ms", "col.try"),
    )


@app.command(help=_t.help("resume"))
def resume(channel: Reference, *, json: AsJson = False) -> None:
    """Let a paused channel get alerts again."""
    management = open_parts(ChannelsParts).management
    row = management.resume(management.named(channel).channel_id, Actor(name=actor()))
    say(_t("resumed", name=row.channel.name))
    if json:
        as_json(_row_json(row))


def _events(chosen: ChannelFilter) -> str:
    if chosen.events is None:
        return _t("all_events")
    return ", ".join(one.value for one in chosen.events)


def _outcome(one: Try) -> str:
    return _t.word("outcome", one.outcome.value)


def _row_json(row: "ChannelRow") -> dict[str, Any]:
    from solaris.channels.schemas import ChannelOut  # noqa: PLC0415 - slow

    return ChannelOut.of(row).model_dump(mode="json", by_alias=True)


def _try_json(one: Try) -> dict[str, Any]:
    from solaris.channels.schemas import DeliveryTry  # noqa: PLC0415 - slow

    return DeliveryTry.of(one).model_dump(mode="json", by_alias=True)
