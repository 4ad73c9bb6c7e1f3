"""Nothing that people say, and no secret, is written anywhere: proven with marked secrets.

Every path is taken with secrets of its own, also those that fail; then everything that was
written is searched, on disk byte by byte. ALLOWED is what may be found, and why.
"""

import base64
import itertools
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from tests.e2e.canary import Aws, Secrets, cached, files, search
from tests.e2e.canary_neighbours import MARK, EchoUpstream, MailServer, cache_server, serving
from tests.e2e.local_system import LocalSystem, running

pytestmark = pytest.mark.e2e

WAIT_SECONDS = 60
EMAIL = "ana@example.com"
MAX_BODY_BYTES = 65_536
CHAT, COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
RESPONSES, MESSAGES = "/v1/responses", "/v1/messages"
PATHS = (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, MESSAGES)
FAILURES = (
    *("error-400", "error-401", "error-500", "not-json", "odd-usage", "redirect", "not-http"),
    *("bad-status-line", "bad-header", "bad-length", "bad-chunk", "no-answer", "cut-off"),
    *("broken-frame", "error-frame"),
)

# Secret to the places that may hold it; whatever is not here may be nowhere.
ALLOWED = {
    # a person's own page is what the mail is for; its link ends after 30 days
    "link in a mail": {"mails"},
    # the first key is shown once, to whoever starts the system
    "gateway key": {"output"},
    # a problem names the field to whoever sent it
    "field that is a password": {"error 422 of /auth/login"},
    # run.env (0600) is how the command line finds the cache; the operator set the password
    "redis password": {"data/run.env"},
}


@dataclass
class Stage:
    """A running system, its neighbours, its secrets, and what it has answered with an error."""

    system: LocalSystem
    upstream: EchoUpstream
    mail: MailServer
    cache: redis.Redis
    secrets: Secrets
    folders: tuple[Path, ...]
    gateway_key: str
    errors: list[tuple[str, bytes]] = field(default_factory=list)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Ask; what is refused by the gateway itself is kept, to be searched."""
        headers = {"authorization": f"Bearer {self.gateway_key}", "x-user-email": EMAIL}
        headers |= options.pop("headers", {})
        given = {"json": body} if body is not None else {}
        answer = httpx.post(
            self.system.url + path, headers=headers, timeout=WAIT_SECONDS, **given, **options
        )
        self.note(path, answer)
        assert self.secrets.texts["upstream key"] not in answer.text or answer.is_success
        return answer

    def note(self, path: str, answer: httpx.Response) -> None:
        """An error of our own; the upstream's go on to the client, who wrote what they repeat."""
        if answer.status_code >= 400 and answer.headers.get("openai-version") != MARK:
            self.errors.append((f"error {answer.status_code} of {path}", answer.content))

    def api(self, method: str, path: str, token: str = "", **options: Any) -> httpx.Response:
        """Call the admin API."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        answer = httpx.request(
            method, f"{self.system.url}/api{path}", headers=headers, timeout=30, **options
        )
        self.note(path, answer)
        return answer

    def logged(self, words: str) -> bool:
        """Whether a line of the gateway's log holds some words."""
        return words in (self.system.data_dir / "logs" / "gateway.log").read_text()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("canary")
    data, temporary = root / "data", root / "temporary"
    temporary.mkdir()
    marks = Secrets()
    password = marks.mark("redis password")
    with ExitStack() as stack:
        upstream, mail = (
            stack.enter_context(serving(EchoUpstream())),
            stack.enter_context(serving(MailServer())),
        )
        port = stack.enter_context(cache_server(root, password))
        key = f"sk-solaris-{marks.mark('gateway key')}"
        system = stack.enter_context(
            running(
                data,
                TMPDIR=str(temporary),
                LITELLM_BASE_URL=upstream.url,
                LITELLM_API_KEY=marks.mark("upstream key"),
                SECRET_KEY=marks.mark("SECRET_KEY") * 2,
                ADMIN_PASSWORD=marks.mark("admin password"),
                SOLARIS_GATEWAY_KEY=key,
                REDIS_URL=f"redis://:{password}@127.0.0.1:{port}/0",
                SMTP_HOST="127.0.0.1",
                SMTP_PORT=str(mail.server_address[1]),
                SMTP_USER="solaris",
                SMTP_PASSWORD=marks.mark("SMTP password"),
                SMTP_TLS="false",
                LOG_LEVEL="DEBUG",
                DEBUG="true",
                PUBLIC_URL="https://solaris.example.com",
                MAX_BODY_BYTES=str(MAX_BODY_BYTES),
                MIN_USER_LIMIT="0",
                # answers that failed in doubt keep what they held
                DEFAULT_MONTHLY_LIMIT="100000000",
                RATE_LIMIT_PER_SECOND="10000",
                RATE_LIMIT_BURST="10000",
                ADMIN_RATE_LIMIT_PER_SECOND="10000",
                ADMIN_RATE_LIMIT_BURST="10000",
                UPSTREAM_IDLE_TIMEOUT_SECONDS="20",
            )
        )
        cache = redis.Redis(port=port, password=password)
        stack.callback(cache.close)
        yield Stage(system, upstream, mail, cache, marks, (data, temporary), key)


