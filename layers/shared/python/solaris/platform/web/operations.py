"""What the API offers: each operation is a typed function, registered with its route.

    @operation("POST", "/admin/users/{user_id}/tokens", tag="Users", ...
               access=Access(ADMINS, key=Scope.USERS_WRITE))
    def add_tokens(parts: AccountsParts, call: Call, *, user_id: str, body: AddTokens) -> Out: ...

The signature is the contract: `parts` are those of the package that the function stands in, `query`
and `body` name pydantic models, every other keyword is a path parameter, the return annotation is
the model of the answer (`None`: 204). Validation, OpenAPI and the site's types all come from it.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from pydantic import BaseModel

from solaris.platform.access import Access, Scope
from solaris.platform.actor import Actor, Role
from solaris.platform.errors import (
    ForbiddenError,
    MissingScopeError,
    PeopleOnlyError,
    UnauthenticatedError,
)
from solaris.platform.parts import package_of
from solaris.platform.texts import Locale

BASE_PATH = "/api"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, as the authorizer found them: somebody signed in, or a program with an admin key.

    A person has a role and a session, a key has scopes. What else decides about a role (which
    groups somebody manages) is a fact more, found and passed on in the same way.
    """

    name: str
    """A person's address, or `admin-key:<id>`."""

    role: Role | None = None
    session_id: str | None = None
    scopes: frozenset[Scope] = frozenset()

    def may(self, access: Access) -> bool:
        """Whether this caller is among those who may."""
        return access.admits(self.role, self.scopes)

    def require(self, access: Access) -> None:
        """Raise ForbiddenError, MissingScopeError or PeopleOnlyError for who may not do this."""
        if self.may(access):
            return
        if self.role is not None:
            raise ForbiddenError
        if access.key is None:
            raise PeopleOnlyError
        raise MissingScopeError(access.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The circumstances of one request; header names are in lower case."""

    request_id: str
    path: str
    locale: Locale
    caller: Caller | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> Caller:
        """Who calls; raises UnauthenticatedError in an open operation without anybody."""
        if self.caller is None:
            raise UnauthenticatedError
        return self.caller

    @property
    def as_actor(self) -> Actor:
        """Who acts, for transactions and the audit log."""
        return Actor(name=self.actor.name, request_id=self.request_id, ip_address=self.ip_address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with more than a model: another status, headers, cookies, or bytes."""

    content: BaseModel | bytes | None = None
    status: int | None = None
    """None: the operation's own."""

    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """Whole Set-Cookie values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAnswer:
    """Another documented success than the first: an accepted job, a file."""

    status: int
    description: str
    model: type[BaseModel] | None = None
    media_types: tuple[str, ...] = (JSON,)


Within = Callable[[Any, Call, Mapping[str, Any]], None]
"""Is given the handler's package's parts, the call and its arguments; raises where a manager of
groups may not do this, as NotFoundError for somebody else's members. Nobody else is asked.
"""


def keeps_to_groups(parts: Any, call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of an operation whose handler shows a manager their groups' members alone."""


def of_oneself(parts: Any, call: Call, arguments: Mapping[str, Any]) -> None:
    """`within` of an operation that concerns nobody but the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `path` is without BASE_PATH; `name` is the OpenAPI operationId."""

    method: str
    path: str
    name: str
    handler: Callable[..., Any]
    access: Access
    tag: str
    summary: str
    description: str
    status: int
    query_model: type[BaseModel] | None
    body_model: type[BaseModel] | None
    answer_model: type[BaseModel] | None
    path_parameters: Mapping[str, Any]
    """Name to type; what does not validate is not found."""

    problems: tuple[int, ...]
    """Statuses of refusals beyond those that follow from access, parameters and body."""

    others: tuple[OtherAnswer, ...]
    within: Within | None = None
    """None: no manager may, whatever the roles say."""

    @property
    def package(self) -> str:
        """The package whose parts the handler gets."""
        return package_of(self.handler)

    @property
    def route(self) -> str:
        """The whole path, as API Gateway knows it."""
        return BASE_PATH + self.path


_registered: dict[tuple[str, str], Operation] = {}

Handler = Callable[..., Any]


def operation(
    method: str,
    path: str,
    *,
    access: Access,
    tag: str,
    summary: str,
    name: str,
    description: str = "",
    status: int | None = None,
    problems: tuple[int, ...] = (),
    others: tuple[OtherAnswer, ...] = (),
    within: Within | None = None,
) -> Callable[[Handler], Handler]:
    """Register a function as an operation; `name` is the call's name, as `getUsers`."""

    def register(handler: Handler) -> Handler:
        key = (method, path)
        if key in _registered:
            msg = f"two operations for {method} {path}"
            raise ValueError(msg)
        given = inspect.signature(handler).parameters.values()
        # a package's parts are imported for type checkers alone
        own_parts = {str(one.annotation): Any for one in given if one.name == "parts"}
        hints = get_type_hints(handler, localns=own_parts, include_extras=True)
        parameters = [one.name for one in given if one.kind is one.KEYWORD_ONLY]
        returned = hints.get("return")
        is_model = isinstance(returned, type) and issubclass(returned, BaseModel)
        answers_nothing = returned in (None, type(None))
        _registered[key] = Operation(
            method=method,
            path=path,
            name=name,
            handler=handler,
            access=access,
            tag=tag,
            summary=summary,
            description=description or inspect.cleandoc(handler.__doc__ or ""),
            status=status or (204 if answers_nothing else 200),
            query_model=hints.get("query"),
            body_model=hints.get("body"),
            answer_model=returned if is_model else None,
            path_parameters={one: hints[one] for one in parameters if one not in ("query", "body")},
            problems=problems,
            others=others,
            within=within,
        )
        return handler

    return register


def registered() -> list[Operation]:
    """Every operation registered so far, by path and method."""
    return sorted(_registered.values(), key=lambda one: (one.path, one.method))
