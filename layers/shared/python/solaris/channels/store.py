"""Where channels are kept: one document for what admins have made, an item each for how it fares.

The document is `channels` among what admins change (platform/aws/documents.py): its version makes
each change one condition, with the audit row in the same transaction. URLs and secrets in it are
sealed (platform/sealed_texts.py), each for its own channel. A channel's standing lies beside the
documents, under `system#channels` in the periods table, and is written by whoever delivers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from solaris.channels.channel import (
    Channel,
    ChannelFilter,
    ChannelKind,
    Outcome,
    PausedWhy,
    Secret,
    Standing,
    Try,
    after_tries,
)
from solaris.channels.event_names import CHOSEN
from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    CONDITION_REASON,
    AwsCallError,
    read_items,
    store_errors,
)
from solaris.platform.aws.documents import Document, Documents
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.errors import ConflictError, SolarisError
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.logs import get_logger
from solaris.platform.sealed_texts import TextSeal

DOCUMENT = "channels"
STANDING_OWNER = progress_owner("channels")
MAX_ATTEMPTS = 8

_log = get_logger("solaris.channels")


@dataclass(frozen=True, slots=True)
class Channels:
    """All channels, by id, as one version of the document has them."""

    document: Document
    by_id: Mapping[str, Channel]
    is_current: bool
    """Whether the secret in force has sealed all of them."""


class ChannelStore:
    """Reads and writes them; `client` is a boto3 DynamoDB client."""

    def __init__(
        self, client: Any, *, periods_table: str, documents: Documents, seal: TextSeal
    ) -> None:
        self._client = client
        self._table = periods_table
        self._documents = documents
        self._seal = seal

    def read(self) -> Channels:
        """All channels, strongly consistent. Raises StoreUnavailableError."""
        document = self._documents.get(DOCUMENT)
        written = (document.body or {}).get("channels", [])
        opened = [self._channel(one) for one in written]
        return Channels(
            document,
            {channel.channel_id: channel for channel, _ in opened},
            all(is_current for _, is_current in opened),
        )

    def write(
        self,
        before: Channels,
        after: Sequence[Channel],
        *,
        changed_by: str,
        now: datetime,
        rows: Sequence[Action] = (),
    ) -> None:
        """Put all channels in the place of those that were read, with `rows`.

        What cannot be opened stays as it is. Raises ConflictError where somebody else has
        changed them meanwhile, StoreUnavailableError.
        """
        old = {one["id"]: one for one in (before.document.body or {}).get("channels", [])}
        written = [self._written(one, old.get(one.channel_id, {})) for one in after]
        self._documents.put(
            before.document, {"channels": written}, changed_by=changed_by, now=now, rows=rows
        )

    def reseal(self, found: Channels, now: datetime) -> None:
        """Seal with the secret in force what one before it has sealed. Courtesy: logged, if not."""
        by = found.document.changed_by or "system"
        try:
            self.write(found, list(found.by_id.values()), changed_by=by, now=now)
        except SolarisError as error:
            _log.warning("channels_not_resealed", error=str(error))
        else:
            _log.info("channels_resealed", channels=len(found.by_id))

    def standings(self, channel_ids: Sequence[str]) -> dict[str, Standing]:
        """How channels fare, by id. Raises StoreUnavailableError."""
        keys: list[Item] = [_key(one) for one in channel_ids]
        items = read_items(self._client, self._table, keys) if keys else []
        found = {item["period"]["S"]: _standing(item) for item in items}
        return {one: found.get(one, Standing()) for one in channel_ids}

    def record(self, channel_id: str, tries: Sequence[Try]) -> tuple[Standing, Standing]:
        """Add tries, oldest first; the standing before and after them.

        Whoever else writes meanwhile is read and added to. Raises ConflictError when that
        happens eight times, StoreUnavailableError.
        """
        return self.change(channel_id, lambda before: after_tries(before, tries))

    def change(
        self,
        channel_id: str,
        rule: Callable[[Standing], Standing],
        *,
        rows: Callable[[Standing, Standing], Sequence[Action]] = lambda _before, _after: (),
    ) -> tuple[Standing, Standing]:
        """Change a standing by a rule, with rows in the same transaction; before and after."""
        for _ in range(MAX_ATTEMPTS):
            before = self.standings([channel_id])[channel_id]
            after = rule(before)
            put = self._put(channel_id, before, after)
            more = rows(before, after)
            try:
                with store_errors():
                    if more:
                        self._client.transact_write_items(TransactItems=[put, *more])
                    else:
                        self._client.put_item(**put["Put"])
            except AwsCallError as error:
                is_race = error.aws_code == CONDITION_FAILED or (
                    error.aws_code == CANCELLED and CONDITION_REASON in error.reasons
                )
                if not is_race:
                    raise
                continue
            return before, after
        msg = f"channel {channel_id} changes too often"
        raise ConflictError(msg)

    def forget(self, channel_id: str) -> Action:
        """The action that drops a channel's standing."""
        return {"Delete": {"TableName": self._table, "Key": _key(channel_id)}}

    def _put(self, channel_id: str, before: Standing, after: Standing) -> Action:
        texts = {
            "failing_since": _told(after.failing_since),
            "paused_at": _told(after.paused_at),
            "paused_why": after.paused_why,
            "tries": orjson.dumps([_try_written(one) for one in after.tries]).decode(),
        }
        item: Item = {
            **_key(channel_id),
            "version": number(before.version + 1),
            "failures": number(after.failures),
            **{name: text(value) for name, value in texts.items() if value is not None},
        }
        return {
            "Put": {
                "TableName": self._table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(user_id) OR #version = :before",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":before": number(before.version)},
            }
        }

    def _channel(self, written: Mapping[str, Any]) -> tuple[Channel, bool]:
        channel_id = written["id"]
        url = self._seal.open(written["url"], channel_id)
        opened = [
            (self._seal.open(one["sealed"], channel_id), one.get("until"))
            for one in written.get("secrets", [])
        ]
        channel = Channel(
            channel_id=channel_id,
            name=written["name"],
            kind=ChannelKind(written["kind"]),
            url=url.text if url else None,
            shown_url=written["shown_url"],
            filter=_filter(written.get("filter", {})),
            language=written["language"],
            no_names=written["no_names"],
            secrets=tuple(
                Secret(one.text, parse_instant(until) if until else None)
                for one, until in opened
                if one is not None
            ),
            created_at=parse_instant(written["created_at"]),
            created_by=written["created_by"],
            changed_at=parse_instant(written["changed_at"]),
            changed_by=written["changed_by"],
        )
        every = [url, *(one for one, _ in opened)]
        return channel, all(one is None or one.is_current for one in every)

    def _written(self, channel: Channel, old: Mapping[str, Any]) -> dict[str, Any]:
        owner = channel.channel_id
        return {
            "id": owner,
            "name": channel.name,
            "kind": channel.kind.value,
            "url": old["url"] if channel.url is None else self._seal.seal(channel.url, owner),
            "shown_url": channel.shown_url,
            "filter": _filter_written(channel.filter),
            "language": channel.language,
            "no_names": channel.no_names,
            "secrets": [
                {"sealed": self._seal.seal(one.text, owner)}
                | ({"until": _told(one.until)} if one.until else {})
                for one in channel.secrets
            ]
            or (old.get("secrets", []) if channel.url is None else []),
            "created_at": iso_milliseconds(channel.created_at),
            "created_by": channel.created_by,
            "changed_at": iso_milliseconds(channel.changed_at),
            "changed_by": channel.changed_by,
        }