def body_of(marks: Secrets, path: str, model: str, name: str) -> dict[str, Any]:
    """A request with a secret in every text that it may have."""
    said, rules = marks.mark(f"{name}: prompt"), marks.mark(f"{name}: system text")
    if path == EMBEDDINGS:
        return {"model": model, "input": said}
    if path == COMPLETIONS:
        return {"model": model, "prompt": said, "suffix": rules}
    picture = base64.b64encode(marks.mark(f"{name}: picture").encode() * 3).decode()
    tool = {"name": "look", "description": marks.mark(f"{name}: tool"), "parameters": {}}
    turns: list[dict[str, Any]] = [{"role": "user", "content": said}]
    if path == MESSAGES:
        source = {"type": "base64", "media_type": "image/png", "data": picture}
        turns[0]["content"] = [
            {"type": "text", "text": said},
            {"type": "image", "source": source},
        ]
        given = {"name": "look", "description": tool["description"], "input_schema": {}}
        body = {"messages": turns, "system": rules, "tools": [given], "max_tokens": 100}
    elif path == RESPONSES:
        image = {"type": "input_image", "image_url": f"data:image/png;base64,{picture}"}
        turns[0]["content"] = [{"type": "input_text", "text": said}, image]
        body = {"input": turns, "instructions": rules, "tools": [{"type": "function"} | tool]}
    else:
        url = {"url": f"data:image/png;base64,{picture}"}
        turns[0]["content"] = [
            {"type": "text", "text": said},
            {"type": "image_url", "image_url": url},
        ]
        system = {"role": "system", "content": rules}
        body = {
            "messages": [system, *turns],
            "tools": [{"type": "function", "function": tool}],
            "metadata": {"note": marks.mark(f"{name}: metadata")},
        }
    return {"model": model, **body}


def speak(stage: Stage) -> None:
    """Prompts and answers, whole and in parts, that succeed and that fail in every way."""
    marks = stage.secrets
    for path in PATHS:
        for is_stream in (False, True):
            if is_stream and path == EMBEDDINGS:
                continue
            name = f"{path} {'streamed' if is_stream else 'whole'}"
            body = body_of(marks, path, "echo-back", name) | {"stream": is_stream}
            answer = stage.post(path, body)
            assert answer.status_code == 200, answer.text
            assert marks.texts[f"{name}: prompt"] in answer.text, "the answer repeats the prompt"
    for failure in FAILURES:
        for is_stream in (False, True):
            name = f"{failure} {'streamed' if is_stream else 'whole'}"
            body = body_of(marks, CHAT, f"echo-{failure}", name) | {"stream": is_stream}
            try:
                stage.post(CHAT, body)
            except httpx.HTTPError as error:
                stage.errors.append((name, repr(error).encode()))
    told = "".join(stage.upstream.seen)
    assert marks.texts["upstream key"] in told
    said = [text for name, text in marks.texts.items() if "prompt" in name]
    assert [text for text in said if text not in told] == []


