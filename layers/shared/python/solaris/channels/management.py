"""Channels made, changed, tried out and removed by people: the admin API and the command line.

A change is one write of the document with its audit row, under the condition that nobody else has
changed it meanwhile; in force within five seconds. A secret is told once, by what has made it. The
audit log has an address's host and never more: what follows it may be a secret.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from solaris.alerts.alert import ChannelPaused
from solaris.audit.auditor import Auditor
from solaris.channels.addresses import UrlRefusedError
from solaris.channels.channel import (
    MAX_CHANNELS,
    MAX_NAME_CHARACTERS,
    Channel,
    ChannelFilter,
    ChannelKind,
    Secret,
    Standing,
    Try,
    resumed,
    rotated,
    shown_url,
)
from solaris.channels.events import ChannelEvent, test_event
from solaris.channels.signing import new_secret
from solaris.channels.store import Channels, ChannelStore
from solaris.platform.actor import Actor
from solaris.platform.aws.items import Action
from solaris.platform.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    SolarisError,
)
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.platform.texts import Locale, rule_text
from solaris.quota.groups.group import Groups, name_key
from solaris.quota.periods import period_of

MAX_ATTEMPTS = 4

_log = get_logger("solaris.channels")


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel, how it fares, and the secret where it was just made."""

    channel: Channel
    standing: Standing
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTerms:
    """What a new channel shall be."""

    name: str
    kind: ChannelKind
    url: str = field(repr=False)
    filter: ChannelFilter
    language: Locale = "pt-BR"
    no_names: bool = False


class Checker(Protocol):
    """What refuses URLs that nothing may be sent to (sending.py)."""

    def check(self, url: str) -> None:
        """Raises UrlRefusedError."""


