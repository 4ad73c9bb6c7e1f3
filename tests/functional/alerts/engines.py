"""Firefox and WebKit as Debian packages them, asked over the protocols that they bring.

Playwright drives neither: it wants browsers of its own build, which it downloads.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.ports import lasting_port

MINI_BROWSER = next(
    iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), reverse=True)), None
)
START_SECONDS, ANSWER_SECONDS = 30, 30

Ask = Callable[[str, list[Any]], Any]
"""Runs a script in the page: its last argument is what it hands its answer to."""


@contextmanager
def firefox(home: Path, *, is_dark: bool) -> Iterator[Ask]:
    """Firefox without a window, over Marionette: `length:[type, id, command, parameters]`."""
    port = lasting_port()
    preferences = {
        "marionette.port": port,
        "layout.css.prefers-color-scheme.content-override": 0 if is_dark else 1,
        "datareporting.policy.dataSubmissionEnabled": False,
        "app.update.enabled": False,
        "browser.startup.homepage_override.mstone": "ignore",
    }
    lines = (f"user_pref({json.dumps(key)}, {json.dumps(to)});" for key, to in preferences.items())
    (home / "user.js").write_text("\n".join(lines), "utf-8")
    command = ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", str(home)]
    with _running([*command, "about:blank"], {"HOME": str(home)}), _connected(port) as client:
        stream = client.makefile("rb")
        number = 0

        def answer() -> Any:
            length = b""
            while not length.endswith(b":"):
                length += stream.read(1)
            return json.loads(stream.read(int(length[:-1])))

        def call(name: str, parameters: dict[str, Any]) -> Any:
            nonlocal number
            number += 1
            told = json.dumps([0, number, name, parameters]).encode()
            client.sendall(b"%d:%s" % (len(told), told))
            _, _, error, result = answer()
            assert error is None, error
            return result

        with stream:
            answer()  # it says what it is
            call("WebDriver:NewSession", {})
            call("WebDriver:Navigate", {"url": "about:blank"})
            yield lambda script, args: call(
                "WebDriver:ExecuteAsyncScript", {"script": script, "args": args}
            )["value"]


@contextmanager
def webkit(home: Path, *, is_dark: bool) -> Iterator[Ask]:
    """WebKitGTK's own small browser on a screen of its own, over WebDriver."""
    port = lasting_port()
    with ExitStack() as stack:
        environment = {
            "DISPLAY": stack.enter_context(_screen()),
            "GTK_THEME": "Adwaita:dark" if is_dark else "Adwaita",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
            # its sandbox wants namespaces, which a container may not give; it is shown our own page
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "HOME": str(home),
        }
        stack.enter_context(_running(["WebKitWebDriver", f"--port={port}"], environment))
        stack.enter_context(_connected(port))
        client = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{port}/session", timeout=ANSWER_SECONDS)
        )

        def call(path: str, body: dict[str, Any]) -> Any:
            answer = client.post(path, json=body)
            assert answer.is_success, answer.text
            return answer.json()["value"]

        options = {"binary": str(MINI_BROWSER), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = call("", {"capabilities": wanted})["sessionId"]
        stack.callback(client.delete, f"/{session}")
        call(f"/{session}/url", {"url": "about:blank"})
        yield lambda script, args: call(
            f"/{session}/execute/async", {"script": script, "args": args}
        )


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=quiet, stderr=quiet
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


@contextmanager
def _screen() -> Iterator[str]:
    """A screen that nobody looks at; Xvfb says which number it has taken when it is there."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1200x900x24"]
    process = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{told.readline().strip()}"
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    """A connection, as soon as somebody answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nobody answers at {port}"
            time.sleep(0.05)
            continue
        with client:
            yield client
        return
