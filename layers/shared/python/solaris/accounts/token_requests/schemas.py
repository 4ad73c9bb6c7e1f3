"""Models of requests for tokens."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from solaris.accounts.schemas import GroupId, LastDay, Reason
from solaris.accounts.token_requests.listing import AskedBy
from solaris.accounts.token_requests.policy import RequestPolicy, StatedPolicy
from solaris.accounts.token_requests.request import (
    REQUEST_ID_PATTERN,
    AskRefusal,
    DecidedHow,
    MayAsk,
    RequestState,
    TokenRequest,
)
from solaris.accounts.token_requests.service import Approval
from solaris.platform.actor import MAX_REASON_CHARACTERS
from solaris.platform.web.schemas import ApiModel, Instant, PageQuery
from solaris.quota.changes import MAX_GRANT_TOKENS
from solaris.quota.grant import GrantKind, Term

RequestId = Annotated[str, StringConstraints(pattern=REQUEST_ID_PATTERN)]
AskedTokens = Annotated[int, Field(ge=1, le=MAX_GRANT_TOKENS)]
AskedReason = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_REASON_CHARACTERS, pattern=r"\S")
]
Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class AskForTokens(ApiModel):
    """What a user asks for."""

    tokens: AskedTokens
    reason: AskedReason = Field(description="For whoever decides.")


class OwnRequest(ApiModel):
    """A request for tokens, as its user sees it."""

    id: str
    state: RequestState = Field(description="`lapsed`: nobody had decided when its month was over.")
    tokens: int = Field(description="What was asked for.")
    reason: str
    created_at: Instant
    decided_at: Instant | None
    granted_tokens: int | None = Field(
        description="What was granted; null: nothing, or given by another way (`how` is `raise`)."
    )
    grant_kind: GrantKind | None = Field(description="How long that lasts.")
    until: date | None = Field(description="Its last day, of kind `until`.")
    how: DecidedHow | None
    note: str = Field(description="What whoever decided has to say.")

    @classmethod
    def of(cls, request: TokenRequest, period: str) -> "OwnRequest":
        """A request, told in a month."""
        return cls(
            id=request.request_id,
            state=request.state_in(period),
            tokens=request.tokens,
            reason=request.reason,
            created_at=request.created_at,
            decided_at=request.decided_at,
            granted_tokens=request.granted_tokens,
            grant_kind=request.grant_kind,
            until=request.until,
            how=request.how,
            note=request.note,
        )


class OwnAsking(ApiModel):
    """Whether one may ask for tokens, how many one's own pace would need, and the last request."""

    allowed: bool
    why_not: AskRefusal | None = Field(
        description="`pending`: one is being looked at; `paused`: one was denied lately; "
        "`off`: requests are not taken here; `not_limited`: nothing is refused for tokens."
    )
    not_before: Instant | None = Field(description="When one may ask again, while `paused`.")
    suggestions: list[int] = Field(description="Three amounts, by one's own pace, rising.")
    last: OwnRequest | None

    @classmethod
    def of(
        cls,
        may_ask: MayAsk,
        last: TokenRequest | None,
        *,
        period: str,
        suggestions: tuple[int, ...],
    ) -> "OwnAsking":
        """What the service found."""
        return cls(
            allowed=may_ask.why_not is None,
            why_not=may_ask.why_not,
            not_before=may_ask.not_before,
            suggestions=list(suggestions),
            last=None if last is None else OwnRequest.of(last, period),
        )


class TokenRequestOut(OwnRequest):
    """A request, who made it, and how they stand."""

    user_id: str
    email: str
    name: str
    group_id: str | None = Field(description="Home group as of now.")
    group_name: str | None
    period: str = Field(examples=["2026-11"])
    decided_by: str | None = Field(
        description="An admin's or manager's address, `system`, `admin-key:<id>` or `cli:<login>`."
    )
    monthly_limit: int
    additional_tokens: int
    current_usage: int
    available_tokens: int

    @classmethod
    def about(cls, one: AskedBy, group_name: str | None) -> "TokenRequestOut":
        """A request in a list."""
        user = one.account.user
        return cls(
            **OwnRequest.of(one.request, user.period).model_dump(),
            user_id=user.user_id,
            email=user.email,
            name=user.name,
            group_id=user.group_id,
            group_name=group_name,
            period=one.request.period,
            decided_by=one.request.decided_by,
            monthly_limit=user.monthly_limit,
            additional_tokens=user.additional_tokens,
            current_usage=user.current_usage,
            available_tokens=user.available_tokens,
        )


class TokenRequestsQuery(PageQuery):
    """Which requests are listed: of one state and month, newest first."""

    state: RequestState = RequestState.PENDING
    period: Period | None = Field(
        default=None,
        description="The month that they were made in; this one, unless stated. Of `lapsed` the "
        "last one.",
    )
    group: tuple[GroupId, ...] = Field(default=(), max_length=50, description="Ids of groups.")


class UserRequestsQuery(ApiModel):
    """How many of a user's requests are listed."""

    limit: int = Field(default=20, ge=1, le=100)


class TokenRequestsOfUser(ApiModel):
    """A user's requests, newest first."""

    items: list[TokenRequestOut]


class ApproveRequest(ApiModel):
    """What is granted: as much as was asked for, for this month, unless stated."""

    tokens: AskedTokens | None = None
    kind: GrantKind = GrantKind.THIS_MONTH
    until: LastDay | None = Field(default=None, description="Last day, of kind `until` alone.")
    note: Reason = Field(default="", description="For the user.")

    def approval(self) -> Approval:
        """As the service takes it."""
        return Approval(self.tokens, Term(self.kind, self.until), self.note)


class DenyRequest(ApiModel):
    """A word to the user, who may not ask again for seven days."""

    note: Reason = Field(default="", description="For the user.")


class RequestPolicyOut(ApiModel):
    """Whether users may ask, and what they get without anybody deciding."""

    is_on: bool
    automatic_tokens: int = Field(
        description="So many a user and month are granted at once, for this month; 0: none."
    )
    version: int = Field(description="To be named by a change.")
    changed_at: Instant | None
    changed_by: str | None

    @classmethod
    def of(cls, stated: StatedPolicy) -> "RequestPolicyOut":
        """The policy in force."""
        return cls(
            is_on=stated.policy.is_on,
            automatic_tokens=stated.policy.automatic_tokens,
            version=stated.document.version,
            changed_at=stated.document.changed_at,
            changed_by=stated.document.changed_by,
        )


class RequestPolicyIn(ApiModel):
    """A policy in the place of the one of a version."""

    is_on: bool
    automatic_tokens: int = Field(ge=0, le=MAX_GRANT_TOKENS)
    version: int = Field(ge=0)
    reason: Reason = ""

    @property
    def policy(self) -> RequestPolicy:
        """As the service takes it."""
        return RequestPolicy(is_on=self.is_on, automatic_tokens=self.automatic_tokens)