def _filter(written: Mapping[str, Any]) -> ChannelFilter:
    # a version before writes no groups, and one without events takes all
    names, groups = written.get("events"), tuple(written.get("groups", ()))
    if names is None:
        return ChannelFilter(None, groups)
    # one of a later version is as good as none
    return ChannelFilter(tuple(one for one in CHOSEN if one.value in names), groups)


def _filter_written(chosen: ChannelFilter) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if chosen.events is not None:
        written["events"] = [one.value for one in chosen.events]
    if chosen.groups:
        written["groups"] = list(chosen.groups)
    return written


def _key(channel_id: str) -> Item:
    return {"user_id": text(STANDING_OWNER), "period": text(channel_id)}


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else iso_milliseconds(moment)


def _try_written(one: Try) -> dict[str, Any]:
    return asdict(one) | {"at": iso_milliseconds(one.at), "outcome": one.outcome.value}


def _standing(item: Mapping[str, Any]) -> Standing:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    paused_at, since = texts.get("paused_at"), texts.get("failing_since")
    return Standing(
        tries=tuple(
            Try(**(one | {"at": parse_instant(one["at"]), "outcome": Outcome(one["outcome"])}))
            for one in orjson.loads(texts.get("tries", "[]"))
        ),
        failures=int(item["failures"]["N"]),
        failing_since=parse_instant(since) if since else None,
        paused_at=parse_instant(paused_at) if paused_at else None,
        paused_why=PausedWhy(texts["paused_why"]) if "paused_why" in texts else None,
        version=int(item["version"]["N"]),
    )
