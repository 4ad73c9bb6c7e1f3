"""The admin API behind the local API Gateway, in this process: no port, no other program."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from moto import mock_aws

from infra.local.edge.functions import FunctionsApp, HostedFunction
from solaris.app import Parts, process_parts
from solaris.platform.actor import Role
from solaris.platform.errors import SolarisError, UnauthenticatedError
from solaris.platform.settings import load_settings
from solaris.sign_in.admin import SignedIn

ORIGIN = "https://admin.example.com"
ADMIN = {"authorization": "Bearer admin-token"}
VIEWER = {"authorization": "Bearer viewer-token"}
AUDITOR = {"authorization": "Bearer auditor-token"}
MANAGER = {"authorization": "Bearer manager-token"}


class FakeSessions:
    """A good token for each role; `failure` is raised instead of an answer."""

    def __init__(self) -> None:
        self.failure: SolarisError | None = None

    def verify(self, token: str) -> SignedIn:
        if self.failure is not None:
            raise self.failure
        role = {f"{one}-token": one for one in Role}.get(token)
        if role is None:
            raise UnauthenticatedError
        return SignedIn(email=f"{role}@example.com", role=role, session_id="s-1")


@dataclass
class Answer:
    """One answer; header names are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    single: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.single = dict(self.headers)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def every(self, name: str) -> list[str]:
        return [value for one, value in self.headers if one == name]


class ApiClient:
    """Sends requests to functions as the gateway process would."""

    def __init__(self, functions: Sequence[HostedFunction], parts: Parts) -> None:
        self._app = FunctionsApp(functions, parts.settings)
        self.parts = parts

    async def send(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        *,
        body: bytes = b"",
        json: Any = None,
    ) -> Answer:
        """One request; `target` is path and query as they go over the wire."""
        given = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
        if json is not None:
            body = _dumps(json)
            given.append(("content-type", "application/json"))
        parts = urlsplit(target)
        scope = {
            "type": "http",
            "method": method,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given],
            "client": ("127.0.0.1", 1),
        }
        sent: list[dict[str, Any]] = []
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        found = [(n.decode(), v.decode()) for n, v in sent[0]["headers"]]
        return Answer(sent[0]["status"], found, sent[1]["body"])


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


@contextmanager
def api_environment(**variables: str) -> Iterator[Parts]:
    """Parts with FakeSessions and an empty AWS, by settings that variables make."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_PROFILE",
            "REDIS_URL",
            "REDIS_HOST",
        ):
            patch.delenv(name, raising=False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("SOLARIS_STAGE", "local")
        patch.setenv("CORS_ALLOWED_ORIGINS", ORIGIN)
        for name, value in variables.items():
            patch.setenv(name, value)
        load_settings.cache_clear()
        process_parts.cache_clear()
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        try:
            with mock_aws():
                parts = process_parts()
                parts.sign_in.__dict__["sessions"] = FakeSessions()
                yield parts
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            load_settings.cache_clear()
            process_parts.cache_clear()
