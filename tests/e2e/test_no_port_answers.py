"""Loopback is no boundary: another account of the machine, and a page of another origin in a
browser on it, get nothing but refusals from every port of a running system.

The gateway's own port answers them as it answers anybody: health, figures, the site, 401.
"""

import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from playwright.sync_api import Page, Response, sync_playwright

from tests.e2e.local_system import LocalSystem, running
from tests.e2e.port_attacks import NOBODY, answers_to_another_account, sockets_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

REFUSED = re.compile(r"HTTP/1\.1 4\d\d |-NOAUTH|-ERR|-WRONGPASS")
PUBLIC = re.compile(r"GET (/|/health|/metrics)( with a guessed header)?")
ANSWERED_MILLISECONDS = 60_000


@pytest.fixture(name="system", scope="module")
def system_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    with running(tmp_path_factory.mktemp("ports") / "data") as system:
        yield system


def processes(system: LocalSystem) -> list[int]:
    supervisor = psutil.Process(system.process.pid)
    return [supervisor.pid, *(one.pid for one in supervisor.children(recursive=True))]


def inner_ports(system: LocalSystem) -> list[tuple[str, int]]:
    found, _ = sockets_of(processes(system))
    return [
        (address[0], address[1])
        for kind, address in found
        if kind == "AF_INET" and isinstance(address, list) and address[1] != system.port
    ]


def signed_client(system: LocalSystem, service: str, url: str) -> Any:
    return boto3.Session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=system.run_variable(url),
        region_name="us-east-1",
        aws_access_key_id=system.run_variable("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=system.run_variable("AWS_SECRET_ACCESS_KEY"),
    )


def things(system: LocalSystem) -> dict[str, Any]:
    """What an attack that gets through would change."""
    tables = signed_client(system, "dynamodb", "AWS_ENDPOINT_URL_DYNAMODB")
    queues = signed_client(system, "sqs", "AWS_ENDPOINT_URL")
    files = signed_client(system, "s3", "AWS_ENDPOINT_URL")
    return {
        "tables": tables.list_tables()["TableNames"],
        "users": tables.scan(TableName="solaris-local-users")["Count"],
        "queues": queues.list_queues()["QueueUrls"],
        "buckets": [one["Name"] for one in files.list_buckets()["Buckets"]],
        "chats": system.demo()["totals"],
    }


def test_the_tables_are_where_nobody_else_can_reach_them(system: LocalSystem) -> None:
    here, apart = sockets_of(processes(system))
    programs = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0] for pid in processes(system)
    }
    own = [one for one in apart if programs[int(one.split()[0])].endswith(b"dynoxide")]
    if not own:
        pytest.skip("this kernel gives no network of one's own: SECURITY.md says what that means")
    assert len(here) >= 5  # gateway, functions, guard of the tables, store, cache, demo
    assert len(own) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_account_gets_refusals_alone(system: LocalSystem) -> None:
    found, _ = sockets_of(processes(system))
    before = things(system)
    private = [
        system.data_dir,
        system.data_dir / "run.env",
        *(Path(f"/proc/{pid}/environ") for pid in processes(system)),
    ]
    who, answers = answers_to_another_account(found, private)
    assert who == {"uid": NOBODY, "readable": []}
    assert {str(one[1]) for one in answers} == {str(address) for _, address in found}
    reached = {str(address) for _, address, _, answer in answers if answer}
    assert any(str(system.port) in one for one in reached), "nothing was attacked"
    wrong = [
        (address, name, answer[:200])
        for _, address, name, answer in answers
        if answer and not is_fine(answer, name, is_public=is_gateway(system, address))
    ]
    assert not wrong
    assert things(system) == before


def is_gateway(system: LocalSystem, address: object) -> bool:
    return isinstance(address, list) and address[1] == system.port


def is_fine(answer: str, name: str, *, is_public: bool) -> bool:
    if "access-control-allow" in answer.lower():
        return False
    if REFUSED.match(answer):
        return True
    return is_public and PUBLIC.fullmatch(name) is not None


