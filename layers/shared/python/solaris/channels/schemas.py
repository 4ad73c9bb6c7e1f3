"""Models of channels. Of an address its end is shown; a secret is in one answer only."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from solaris.channels.addresses import MAX_URL_CHARACTERS
from solaris.channels.channel import (
    MAX_CHANNELS,
    MAX_GROUPS,
    MAX_HISTORY,
    MAX_NAME_CHARACTERS,
    ChannelFilter,
    ChannelKind,
    Outcome,
    PausedWhy,
    Try,
)
from solaris.channels.event_names import CHOSEN, EventName
from solaris.channels.management import ChannelRow, ChannelTerms
from solaris.platform.web.schemas import ApiModel, Instant

CHANNEL_ID = r"^chn_[0-9a-f]{12}$"

ChannelId = Annotated[str, StringConstraints(pattern=CHANNEL_ID)]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=r"\S")
]
Url = Annotated[
    str,
    Field(
        min_length=9,
        max_length=MAX_URL_CHARACTERS,
        pattern=r"^https?://[!-\[\]-~]+$",
        description="Where alerts are sent: https, and to the public internet alone, unless "
        "CHANNEL_ALLOWED_HOSTS names its host. It is not shown again.",
        examples=["https://hooks.example.com/alerts"],
    ),
]
GroupId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Language = Literal["pt-BR", "en"]
ChosenEvent = Literal[
    "quota.warning",
    "quota.critical",
    "quota.blocked",
    "grant.ending",
    "month.closed",
    "ceiling.reached",
    "group.month_closed",
    "model.unpriced",
    "request.created",
    "request.decided",
    "user.pending",
    "key.expiring",
    "upstream.failing",
    "books.differ",
]


class ChannelFilterModel(ApiModel):
    """What of all that happens a channel gets."""

    events: Annotated[list[ChosenEvent], Field(min_length=1, max_length=len(CHOSEN))] | None = (
        Field(default=None, description="Null: all events, those of later versions as well.")
    )
    groups: Annotated[list[GroupId], Field(max_length=MAX_GROUPS)] = Field(
        default=[],
        description="Ids of groups: what is about one of them, or about who was in it then. "
        "Empty: everything. With groups nothing comes that is about none.",
    )

    def filter(self) -> ChannelFilter:
        """As the service takes it."""
        groups = tuple(dict.fromkeys(self.groups))
        if self.events is None:
            return ChannelFilter(None, groups)
        return ChannelFilter(tuple(one for one in CHOSEN if one.value in self.events), groups)

    @classmethod
    def of(cls, found: ChannelFilter) -> "ChannelFilterModel":
        """A channel's."""
        events: Any = None if found.events is None else [one.value for one in found.events]
        return cls(events=events, groups=list(found.groups))


class ChannelCreate(ApiModel):
    """A channel to be made."""

    name: Name
    kind: ChannelKind
    url: Url
    filter: ChannelFilterModel = ChannelFilterModel()
    language: Language = "pt-BR"
    no_names: bool = Field(default=False, description="Leaves out people's names and addresses.")

    def terms(self) -> ChannelTerms:
        """As the service takes it."""
        return ChannelTerms(
            name=self.name,
            kind=self.kind,
            url=self.url,
            filter=self.filter.filter(),
            language=self.language,
            no_names=self.no_names,
        )


class ChannelUpdate(ApiModel):
    """What shall be otherwise; what is not named stays. The kind stays always."""

    name: Name | None = None
    url: Url | None = None
    filter: ChannelFilterModel | None = None
    language: Language | None = None
    no_names: bool | None = None

    def changes(self) -> dict[str, Any]:
        """As the service takes it."""
        given = {
            "name": self.name,
            "url": self.url,
            "filter": None if self.filter is None else self.filter.filter(),
            "language": self.language,
            "no_names": self.no_names,
        }
        return {name: value for name, value in given.items() if value is not None}


class DeliveryTry(ApiModel):
    """One try to deliver. Of what was answered only the status is known."""

    at: Instant
    event: EventName
    outcome: Outcome
    status: int | None = Field(description="Null: there was no answer.")
    milliseconds: int
    number: int = Field(description="Which of the delivery's five tries; 0: a test.")
    is_last: bool = Field(description="It failed, and the delivery was given up.")

    @classmethod
    def of(cls, one: Try) -> "DeliveryTry":
        """A try."""
        return cls(
            at=one.at,
            event=EventName(one.event),
            outcome=one.outcome,
            status=one.status,
            milliseconds=one.milliseconds,
            number=one.number,
            is_last=one.is_last,
        )


class ChannelOut(ApiModel):
    """A channel, and how it fares."""

    id: str
    name: str
    kind: ChannelKind
    address: str = Field(
        description="Scheme, host and the last four characters.",
        examples=["https://hooks.example.com/…9f2c"],
    )
    filter: ChannelFilterModel
    language: Language
    no_names: bool
    is_readable: bool = Field(
        description="False: SECRET_KEY is another than the one that has sealed the address, "
        "which must be entered again."
    )
    secret_end: str | None = Field(description="The last four characters; null: it has none.")
    old_secret_until: Instant | None = Field(
        description="Until when the secret before signs as well; null: it does not."
    )
    paused_at: Instant | None
    paused_why: PausedWhy | None
    failures: int = Field(description="Tries in a row that have failed; at 50 it is paused.")
    last_try: DeliveryTry | None
    created_at: Instant
    created_by: str
    changed_at: Instant
    changed_by: str

    @classmethod
    def of(cls, row: ChannelRow) -> "ChannelOut":
        """A channel of the list."""
        return cls(**_values(row))


class ChannelMade(ChannelOut):
    """A channel with the secret that was just made."""

    secret: str | None = Field(description="Shown this once; null: only webhooks have one.")

    @classmethod
    def made(cls, row: ChannelRow) -> "ChannelMade":
        """A channel that was made, or has a new secret."""
        return cls(**_values(row), secret=row.secret)


class ChannelList(ApiModel):
    """All channels, by name."""

    items: list[ChannelOut] = Field(max_length=MAX_CHANNELS)


class ChannelHistory(ApiModel):
    """The last tries, newest first."""

    items: list[DeliveryTry] = Field(max_length=MAX_HISTORY)


def _values(row: ChannelRow) -> dict[str, Any]:
    channel, standing = row.channel, row.standing
    old = [one.until for one in channel.secrets[1:]]
    return {
        "id": channel.channel_id,
        "name": channel.name,
        "kind": channel.kind,
        "address": channel.shown_url,
        "filter": ChannelFilterModel.of(channel.filter),
        "language": channel.language,
        "no_names": channel.no_names,
        "is_readable": channel.url is not None,
        "secret_end": channel.secrets[0].text[-4:] if channel.secrets else None,
        "old_secret_until": old[0] if old else None,
        "paused_at": standing.paused_at,
        "paused_why": standing.paused_why,
        "failures": standing.failures,
        "last_try": DeliveryTry.of(standing.tries[0]) if standing.tries else None,
        "created_at": channel.created_at,
        "created_by": channel.created_by,
        "changed_at": channel.changed_at,
        "changed_by": channel.changed_by,
    }
