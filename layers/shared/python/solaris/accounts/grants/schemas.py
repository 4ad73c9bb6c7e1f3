"""Models of grants: additional tokens, and when they end."""

from datetime import date, datetime

from pydantic import Field

from solaris.accounts.grants.service import GivenGrant
from solaris.accounts.schemas import Reason
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.quota.grant import Grant, GrantKind


class OwnGrant(ApiModel):
    """Additional tokens, and when they end."""

    kind: GrantKind
    tokens: int = Field(description="What is left of it; of this month's and every month's: all.")
    granted_tokens: int
    until: date | None = Field(description="The last day, in the periods' zone.")
    ends_at: Instant | None = Field(
        description="The instant after it. Null: when it is used up, or not at all."
    )

    @classmethod
    def of(cls, grant: Grant, renews_at: datetime) -> "OwnGrant":
        """A grant of a user whose month ends at `renews_at`."""
        return cls(
            kind=grant.kind,
            tokens=grant.tokens,
            granted_tokens=grant.granted_tokens,
            until=None if grant.until is None else date.fromisoformat(grant.until),
            ends_at=grant.end(renews_at),
        )


class GrantOut(OwnGrant):
    """A grant, who gave it and why."""

    id: str = Field(
        description="Of the transaction that gave it; `every-month` stands for all of "
        "those that raise each month's quota."
    )
    reason: str | None = Field(description="Null for what is granted every month.")
    actor: str | None
    created_at: Instant

    @classmethod
    def given(cls, one: GivenGrant, renews_at: datetime) -> "GrantOut":
        """A grant with its row."""
        return cls(
            **OwnGrant.of(one.grant, renews_at).model_dump(),
            id=one.grant.grant_id,
            reason=None if one.row is None else one.row.reason,
            actor=None if one.row is None else one.row.actor,
            created_at=one.grant.created_at,
        )


class GrantsOut(ApiModel):
    """A user's grants, first used first."""

    items: list[GrantOut]


class VoidQuery(ApiModel):
    """Why the grant is taken back; it goes into the transactions."""

    reason: Reason = ""
