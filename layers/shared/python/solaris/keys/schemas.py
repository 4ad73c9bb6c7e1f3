"""Models of gateway keys. The key itself is in one answer only: that of its creation."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from solaris.directory.listing import MAX_SEARCH_CHARACTERS
from solaris.keys.key import (
    MAX_KEY_DAYS,
    GatewayKey,
    KeyKind,
)
from solaris.keys.listing import KeyQuery, KeyRow, KeyState
from solaris.keys.management import KeyTerms
from solaris.platform.email import MAX_EMAIL_CHARACTERS, normalise_email
from solaris.platform.rate_rule import (
    MAX_RATE_BURST,
    MAX_RATE_PER_SECOND,
    MIN_RATE_PER_SECOND,
)
from solaris.platform.web.schemas import ApiModel, Email, Instant, InstantInput, PageQuery
from solaris.quota.identity import MAX_NAME_CHARACTERS
from solaris.quota.model_names import MAX_ALLOWED_MODELS, MAX_MODEL_CHARACTERS

KEY_ID = r"^key_[0-9a-f]{12}$"

KeyId = Annotated[str, StringConstraints(pattern=KEY_ID)]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=r"\S")
]
ModelPattern = Annotated[
    str, StringConstraints(max_length=MAX_MODEL_CHARACTERS, pattern=r"^(\*|[^*\s][^*]*\*?)$")
]
AllowedModels = Annotated[
    list[ModelPattern],
    Field(
        min_length=1,
        max_length=MAX_ALLOWED_MODELS,
        description="Names of models, or beginnings of names followed by `*`. Null: any model.",
        examples=[["gpt-4o-mini", "claude-*"]],
    ),
]
Rate = Annotated[
    float,
    Field(
        ge=MIN_RATE_PER_SECOND,
        le=MAX_RATE_PER_SECOND,
        description="Requests a second of all users of the key together. Null: no limit.",
    ),
]
Burst = Annotated[
    int,
    Field(
        ge=1,
        le=MAX_RATE_BURST,
        description="Requests at once; two seconds' worth unless stated. Needs a rate.",
    ),
]


class KeyListQuery(PageQuery):
    """Which keys are listed, newest first."""

    kind: tuple[KeyKind, ...] = ()
    state: KeyState | None = None
    user: str | None = Field(
        default=None, max_length=MAX_EMAIL_CHARACTERS, description="Address of a personal key."
    )
    search: str = Field(
        default="",
        max_length=MAX_SEARCH_CHARACTERS,
        description="A part of the name, the prefix or the address.",
    )

    def query(self) -> KeyQuery:
        """As the directory takes it."""
        return KeyQuery(
            kinds=self.kind,
            state=self.state,
            user_email=None if self.user is None else normalise_email(self.user),
            search=self.search,
            limit=self.limit,
            cursor=self.cursor,
        )


class KeyCreate(ApiModel):
    """A key to be made."""

    name: Name
    kind: KeyKind
    user_email: Email | None = Field(
        default=None, description="Whose a personal key is; a service key has nobody's."
    )
    expires_at: InstantInput | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_KEY_DAYS)] | None = Field(
        default=None, description="Instead of `expiresAt`. Neither: the key does not expire."
    )
    allowed_models: AllowedModels | None = None
    rate_limit_per_second: Rate | None = None
    rate_limit_burst: Burst | None = None
    new_user: bool = Field(
        default=False,
        description="Whose a personal key is may be nobody yet; else such an address is refused "
        "(`unknown_user`), for it may be mistyped.",
    )

    def terms(self) -> KeyTerms:
        """As the service takes it."""
        return KeyTerms(
            name=self.name,
            kind=self.kind,
            user_email=self.user_email,
            expires_at=self.expires_at,
            days=self.expires_in_days,
            allowed_models=self.allowed_models,
            rate_limit_per_second=self.rate_limit_per_second,
            rate_limit_burst=self.rate_limit_burst,
            new_user=self.new_user,
        )


class KeyUpdate(ApiModel):
    """What shall be different; a field left out stays, null takes a limit away."""

    name: Name | None = Field(default=None, description="Null leaves it as it is.")
    expires_at: InstantInput | None = None
    allowed_models: AllowedModels | None = None
    rate_limit_per_second: Rate | None = None
    rate_limit_burst: Burst | None = None

    def changes(self) -> dict[str, Any]:
        """Only what was said."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        if said.get("name", "") is None:
            del said["name"]
        return said


class KeyOut(ApiModel):
    """What is known of a key."""

    id: str = Field(description="`key_` and the beginning of the key's SHA-256.")
    prefix: str = Field(description="The beginning of the key, all of it that is shown again.")
    name: str
    kind: KeyKind
    state: KeyState
    user_email: str | None
    allowed_models: tuple[str, ...] | None
    rate_limit_per_second: float | None
    rate_limit_burst: int | None
    created_at: Instant
    created_by: str | None
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None = Field(description="Up to a minute late.")

    @classmethod
    def of(cls, row: KeyRow) -> "KeyOut":
        """A listed key."""
        return cls(**_fields(row.key), state=row.state)


class CreatedKey(KeyOut):
    """A new key, with the key itself: this answer alone shows it."""

    key: str
    librechat_yaml: str | None = Field(
        description="An endpoint for librechat.yaml, for a service key."
    )

    @classmethod
    def made(cls, row: KeyRow, secret: str, snippet: str | None) -> "CreatedKey":
        """A key that was just made."""
        return cls(**_fields(row.key), state=row.state, key=secret, librechat_yaml=snippet)


def _fields(key: GatewayKey) -> dict[str, Any]:
    names = set(KeyOut.model_fields) - {"id", "state"}
    return {"id": key.key_id, **{name: getattr(key, name) for name in names}}
