"""Runs the Chalice functions over HTTP, as API Gateway and Lambda would.

    python -m infra.local.functions --host 127.0.0.1 --port N

A Chalice app serves one request at a time (Lambda gives it one), so each function is loaded
several times and every copy takes one request, in a thread.
"""

import argparse
import asyncio
import base64
import importlib.util
import itertools
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import uvicorn
from chalice.config import Config
from chalice.local import ForbiddenError, LocalGateway, NotAuthorizedError

ROOT = Path(__file__).resolve().parents[2]
COPIES = 4
MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda's limit on a request
_numbers = itertools.count()

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def functions_command(host: str, port: int) -> list[str]:
    """The command that serves the functions; run it in the repository's root."""
    return [sys.executable, "-m", "infra.local.functions", "--host", host, "--port", str(port)]


def load_function(name: str) -> ModuleType:
    """Load functions/<name>/app.py afresh: a copy of its own, as a new Lambda environment."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"function_{name}_{next(_numbers)}", path)
    if spec is None or spec.loader is None:
        msg = f"no function at {path}"
        raise FileNotFoundError(msg)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class HostedFunction:
    """Several copies of one Chalice REST function behind a queue."""

    def __init__(self, name: str, copies: int = COPIES) -> None:
        self._idle: asyncio.Queue[LocalGateway] = asyncio.Queue()
        for _ in range(copies):
            chalice_app = load_function(name).app
            self.routes = set(chalice_app.routes)
            self._idle.put_nowait(LocalGateway(chalice_app, Config()))

    @asynccontextmanager
    async def _copy(self) -> Any:
        gateway = await self._idle.get()
        try:
            yield gateway
        finally:
            self._idle.put_nowait(gateway)

    async def handle(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer one request; `target` is path and query."""
        async with self._copy() as gateway:
            try:
                answer = await asyncio.to_thread(
                    gateway.handle_request, method, target, dict(headers), body
                )
            except NotAuthorizedError as error:
                return 401, [("content-type", "application/json")], error.body or b"{}"
            except ForbiddenError as error:
                return 403, [("content-type", "application/json")], error.body or b"{}"
        return _unpacked(answer)


def _unpacked(answer: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = [(str(name), str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers += [(str(name), str(value)) for value in values]
    body = answer.get("body") or ""
    if answer.get("isBase64Encoded"):
        data = base64.b64decode(body)
    else:
        data = body if isinstance(body, bytes) else body.encode()
    return int(answer["statusCode"]), headers, data


class FunctionsApp:
    """The ASGI application: sends each path to the function that has a route for it."""

    def __init__(self, names: list[str]) -> None:
        self._functions = [HostedFunction(name) for name in names]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        body = await read_body(receive, send)
        if body is None:
            return
        function = self._function_for(scope["path"])
        if function is None:
            await _send(send, 404, [], b'{"message": "Not Found"}')
            return
        target = scope["path"]
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        status, answer_headers, data = await function.handle(scope["method"], target, headers, body)
        await _send(send, status, answer_headers, data)

    def _function_for(self, path: str) -> HostedFunction | None:
        for function in self._functions:
            if any(_matches(route, path) for route in function.routes):
                return function
        return None


async def read_body(receive: Receive, send: Send) -> bytes | None:
    """Read a request's body; None when the client has gone or was answered 413 (over 6 MiB)."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            await _send(send, 413, [], b'{"message": "Request Too Long"}')
            return None
    return body


def _matches(route: str, path: str) -> bool:
    """Whether a Chalice route like /users/{user_id} fits a path."""
    wanted, found = route.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(found) and all(
        part == actual or (part.startswith("{") and actual)
        for part, actual in zip(wanted, found, strict=True)
    )


async def _send(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    raw = [(n.lower().encode("latin-1"), v.encode("latin-1", "replace")) for n, v in headers]
    if not any(name == b"content-type" for name, _ in raw):
        raw.append((b"content-type", b"application/json"))
    raw = [(n, v) for n, v in raw if n != b"content-length"]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def rest_functions() -> list[str]:
    """The REST functions that exist, all but proxy (ASGI) and those that only take events."""
    names = ("health", "quota", "admin")
    return [name for name in names if (ROOT / "functions" / name / "app.py").exists()]


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="The Chalice functions over HTTP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    uvicorn.run(
        FunctionsApp(rest_functions()),
        host=arguments.host,
        port=arguments.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
