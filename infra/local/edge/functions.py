"""Runs the Chalice functions over HTTP, as API Gateway and Lambda would.

    python -m infra.local.edge.functions --host 127.0.0.1 --port N

A Chalice app serves one request at a time (Lambda gives it one), so each function is loaded
several times and every copy takes one request, in a thread.
"""

import argparse
import asyncio
import base64
import importlib.util
import itertools
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import Any

import uvicorn
from chalice.app import Chalice

from infra.local.edge.for_the_system import ForTheSystem, system_secret
from infra.local.edge.gateway_responses import gateway_response, is_api
from infra.local.edge.rest_gateway import Incoming, RestGateway, matching_route
from infra.local.run.lifeline import steady_output
from infra.local.run.programs import ROOT
from solaris.app import process_parts
from solaris.platform.errors import (
    InvalidRequestError,
    MethodNotAllowedError,
    PayloadTooLargeError,
    SolarisError,
    UnknownPathError,
)
from solaris.platform.settings import Settings, load_settings
from solaris.platform.web.body_limits import body_limit
from solaris.platform.web.messages import HttpReply

COPIES = 4
BODY_SECONDS = 60.0
LOOK_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 30  # longer than the gateway's client: else it asks on a closing connection
_NO_CONTENT = 204
_numbers = itertools.count()

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


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

    def __init__(self, copies: Sequence[Chalice]) -> None:
        self._idle: asyncio.Queue[RestGateway] = asyncio.Queue()
        # of its own: asyncio's few threads would all be the admin API's that waits for the store,
        # and nobody could ask for health
        self._threads = ThreadPoolExecutor(len(copies), thread_name_prefix="function")
        for chalice_app in copies:
            self._routes = {route: set(views) for route, views in chalice_app.routes.items()}
            self._idle.put_nowait(RestGateway(chalice_app))

    def route_of(self, path: str) -> str | None:
        """The route that a path takes, if there is one."""
        return matching_route(list(self._routes), path)

    def methods_of(self, route: str) -> set[str]:
        """The methods of a route."""
        return self._routes[route]

    async def handle(self, request: Incoming, route: str) -> HttpReply:
        """Answer one request of a route; raises what RestGateway does."""
        gateway = await self._idle.get()
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, gateway.answer, request, route)
        finally:
            self._idle.put_nowait(gateway)
        return _unpacked(answer)


def hosted(name: str, copies: int = COPIES) -> HostedFunction:
    """A function of this repository, loaded several times."""
    return HostedFunction([load_function(name).app for _ in range(copies)])


def _unpacked(answer: dict[str, Any]) -> HttpReply:
    body = answer.get("body") or b""
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body)
    headers = {str(n).lower(): str(v) for n, v in (answer.get("headers") or {}).items()}
    cookies: list[str] = []
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        if name.lower() == "set-cookie":
            cookies += [str(value) for value in values]
        else:
            headers[name.lower()] = ", ".join(str(value) for value in values)
    return HttpReply(
        status=int(answer["statusCode"]),
        headers=headers,
        cookies=tuple(cookies),
        body=body if isinstance(body, bytes) else body.encode(),
    )


class FunctionsApp:
    """The ASGI application: sends each path to the function that has a route for it."""

    def __init__(self, functions: Sequence[HostedFunction], settings: Settings) -> None:
        self._functions = functions
        self._settings = settings

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request = _incoming(scope)
        allowed: set[str] = set()
        try:
            body = await read_body(receive, body_limit(request.path))
            if body is None:
                return
            function, route = self._function_for(request.path)
            allowed = function.methods_of(route)
            if is_api(request.path) and request.method not in allowed:
                raise MethodNotAllowedError
            reply = await function.handle(replace(request, body=body), route)
        except SolarisError as error:
            reply = gateway_response(
                error,
                path=request.path,
                headers=request.single_headers,
                settings=self._settings,
                allowed=", ".join(sorted(allowed))
                if isinstance(error, MethodNotAllowedError)
                else None,
            )
        await send_reply(send, reply)

    def _function_for(self, path: str) -> tuple[HostedFunction, str]:
        for function in self._functions:
            route = function.route_of(path)
            if route is not None:
                return function, route
        raise UnknownPathError(path)


def _incoming(scope: Message) -> Incoming:
    headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in scope["headers"]]
    # set by the gateway, which is the only client
    forwarded = [value for name, value in headers if name == "x-forwarded-for"]
    client = scope.get("client")
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Incoming(
        method=scope["method"],
        path=raw_path.decode("latin-1"),
        query_string=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"",
        client=forwarded[-1] if forwarded else (client[0] if client else "127.0.0.1"),
    )


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Read a request's body; None when the client has gone.

    The gateway, our only client, has bounded it before. Raises PayloadTooLargeError over `limit`
    bytes, InvalidRequestError when it takes over a minute.
    """
    body = bytearray()
    more = True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > limit:
                    raise PayloadTooLargeError(limit)
    except TimeoutError as error:
        raise InvalidRequestError(f"the body took over {BODY_SECONDS:.0f} s") from error
    return bytes(body)


async def send_reply(send: Send, reply: HttpReply) -> None:
    """Send a whole answer."""
    headers = [*reply.headers.items(), *(("set-cookie", one) for one in reply.cookies)]
    raw = [
        (n.lower().encode("latin-1"), v.encode("latin-1", "replace"))
        for n, v in headers
        if n.lower() != "content-length"
    ]
    if reply.status != _NO_CONTENT:
        if not any(name == b"content-type" for name, _ in raw):
            raw.append((b"content-type", b"application/json"))
        raw.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})


def rest_functions() -> list[str]:
    """The REST functions that exist, all but proxy (ASGI) and those that only take events."""
    names = ("health", "quota", "admin")
    return [name for name in names if (ROOT / "functions" / name / "app.py").exists()]


def _watch_queues() -> None:
    """Look at the queues again and again, so that whoever asks for health hears how long."""

    def run() -> None:
        while True:  # as long as the process lives; a daemon
            with suppress(SolarisError):
                process_parts().platform.queue_lag.look()
            time.sleep(LOOK_SECONDS)

    threading.Thread(target=run, name="queue-lag", daemon=True).start()


def main() -> None:
    """Serve until SIGTERM."""
    steady_output()
    parser = argparse.ArgumentParser(description="The Chalice functions over HTTP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    settings = load_settings()
    process_parts().platform.dynamodb.refuse_when_silent()
    _watch_queues()
    # in the background: the first list need not wait for all of it
    process_parts().directory.directory.start()
    uvicorn.run(
        ForTheSystem(
            FunctionsApp([hosted(name) for name in rest_functions()], settings),
            header=system_secret(settings.secret_key),
        ),
        host=arguments.host,
        port=arguments.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,  # the gateway's
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