def be_refused(stage: Stage) -> None:
    """Bodies that are none, too large, of the wrong kind; keys and headers that are wrong."""
    marks = stage.secrets
    told = f'{{"model": "echo-back", "messages": [{{"content": "{marks.mark("torn body")}"'
    large = f'{{"model": "{marks.mark("large body")}", "x": "{"x" * MAX_BODY_BYTES}"}}'
    deep = "[" * 5_000 + f'"{marks.mark("deep body")}"' + "]" * 5_000
    bodies: list[Any] = [
        told.encode(),
        large.encode(),
        iter([large.encode()]),
        deep.encode(),
        f'["{marks.mark("body that is a list")}"]'.encode(),
        f'{{"model": "echo-back", "messages": "{marks.mark("bad UTF-8")}\xff"}}'.encode("latin-1"),
        f'{{"model": "echo-back", "x": "\\ud800{marks.mark("lone surrogate")}"}}'.encode(),
    ]
    for content in bodies:
        assert stage.post(CHAT, content=content).status_code in (400, 413)
    for name in ("stream", "max_tokens", "n", "messages"):
        body = {"model": "echo-back", "messages": [], name: marks.mark(f"{name} that is text")}
        stage.post(CHAT, body)
    key = marks.mark("wrong key")
    ask = body_of(marks, CHAT, "echo-back", "with a wrong key")
    for headers in (
        {"authorization": f"Bearer {key}"},
        {"authorization": f"Basic {key}"},
        {"authorization": "", "x-api-key": f"sk-solaris-{key}"},
    ):
        assert stage.post(CHAT, ask, headers=headers).status_code == 401
    headers = {
        "cookie": f"session={marks.mark('cookie')}",
        "proxy-authorization": f"Basic {marks.mark('proxy authorization')}",
        "x-forwarded-access-token": marks.mark("access token of a proxy"),
        "x-api-key": stage.gateway_key,
    }
    del_auth = {"authorization": ""}
    stage.post(CHAT, body_of(marks, CHAT, "echo-back", "odd headers"), headers=headers | del_auth)
    query = f"?api_key={marks.mark('key in a query')}"
    stage.post(CHAT + query, body_of(marks, CHAT, "echo-back", "query"))
    stage.post(f"/v1/none{query}&x={marks.mark('query of an unknown path')}", {})
    unnamed = body_of(marks, CHAT, "echo-back", "nobody")
    assert stage.post(CHAT, unnamed, headers={"x-user-email": ""}).status_code == 401


def sign_in(stage: Stage) -> str:
    """Passwords, cookies and tokens, right and wrong ones; returns an access token."""
    marks = stage.secrets
    login = {"email": "admin@localhost", "password": marks.texts["admin password"]}
    answer = stage.api("POST", "/auth/login", json=login)
    assert answer.status_code == 200, answer.text
    marks.keep("first access token", answer.json()["token"])
    wrong = {"email": "admin@localhost", "password": marks.mark("wrong password")}
    assert stage.api("POST", "/auth/login", json=wrong).status_code == 401
    for content in (
        f'{{"email": "admin@localhost", "password": "{marks.mark("torn login")}"',
        f'{{"email": "a", "password": {{"x": "{marks.mark("password in an object")}"}}}}',
        f'{{"email": "a", "password": "b", "{marks.mark("field that is a password")}": 1}}',
        f'{{"email": "a", "password": "{marks.mark("long password") * 20}"}}',
    ):
        headers = {"content-type": "application/json"}
        answer_ = stage.api("POST", "/auth/login", content=content, headers=headers)
        assert answer_.status_code in (400, 422), answer_.text
    first = answer.cookies["solaris_refresh"]
    marks.keep("first refresh token", first)
    cookie = {"cookie": f"solaris_refresh={first}"}
    answer = stage.api("POST", "/auth/refresh", headers=cookie)
    token: str = marks.keep("second access token", answer.json()["token"])
    marks.keep("second refresh token", answer.cookies["solaris_refresh"])
    bad = {"cookie": f"solaris_refresh={marks.mark('refresh token that is none')}"}
    assert stage.api("POST", "/auth/refresh", headers=bad).status_code == 401
    assert stage.api("GET", "/auth/me", marks.mark("access token that is none")).status_code == 401
    change = {"currentPassword": login["password"], "newPassword": marks.mark("next password")}
    answer = stage.api("POST", "/auth/password", token, json=change)
    return marks.keep("third access token", answer.json()["token"])


