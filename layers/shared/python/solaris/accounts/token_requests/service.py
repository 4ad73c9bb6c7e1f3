"""Asking for tokens, and deciding. Each step is one transaction with its audit row.

    ask       request + head + audit row; with the grant, where the policy gives it
    approve   grant (user, transaction, audit rows) + request + head + audit row
    deny      request + head (with the pause) + audit row

After the write the news goes on the alerts queue (`tell`), from where mails and channels are made;
what dies in between is told by the upkeep (upkeep.py). No state is decided by what was read before:
each write has the state in its condition.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from solaris.accounts.changes import UserChanges
from solaris.accounts.token_requests.policy import RequestPolicies
from solaris.accounts.token_requests.request import (
    MOST_AUTOMATIC_GRANTS,
    AskRefusal,
    DecidedHow,
    MayAsk,
    RequestState,
    TokenRequest,
    is_answered,
    is_out,
    may_ask,
    new_request_id,
)
from solaris.accounts.token_requests.store import Head, RequestStore
from solaris.accounts.token_requests.telling import RequestTeller
from solaris.audit.auditor import Auditor
from solaris.platform.actor import MAX_REASON_CHARACTERS, Actor
from solaris.platform.aws.items import Action
from solaris.platform.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RequestDecidedError,
    RequestLapsedError,
    RequestPausedError,
    RequestPendingError,
    SolarisError,
)
from solaris.platform.logs import get_logger
from solaris.platform.printable import printable
from solaris.platform.settings import Settings
from solaris.quota.account import account_of
from solaris.quota.grant import GrantKind, Term
from solaris.quota.periods import period_of
from solaris.quota.store import UserStore
from solaris.quota.user import User

THIS_MONTH = Term(GrantKind.THIS_MONTH)
POLICY = Actor(name="system")
"""Who grants what the policy gives by itself."""

_NAMESPACE = uuid.UUID("6d0f7c1e-25b4-5b0c-9f6b-2a8d6f1c4e10")
_RULES = {
    AskRefusal.OFF: "requests_off",
    AskRefusal.NOT_ACTIVE: "asker_not_active",
    AskRefusal.NOT_LIMITED: "asker_not_limited",
}
_log = get_logger("solaris.token_requests")

Check = Callable[[User, datetime], None]


@dataclass(frozen=True, slots=True)
class Approval:
    """What is granted: as much as was asked for and for this month, unless stated."""

    tokens: int | None = None
    term: Term = THIS_MONTH
    note: str = ""


class TokenRequests:
    """Takes requests and decisions; `clock` gives the time in UTC."""

    def __init__(
        self,
        *,
        settings: Settings,
        users: UserStore,
        changes: UserChanges,
        store: RequestStore,
        policies: RequestPolicies,
        auditor: Auditor,
        teller: RequestTeller,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._users = users
        self._changes = changes
        self._store = store
        self._policies = policies
        self._auditor = auditor
        self._teller = teller
        self._clock = clock

    def period(self) -> str:
        """The month that it is."""
        return period_of(self._clock(), self._settings.zone)

    def standing(self, user: User) -> tuple[TokenRequest | None, MayAsk]:
        """A user's newest request, and whether they may ask now; `user` as of now."""
        last = self._store.last_of(user.user_id)
        is_on = self._policies.read().policy.is_on
        return last, may_ask(user, last, self._clock(), is_on=is_on)

    def of(self, user_id: str, request_id: str) -> TokenRequest:
        """One request. Raises NotFoundError, StoreUnavailableError."""
        found = self._store.get(user_id, request_id)
        if found is None:
            msg = f"no such request: {request_id}"
            raise NotFoundError(msg)
        return found

    def ask(self, user_id: str, tokens: int, reason: str, actor: Actor) -> TokenRequest:
        """Ask for tokens; what the policy gives is granted at once.

        Raises NotFoundError, InvalidRequestError, RequestPendingError, RequestPausedError,
        StoreUnavailableError.
        """
        now = self._clock()
        policy = self._policies.read().policy
        user = self._user(user_id)
        head = self._store.head(user_id)
        self._require(user, head, is_on=policy.is_on)
        request = TokenRequest(
            user_id=user_id,
            request_id=new_request_id(now),
            period=user.period,
            tokens=tokens,
            reason=printable(reason, MAX_REASON_CHARACTERS),
            created_at=now,
            granted_before=user.quota.granted_tokens,
            was_out=is_out(user.quota),
        )
        is_given = tokens <= policy.automatic_tokens - head.automatic_in(user.period)
        if is_given and len(user.grants) < MOST_AUTOMATIC_GRANTS:
            return self._granted_at_once(request, policy.automatic_tokens, actor)
        asked = self._audit(actor, "request.create", user, request, {"tokens": tokens})
        if not self._store.write([*self._store.asking(request, now), asked]):
            self._require(user, self._store.head(user_id), is_on=True)
            msg = "the request met another write; try again"
            raise ConflictError(msg)
        _log.info("tokens_asked_for", user_id=user_id, tokens=tokens)
        self._teller.tell(request, user)
        return request

    def _granted_at_once(self, request: TokenRequest, most: int, actor: Actor) -> TokenRequest:
        """Grant what the policy gives; asked again at each attempt to write."""
        granted = replace(
            request,
            state=RequestState.APPROVED,
            decided_at=request.created_at,
            decided_by=POLICY.name,
            how=DecidedHow.POLICY,
            granted_tokens=request.tokens,
            grant_kind=GrantKind.THIS_MONTH,
        )
        seen: list[Head] = []

        def check(user: User, _now: datetime) -> None:
            head = self._store.head(user.user_id)
            self._require(user, head, is_on=True)
            if request.tokens > most - head.automatic_in(user.period):
                raise RequestPendingError  # another one has had it in the same moment
            seen[:] = [head]

        def beside(user: User) -> list[Action]:
            figures = {"tokens": request.tokens}
            return [
                *self._store.automatic(granted, seen[0], request.created_at),
                self._audit(actor, "request.create", user, request, figures),
                self._audit(POLICY, "request.approve", user, granted, figures | {"how": "policy"}),
            ]

        change = self._changes.add_tokens(
            request.user_id,
            request.tokens,
            term=THIS_MONTH,
            actor=POLICY,
            reason=request.reason,
            check=check,
            grant_id=grant_id_of(request, actor),
            beside=beside,
        )
        self._teller.tell(granted, change.after.user)
        return granted

    def approve(
        self, user_id: str, request_id: str, approval: Approval, *, actor: Actor, check: Check
    ) -> TokenRequest:
        """Grant what was asked for, or what is stated; again by the same person changes nothing.

        `check` is asked with each attempt. Raises NotFoundError, InvalidRequestError,
        RequestDecidedError, RequestLapsedError, StoreUnavailableError.
        """
        request = self.of(user_id, request_id)
        tokens = request.tokens if approval.tokens is None else approval.tokens
        if request.state is RequestState.APPROVED and request.decided_by == actor.name:
            return request
        now = self._clock()
        decided = replace(
            request,
            state=RequestState.APPROVED,
            decided_at=now,
            decided_by=actor.name,
            how=DecidedHow.PERSON,
            granted_tokens=tokens,
            grant_kind=approval.term.kind,
            until=approval.term.until,
            note=printable(approval.note, MAX_REASON_CHARACTERS),
        )

        def still_open(user: User, at: datetime) -> None:
            self._require_pending(self.of(user_id, request_id), user.period)
            check(user, at)

        def beside(user: User) -> list[Action]:
            figures = {"tokens": request.tokens, "granted": tokens}
            row = self._audit(actor, "request.approve", user, decided, figures)
            return [*self._store.deciding(decided, now), row]

        change = self._changes.add_tokens(
            user_id,
            tokens,
            term=approval.term,
            actor=actor,
            reason=request.reason,
            check=still_open,
            grant_id=grant_id_of(request, actor),
            beside=beside,
        )
        _log.info("request_approved", user_id=user_id, tokens=tokens, actor=actor.name)
        self._teller.tell(decided, change.after.user)
        return decided

    def deny(self, user_id: str, request_id: str, note: str, *, actor: Actor) -> TokenRequest:
        """Say no, with a word to the user; again by the same person changes nothing.

        Raises NotFoundError, RequestDecidedError, RequestLapsedError, ConflictError,
        StoreUnavailableError.
        """
        request, user = self.of(user_id, request_id), self._user(user_id)
        if request.state is RequestState.DENIED and request.decided_by == actor.name:
            return request
        self._require_pending(request, user.period)
        now = self._clock()
        decided = replace(
            request,
            state=RequestState.DENIED,
            decided_at=now,
            decided_by=actor.name,
            how=DecidedHow.PERSON,
            note=printable(note, MAX_REASON_CHARACTERS),
        )
        row = self._audit(actor, "request.deny", user, decided, {"tokens": request.tokens})
        if not self._store.write([*self._store.deciding(decided, now), row]):
            self._require_pending(self.of(user_id, request_id), user.period)
            msg = "the request met another write; try again"
            raise ConflictError(msg)
        _log.info("request_denied", user_id=user_id, actor=actor.name)
        self._teller.tell(decided, user)
        return decided

    def settle(self, user: User, actor: Actor) -> TokenRequest | None:
        """Mark a user's pending request as approved where what they have by now answers it.

        None where there is nothing to settle, or somebody decides in this moment. `user` is as of
        now. Raises StoreUnavailableError.
        """
        head = self._store.head(user.user_id)
        request = None
        if head.pending is not None and head.pending_period == user.period:
            request = self._store.get(user.user_id, head.pending)
        if request is None or not is_answered(request, user):
            return None
        now = self._clock()
        settled = replace(
            request,
            state=RequestState.APPROVED,
            decided_at=now,
            decided_by=actor.name,
            how=DecidedHow.RAISE,
        )
        figures: dict[str, int | str] = {"tokens": request.tokens, "how": "raise"}
        row = self._audit(actor, "request.approve", user, settled, figures)
        if not self._store.write([*self._store.deciding(settled, now), row]):
            return None
        _log.info("request_answered", user_id=user.user_id, actor=actor.name)
        self._teller.tell(settled, user)
        return settled

    def after_change(self, before: User, after: User, actor: Actor) -> None:
        """Settle after a change by people that gave a user more; what fails is logged.

        The upkeep finds what was missed here.
        """
        is_more = after.quota.granted_tokens > before.quota.granted_tokens
        is_back = is_out(before.quota) and not is_out(after.quota)
        if not (is_more or is_back or after.enforcement is not before.enforcement):
            return
        try:
            self.settle(self._shown(after), actor)
        except SolarisError as error:
            _log.warning("request_not_settled", user_id=after.user_id, error=str(error))

    def _require(self, user: User, head: Head, *, is_on: bool) -> None:
        """Raise what stands against a request now."""
        now = self._clock()
        why = may_ask(user, None, now, is_on=is_on).why_not
        if why is not None:
            msg = f"no request now: {why.value}"
            raise InvalidRequestError(msg, rule=_RULES[why])
        if head.pending is not None and head.pending_period == user.period:
            raise RequestPendingError
        if head.paused_until is not None and now < head.paused_until:
            raise RequestPausedError(head.paused_until.astimezone(self._settings.zone))

    def _require_pending(self, request: TokenRequest, period: str) -> None:
        state = request.state_in(period)
        if state is RequestState.LAPSED:
            raise RequestLapsedError
        if state is not RequestState.PENDING:
            at = (request.decided_at or request.created_at).astimezone(self._settings.zone)
            raise RequestDecidedError(
                request.decided_by or "", at, is_approved=state is RequestState.APPROVED
            )

    def _audit(
        self,
        actor: Actor,
        verb: str,
        user: User,
        request: TokenRequest,
        figures: Mapping[str, int | str],
    ) -> Action:
        entry = self._auditor.entry(
            actor,
            verb,
            target_type="request",
            target_id=user.user_id,
            target_label=user.email,
            after={"request": request.request_id, **figures},
            reason=request.note or request.reason,
        )
        return self._auditor.action(entry)

    def _user(self, user_id: str) -> User:
        user = self._users.get(user_id)
        if user is None:
            msg = f"no such user: {user_id}"
            raise NotFoundError(msg)
        return self._shown(user)

    def _shown(self, user: User) -> User:
        return account_of(user, self._settings, self._clock()).user


def grant_id_of(request: TokenRequest, actor: Actor) -> str:
    """The id of somebody's grant that answers a request: one, however often it is tried."""
    name = f"{request.user_id}\n{request.request_id}\n{actor.name}"
    return uuid.uuid5(_NAMESPACE, name).hex
