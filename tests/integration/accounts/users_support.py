"""What the tests of the users API share: the API of a stage, called in this process."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from solaris.accounts.changes import UserChanges
from solaris.accounts.daily.steps import DailyLimits
from solaris.accounts.grants.service import Grants
from solaris.accounts.writer import UserWriter
from solaris.api import registered
from solaris.app import Parts
from solaris.audit.auditor import Auditor
from solaris.platform.settings import Settings
from solaris.platform.web.dispatch import answer
from solaris.platform.web.messages import HttpRequest
from solaris.platform.web.operations import Operation
from tests.integration.conftest import MoneyPath

BOSS = "boss@example.com"
BASE = "/api"
# what a user's own answer has besides, for whoever gets mail and never moved
NEVER_MOVED: dict[str, Any] = {
    "mailSuppression": None,
    "statusChange": None,
    "aliases": [],
    "mergedFrom": [],
    "mergedInto": None,
    "dailyLimit": None,
    "dailyLimitTokens": None,
    "dayUsed": None,
    "dayAvailable": None,
    "dayLifted": False,
}


def auditor_of(money: MoneyPath) -> Auditor:
    return Auditor(money.parts.audit.store, money.clock)


def writer_of(money: MoneyPath) -> UserWriter:
    parts = money.parts
    return UserWriter(
        settings=parts.settings,
        users=parts.quota.users,
        auditor=auditor_of(money),
        ended_grants=parts.ledger.ended_grants,
        tell=parts.quota.changes.actions,
        clock=money.clock,
    )


def grants_of(money: MoneyPath) -> Grants:
    parts = money.parts
    return Grants(
        settings=parts.settings,
        users=parts.quota.users,
        writer=writer_of(money),
        transactions=parts.ledger.transactions,
        clock=money.clock,
    )


def user_changes_of(money: MoneyPath) -> UserChanges:
    parts = money.parts
    return UserChanges(
        settings=parts.settings,
        users=parts.quota.users,
        writer=writer_of(money),
        tell=parts.quota.changes.actions,
        transactions=parts.ledger.transactions,
        plans=parts.quota.plans,
        daily_limits=DailyLimits(parts.settings, parts.ledger.user_counters),
        clock=money.clock,
    )


@dataclass
class Answer:
    status: int
    body: Any

    @property
    def problems(self) -> dict[str, tuple[str, str]]:
        """Field to code and message."""
        return {one["field"]: (one["code"], one["message"]) for one in self.body["errors"]}


class Api:
    """The admin API by the test's clock; requests are not limited."""

    def __init__(self, money: MoneyPath) -> None:
        wide = {"admin_rate_limit_per_second": 10_000, "admin_rate_limit_burst": 10_000}
        self.parts = Parts(Settings(**(money.parts.settings.model_dump() | wide)))
        self.parts.platform.clock = money.clock
        self._number = 0

    def __call__(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        role: str | None = "admin",
        admin: str = BOSS,
        **headers: str,
    ) -> Answer:
        self._number += 1
        split = urlsplit(target)
        operation, values = _found(method, split.path)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = HttpRequest(
            request_id=f"r-{self._number}",
            method=method,
            path=BASE + split.path,
            path_parameters=values,
            query=parse_qs(split.query, keep_blank_values=True),
            headers={"content-type": "application/json"} | given,
            body=b"" if body is None else json.dumps(body).encode(),
            authorizer={"email": admin, "role": role, "session_id": "s-1"} if role else {},
            ip_address="10.0.0.9",
        )
        reply = answer(self.parts.platform, self.parts.of, operation, request)
        return Answer(reply.status, json.loads(reply.body) if reply.body else None)

    def ok(self, method: str, target: str, body: Any = None, **more: Any) -> Any:
        """The body of an answer that must be a success."""
        found = self(method, target, body, **more)
        assert found.status < 400, found.body
        return found.body

    def pages(self, target: str) -> list[Any]:
        """The items of all pages, however short; 200 pages at most."""
        items: list[Any] = []
        cursor = ""
        for _ in range(200):
            page = self.ok("GET", target + cursor)
            items += page["items"]
            if page["nextCursor"] is None:
                return items
            cursor = f"{'&' if '?' in target else '?'}cursor={page['nextCursor']}"
        raise AssertionError("over 200 pages")

    def close(self) -> None:
        if "directory" in self.parts.directory.__dict__:
            self.parts.directory.directory.close()


def _found(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of a path: one without parameters before one with them."""
    parts = path.split("/")
    candidates = []
    for operation in registered():
        pattern = operation.path.split("/")
        if operation.method != method or len(pattern) != len(parts):
            continue
        pairs = list(zip(pattern, parts, strict=True))
        if all(one == other or one.startswith("{") for one, other in pairs):
            values = {one[1:-1]: other for one, other in pairs if one.startswith("{")}
            candidates.append((len(values), operation, values))
    _, operation, values = min(candidates, key=lambda one: one[0])
    return operation, values