class ChannelManagement:
    """Channels for the operator.

    `try_out` sends a test at once, `close_alert` closes an alert by its id, `groups` gives those
    that there are; `clock` gives the time in UTC, `zone` is the periods'.
    """

    def __init__(
        self,
        *,
        channels: ChannelStore,
        checker: Checker,
        try_out: Callable[[Channel, ChannelEvent], Try],
        close_alert: Callable[[str], None],
        groups: Callable[[], Groups],
        auditor: Auditor,
        zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._channels = channels
        self._checker = checker
        self._try_out = try_out
        self._close_alert = close_alert
        self._groups = groups
        self._auditor = auditor
        self._zone = zone
        self._clock = clock

    def every(self) -> list[ChannelRow]:
        """All channels by name. Raises StoreUnavailableError."""
        found = self._channels.read().by_id
        standings = self._channels.standings(list(found))
        rows = [ChannelRow(one, standings[one.channel_id]) for one in found.values()]
        return sorted(rows, key=lambda row: row.channel.name.casefold())

    def get(self, channel_id: str) -> ChannelRow:
        """One channel. Raises NotFoundError."""
        return self._row(self._found(self._channels.read(), channel_id))

    def named(self, reference: str) -> Channel:
        """A channel by its id or its name. Raises NotFoundError."""
        wanted = reference.strip().casefold()
        for one in self._channels.read().by_id.values():
            if wanted in (one.channel_id, one.name.casefold()):
                return one
        raise NotFoundError("no such channel")

    def create(self, terms: ChannelTerms, actor: Actor) -> ChannelRow:
        """Make a channel. Raises InvalidRequestError."""
        self._check_url(terms.url)
        self._check_groups(terms.filter.groups)
        now = self._clock()
        secret = new_secret() if terms.kind is ChannelKind.WEBHOOK else None
        channel = Channel(
            channel_id=f"chn_{uuid4().hex[:12]}",
            name=_name(terms.name),
            kind=terms.kind,
            url=terms.url,
            shown_url=shown_url(terms.url),
            filter=terms.filter,
            language=terms.language,
            no_names=terms.no_names,
            secrets=(Secret(secret),) if secret else (),
            created_at=now,
            created_by=actor.name,
            changed_at=now,
            changed_by=actor.name,
        )

        def added(found: Channels) -> list[Channel]:
            if len(found.by_id) >= MAX_CHANNELS:
                raise _wrong("name", "too_many_channels", f"at most {MAX_CHANNELS} channels")
            return [*found.by_id.values(), channel]

        entry = self._auditor.entry(
            actor,
            "channel.create",
            target_type="channel",
            target_id=channel.channel_id,
            target_label=channel.name,
            after=self._figures(channel),
        )
        self._write(added, actor, [self._auditor.action(entry)], channel)
        _log.info("channel_created", channel_id=channel.channel_id, kind=channel.kind.value)
        return ChannelRow(channel, Standing(), secret)

    def update(self, channel_id: str, changes: Mapping[str, Any], actor: Actor) -> ChannelRow:
        """Change what is named: `name`, `url`, `filter`, `language`, `no_names`.

        Raises NotFoundError, InvalidRequestError, ConflictError.
        """
        if "url" in changes:
            self._check_url(changes["url"])
        given = dict(changes)
        if "name" in given:
            given["name"] = _name(given["name"])
        if "url" in given:
            given["shown_url"] = shown_url(given["url"])
        return self._row(self._change(channel_id, lambda one: replace(one, **given), actor))

    def rotate(self, channel_id: str, actor: Actor) -> ChannelRow:
        """Give a webhook a new secret; the one before signs as well for a day.

        Raises NotFoundError, InvalidRequestError where the channel has no secret.
        """
        secret = new_secret()

        def turned(one: Channel) -> Channel:
            if one.kind is not ChannelKind.WEBHOOK:
                raise _wrong("kind", "channel_without_secret", "only webhooks have a secret")
            return replace(one, secrets=rotated(one.secrets, secret, self._clock()))

        changed = self._change(channel_id, turned, actor, "channel.rotate")
        return replace(self._row(changed), secret=secret)

    def delete(self, channel_id: str, actor: Actor) -> None:
        """Remove a channel with its history. Raises NotFoundError, ConflictError."""
        channel = self._found(self._channels.read(), channel_id)
        entry = self._auditor.entry(
            actor,
            "channel.delete",
            target_type="channel",
            target_id=channel_id,
            target_label=channel.name,
            before=self._figures(channel),
        )

        def without(found: Channels) -> list[Channel]:
            self._found(found, channel_id)
            return [one for one in found.by_id.values() if one.channel_id != channel_id]

        rows = [self._auditor.action(entry), self._channels.forget(channel_id)]
        self._write(without, actor, rows)
        _log.info("channel_deleted", channel_id=channel_id)

    def test(self, channel_id: str, actor: Actor) -> Try:
        """Send a test, paused or not, and tell how it went. Raises NotFoundError."""
        channel = self._found(self._channels.read(), channel_id)
        self._auditor.record(
            self._auditor.entry(
                actor,
                "channel.test",
                target_type="channel",
                target_id=channel_id,
                target_label=channel.name,
            )
        )
        now = self._clock()
        return self._try_out(channel, test_event(channel_id, now, period_of(now, self._zone)))

    def resume(self, channel_id: str, actor: Actor) -> ChannelRow:
        """Let a paused channel get alerts again; what happened meanwhile is not sent.

        Again changes nothing. Raises NotFoundError.
        """
        channel = self._found(self._channels.read(), channel_id)
        entry = self._auditor.entry(
            actor,
            "channel.resume",
            target_type="channel",
            target_id=channel_id,
            target_label=channel.name,
        )

        def rows(before: Standing, _after: Standing) -> Sequence[Action]:
            return [self._auditor.action(entry)] if before.is_paused else []

        before, after = self._channels.change(
            channel_id, lambda found: resumed(found) if found.is_paused else found, rows=rows
        )
        if before.is_paused and before.failing_since is not None:
            self._close(channel, before.failing_since)
        return ChannelRow(channel, after)

    def _close(self, channel: Channel, since: datetime) -> None:
        """Close the alert about the pause: a courtesy, which costs the change nothing."""
        period = period_of(since, self._zone)
        paused = ChannelPaused(channel.channel_id, channel.name, since, period)
        try:
            self._close_alert(paused.alert_id)
        except SolarisError as error:
            _log.warning("alert_not_closed", channel_id=channel.channel_id, error=str(error))

    def _change(
        self,
        channel_id: str,
        rule: Callable[[Channel], Channel],
        actor: Actor,
        action: str = "channel.update",
    ) -> Channel:
        before = self._found(self._channels.read(), channel_id)
        after = rule(before)
        if after == before:
            return before
        # one that was deleted since may stay
        self._check_groups(set(after.filter.groups) - set(before.filter.groups))
        now = self._clock()
        after = replace(after, changed_at=now, changed_by=actor.name)
        old, new = self._figures(before), self._figures(after)
        differing = {name for name in new if old[name] != new[name]}
        if before.url != after.url and "address" not in differing:
            differing.add("address")  # the same host: that it has changed is what is told
        entry = self._auditor.entry(
            actor,
            action,
            target_type="channel",
            target_id=channel_id,
            target_label=after.name,
            before={name: old[name] for name in new if name in differing} or None,
            after={name: new[name] for name in new if name in differing} or None,
        )

        def replaced(found: Channels) -> list[Channel]:
            if self._found(found, channel_id) != before:
                raise ConflictError("somebody else has changed the channel meanwhile")
            return [after if one.channel_id == channel_id else one for one in found.by_id.values()]

        self._write(replaced, actor, [self._auditor.action(entry)], after)
        return after

    def _write(
        self,
        rule: Callable[[Channels], list[Channel]],
        actor: Actor,
        rows: Sequence[Action],
        named: Channel | None = None,
    ) -> None:
        """Write; where another channel was changed meanwhile, again by what is there now."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            found = self._channels.read()
            after = rule(found)
            if named is not None:
                _check_name(named, after)
            try:
                self._channels.write(
                    found, after, changed_by=actor.name, now=self._clock(), rows=rows
                )
            except ConflictError:
                if attempt == MAX_ATTEMPTS:
                    raise
            else:
                return

    def _check_url(self, url: str) -> None:
        try:
            self._checker.check(url)
        except UrlRefusedError as error:
            raise _wrong("url", error.rule, rule_text(error.rule, "en")) from error

    def groups_named(self, names: Sequence[str]) -> tuple[str, ...]:
        """Ids of groups, by id or name. Raises InvalidRequestError where there is no such group."""
        found = {one.key: one.group_id for one in self._groups().values()}
        ids = [one if one in found.values() else found.get(name_key(one), one) for one in names]
        self._check_groups(ids)
        return tuple(dict.fromkeys(ids))

    def group_names(self, chosen: ChannelFilter) -> list[str]:
        """The names of a filter's groups; a deleted one's id."""
        found = self._groups() if chosen.groups else {}
        return [found[one].name if one in found else one for one in chosen.groups]

    def _check_groups(self, ids: Iterable[str]) -> None:
        wanted = set(ids)
        if wanted and not wanted <= self._groups().keys():
            raise _wrong("filter.groups", "no_such_group", "there is no such group")

    def _row(self, channel: Channel) -> ChannelRow:
        standings = self._channels.standings([channel.channel_id])
        return ChannelRow(channel, standings[channel.channel_id])

    def _figures(self, channel: Channel) -> dict[str, "int | str | bool | None"]:
        """What the audit log tells of a channel: no secret, and of its address the host."""
        events = channel.filter.events
        parts = urlsplit(channel.url or channel.shown_url)
        return {
            "name": channel.name,
            "channel_kind": channel.kind.value,
            "address": f"{parts.scheme}://{parts.netloc}",
            "events": None if events is None else ", ".join(one.value for one in events),
            "groups": ", ".join(self.group_names(channel.filter)) or None,
            "language": channel.language,
            "no_names": channel.no_names,
        }

    @staticmethod
    def _found(found: Channels, channel_id: str) -> Channel:
        channel = found.by_id.get(channel_id)
        if channel is None:
            raise NotFoundError("no such channel")
        return channel


def _name(given: str) -> str:
    name = printable(given.strip(), MAX_NAME_CHARACTERS)
    if not name:
        raise _wrong("name", "channel_name_needed", "a channel needs a name")
    return name


def _check_name(channel: Channel, every: Sequence[Channel]) -> None:
    for one in every:
        is_other = one.channel_id != channel.channel_id
        if is_other and one.name.casefold() == channel.name.casefold():
            raise _wrong("name", "channel_name_taken", "another channel has this name")


def _wrong(field: str, rule: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(message, field=field, rule=rule)