def administer(stage: Stage, token: str) -> None:
    """Keys, links, exports: what an admin does that makes secrets and files."""
    marks = stage.secrets
    body = {"name": "hers", "kind": "personal", "userEmail": EMAIL}
    made = stage.api("POST", "/admin/keys", token, json=body).json()
    personal = made["key"]
    # its beginning is kept on purpose, so that people can tell keys apart
    marks.keep("personal key", personal[len("sk-solaris-") + 8 :])
    ask = body_of(marks, CHAT, "echo-back", "by a personal key")
    given = {"authorization": "", "x-api-key": personal}
    assert stage.post(CHAT, ask, headers=given).status_code == 200
    user = stage.api("GET", f"/admin/users?search={EMAIL}", token).json()["items"][0]
    link = stage.api("POST", f"/admin/users/{user['id']}/link", token).json()["url"]
    secret = marks.keep("personal link", link.partition("#")[2])
    assert stage.api("GET", "/me", secret).status_code == 200
    assert stage.api("GET", "/me", marks.mark("personal link that is none")).status_code == 401
    for background in (False, True):
        order = {"type": "usage", "format": "csv", "background": background}
        filters = {"groupBy": "none", "from": "2026-01-01", "to": "2026-12-31"}
        stage.api("POST", "/admin/reports/export", token, json=order | {"filters": filters})
    few = "few@example.com"
    created = {"email": few, "monthlyLimit": 10_000}
    assert stage.api("POST", "/admin/users", token, json=created).status_code == 201
    ask = body_of(marks, CHAT, "echo-much", "until a warning")
    assert stage.post(CHAT, ask, headers={"x-user-email": few}).status_code == 200
    assert stage.mail.arrived.wait(WAIT_SECONDS), "the user was warned"
    link = re.search(r"/me/#(\S+)", stage.mail.texts()[0])
    assert link is not None
    marks.keep("link in a mail", link[1])


def lose_the_store(stage: Stage) -> None:
    """The store stands still, then dies, while an answer is on its way."""
    marks = stage.secrets
    for number, name in ((signal.SIGSTOP, "store that hangs"), (signal.SIGKILL, "killed store")):
        stage.upstream.held.clear()
        stage.upstream.go_on.clear()
        body = body_of(marks, CHAT, "echo-hold", name) | {"stream": True}
        both = [stage.system.program(name) for name in ("dynoxide", "infra.local.store")]
        headers = {"authorization": f"Bearer {stage.gateway_key}", "x-user-email": EMAIL}
        url = stage.system.url + CHAT
        with httpx.stream("POST", url, json=body, headers=headers, timeout=120) as answer:
            assert stage.upstream.held.wait(WAIT_SECONDS)
            for one in both:
                os.kill(one.pid, number)
            stage.upstream.go_on.set()
            assert marks.texts[f"{name}: prompt"] in "".join(answer.iter_text())
        refused = body_of(marks, CHAT, "echo-back", f"{name}, next request")
        stage.post(CHAT, refused)
        if number == signal.SIGSTOP:
            assert stage.logged('"usage_event"'), "neither queue nor ledger: logged whole"
            for one in both:
                os.kill(one.pid, signal.SIGCONT)
    deadline = time.monotonic() + WAIT_SECONDS
    for count in itertools.count():
        again = body_of(marks, CHAT, "echo-back", f"after the store's return {count}")
        if stage.post(CHAT, again).status_code == 200:
            return
        assert time.monotonic() < deadline


def everything(stage: Stage) -> Iterator[tuple[str, bytes]]:
    """All that was written, kept, mailed or shown."""
    system = stage.system
    aws = Aws(system)
    yield from aws.everything()
    yield from cached(stage.cache)
    yield "metrics", httpx.get(f"{system.url}/metrics").content
    yield "health", httpx.get(f"{system.url}/health/detailed").content
    yield from stage.errors
    yield from (("mails", one) for one in stage.mail.mails)
    yield from (("mails", one.encode()) for one in stage.mail.texts())
    yield from files(*stage.folders)
    assert system.stop() == 0
    yield "output", system.output.encode()
    yield from files(*stage.folders)


def test_no_secret_is_written_anywhere(stage: Stage) -> None:
    speak(stage)
    be_refused(stage)
    administer(stage, sign_in(stage))
    lose_the_store(stage)
    stage.system.booked_user(EMAIL, records=1)
    found = search(stage.secrets, everything(stage))
    leaks = {
        name: sorted(places - ALLOWED.get(name, set()))
        for name, places in found.items()
        if places - ALLOWED.get(name, set())
    }
    assert not leaks, "\n".join(f"{name}: {places}" for name, places in leaks.items())
    assert found.keys() == ALLOWED.keys(), "what is allowed is found: the search does see"