@pytest.fixture(name="stranger_page", scope="module")
def stranger_page_fixture() -> Iterator[Page]:
    """A page of another origin on this machine, in Debian's Chromium."""
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not there (Debian: apt install chromium)")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _BlankPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-dev-shm-usage"],
            )
            page = chromium.new_page()
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            yield page
            chromium.close()
    finally:
        server.shutdown()
        server.server_close()


class _BlankPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with a page that has nothing in it."""
        body = b"<!DOCTYPE html><title>elsewhere</title>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


# What a page can do without being let in; `read` is what it got to see.
ATTACK = """
async ({ url, paths }) => {
  const read = [];
  const patience = (ms) => new Promise((done) => setTimeout(() => done("silence"), ms));
  const tried = async (name, work) => {
    const got = await Promise.race([work().catch(() => null), patience(5000)]);
    if (got !== null && got !== "silence") read.push([name, String(got).slice(0, 200)]);
  };
  const target = { "x-amz-target": "DynamoDB_20120810.ListTables" };
  for (const path of paths) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const body = method === "GET" || method === "DELETE" ? undefined : "{}";
      await tried(`cors ${method} ${path}`, async () =>
        (await fetch(url + path, { method, body })).text());
    }
    await tried(`credentials ${path}`, async () =>
      (await fetch(url + path, { credentials: "include" })).text());
    await tried(`headers ${path}`, async () =>
      (await fetch(url + path, { method: "POST", body: "{}", headers: target })).text());
    await tried(`opaque ${path}`, async () => {
      const got = await fetch(url + path, { mode: "no-cors", method: "POST", body: "{}" });
      return got.type === "opaque" ? null : got.text();
    });
  }
  await tried("events", () => new Promise((done, no) => {
    const source = new EventSource(url + "/");
    source.onmessage = (one) => done(one.data);
    source.onopen = () => done("opened");
    source.onerror = () => { source.close(); no(); };
  }));
  await tried("socket", () => new Promise((done, no) => {
    const one = new WebSocket(url.replace("http", "ws") + "/");
    one.onopen = () => { one.close(); done("opened"); };
    one.onerror = () => no();
  }));
  await tried("form", () => new Promise((done, no) => {
    const frame = document.createElement("iframe");
    frame.name = "frame" + Math.random();
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { action: url + "/", method: "POST", target: frame.name });
    form.innerHTML = '<input name="Action" value="CreateQueue"><input name="QueueName" value="x">';
    document.body.append(form);
    frame.onload = () => {
      try { done(frame.contentDocument.body.innerText); } catch { no(); }
    };
    form.submit();
  }));
  await tried("script", () => new Promise((done, no) => {
    const one = document.createElement("script");
    Object.assign(one, { src: url + "/", onload: () => done("loaded"), onerror: () => no() });
    document.body.append(one);
  }));
  return read;
}
"""
PATHS = ["/", "/health", "/_demo/requests", "/v1/models", "/dev/mail/messages.json"]


def test_a_page_of_another_origin_gets_refusals_alone(
    system: LocalSystem, stranger_page: Page
) -> None:
    before = things(system)
    ports = inner_ports(system)
    assert len(ports) >= 5
    answered: list[tuple[str, int]] = []

    def heard(response: Response) -> None:
        answered.append((response.url, response.status))

    stranger_page.set_default_timeout(ANSWERED_MILLISECONDS)
    stranger_page.on("response", heard)
    try:
        for host, port in ports:
            url = f"http://{host}:{port}"
            read = stranger_page.evaluate(ATTACK, {"url": url, "paths": PATHS})
            assert read in ([], [["form", ""]]), (url, read)
    finally:
        stranger_page.remove_listener("response", heard)
    inner = [(url, status) for url, status in answered if f":{system.port}/" not in url]
    assert inner, "no port was reached"
    assert not [one for one in inner if one[1] < 400]
    assert things(system) == before


def test_a_page_of_another_origin_reads_nothing_of_the_gateway(
    system: LocalSystem, stranger_page: Page
) -> None:
    before = things(system)
    stranger_page.set_default_timeout(ANSWERED_MILLISECONDS)
    read = stranger_page.evaluate(ATTACK, {"url": system.url, "paths": PATHS})
    assert read in ([], [["form", ""]]), read
    assert things(system) == before
