"""One POST against receivers that are slow, broken, hostile, or elsewhere than they say."""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from solaris.channels.addresses import AllowedHosts, UrlRefusedError
from solaris.channels.channel import Outcome
from solaris.channels.sending import Answer, ChannelSender, resolve
from tests.functional.channels.receivers import (
    HOST,
    Authority,
    Receiver,
    authority,
    broken,
    dripping_body,
    dripping_head,
    early_answers,
    garbage,
    huge_body,
    huge_head,
    receiver,
    silent,
    status,
)

LOOPBACK = AllowedHosts.of(["127.0.0.0/8"])
SECONDS = 1.0
BODY = b'{"type":"channel.test"}'
Behaviour = Callable[[BaseHTTPRequestHandler, Receiver], None]


class Names:
    """Says each time what it was told to say next; the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return found


def post(
    url: str, sender: ChannelSender | None = None, *, headers: dict[str, str] | None = None
) -> Answer:
    made = sender or ChannelSender(LOOPBACK, total_seconds=SECONDS)
    return made.post(url, BODY, {"Content-Type": "application/json", **(headers or {})})


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"), HOST)


def test_a_receiver_gets_the_body_and_headers() -> None:
    with receiver() as found:
        answer = post(found.url(path="/hook?a=1"), headers={"webhook-id": "msg_1"})
    assert (answer.outcome, answer.status) == (Outcome.DELIVERED, 200)
    (got,) = found.got
    assert got.body == BODY
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["host"] == f"127.0.0.1:{found.port}"
    assert got.headers["content-length"] == str(len(BODY))


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_every_success_is_one(code: int) -> None:
    with receiver(status(code)) as found:
        assert post(found.url()).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("code", [400, 401, 404, 410, 429, 500, 502, 503])
def test_another_status_is_told_and_nothing_else(code: int) -> None:
    with receiver(status(code)) as found:
        answer = post(found.url())
    assert (answer.outcome, answer.status) == (Outcome.REFUSED, code)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    with receiver() as inside, receiver(status(code, Location=inside.url())) as found:
        answer = post(found.url())
    assert (answer.outcome, answer.status) == (Outcome.REFUSED, code)
    assert inside.connections == 0


@pytest.mark.parametrize("behave", [silent, dripping_head, early_answers])
def test_a_slow_answer_ends_with_the_whole_time(behave: Behaviour) -> None:
    with receiver(behave) as found:
        started = time.monotonic()
        answer = post(found.url())
        took = time.monotonic() - started
    # what says "processing" without end is cut off by its bytes, if not by the time
    assert answer.outcome in (Outcome.TIMEOUT, Outcome.UNREACHABLE)
    assert answer.status is None
    assert took < SECONDS + 1


@pytest.mark.parametrize("behave", [dripping_body, huge_body])
def test_a_body_is_not_waited_for(behave: Behaviour) -> None:
    with receiver(behave) as found:
        answer = post(found.url())
    assert (answer.outcome, answer.status) == (Outcome.DELIVERED, 200)
    assert answer.milliseconds < SECONDS * 1000


@pytest.mark.parametrize("behave", [garbage, broken, huge_head])
def test_no_answer_is_none(behave: Behaviour) -> None:
    with receiver(behave) as found:
        answer = post(found.url())
    assert (answer.outcome, answer.status) == (Outcome.UNREACHABLE, None)


def test_nobody_listens() -> None:
    with receiver() as found:
        url = found.url()
    assert post(url).outcome is Outcome.UNREACHABLE


def test_a_name_that_nobody_knows() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    sender = ChannelSender(AllowedHosts(), resolver=unknown)
    assert post("https://hooks.test/", sender).outcome is Outcome.UNREACHABLE
    with pytest.raises(UrlRefusedError, match="channel_url_unresolved"):
        sender.check("https://hooks.test/")


def test_a_resolver_that_hangs_is_left() -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return ["8.8.8.8"]

    started = time.monotonic()
    sender = ChannelSender(AllowedHosts(), resolver=slow, total_seconds=0.3)
    assert post("https://hooks.test/", sender).outcome is Outcome.TIMEOUT
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://localhost:{port}/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433:{port}/",
        "https://0177.0.0.1:{port}/",
        "https://127.1:{port}/",
        "http://127.0.0.1:{port}/",
    ],
)
def test_nothing_inside_is_connected_to(url: str) -> None:
    with receiver() as found:
        sender = ChannelSender(AllowedHosts())
        given = url.format(port=found.port)
        answer = post(given, sender)
        with pytest.raises(UrlRefusedError):
            sender.check(given)
        assert found.connections == 0
    assert (answer.outcome, answer.status) == (Outcome.NOT_ALLOWED, None)


def test_one_internal_address_among_others_is_enough() -> None:
    sender = ChannelSender(AllowedHosts(), resolver=Names(["8.8.8.8", "10.0.0.1"]))
    assert post("https://hooks.test/", sender).outcome is Outcome.NOT_ALLOWED


def test_a_name_that_turns_inward_after_it_was_saved() -> None:
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    sender = ChannelSender(AllowedHosts(), resolver=names)
    with receiver() as found:
        sender.check(f"https://{HOST}:{found.port}/")
        answer = post(f"https://{HOST}:{found.port}/", sender)
        assert found.connections == 0
    assert answer.outcome is Outcome.NOT_ALLOWED


def test_the_name_is_asked_once_and_the_connection_goes_where_it_was_looked_at(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(tls=trusted.server) as found:
        # a second answer would lead to where nobody listens
        names = Names(["127.0.0.1"], ["127.9.9.9"])
        sender = ChannelSender(LOOPBACK, resolver=names, tls=lambda: trusted.client)
        connected: list[object] = []
        real = socket.create_connection

        def create(address: tuple[str, int], *rest: object, **more: object) -> socket.socket:
            connected.append(address)
            return real(address, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr("socket.create_connection", create)
        answer = post(f"https://{HOST}:{found.port}/", sender)
    assert answer.outcome is Outcome.DELIVERED
    assert names.asked == 1
    assert connected == [("127.0.0.1", found.port)]
    assert found.got[0].headers["host"] == f"{HOST}:{found.port}"


def test_an_address_that_does_not_answer_is_followed_by_the_next(trusted: Authority) -> None:
    with receiver(tls=trusted.server) as found:
        names = Names(["127.9.9.9", "127.0.0.1"])
        sender = ChannelSender(LOOPBACK, resolver=names, tls=lambda: trusted.client)
        assert post(f"https://{HOST}:{found.port}/", sender).outcome is Outcome.DELIVERED


def test_a_certificate_of_another_name_is_refused(trusted: Authority) -> None:
    with receiver(tls=trusted.server) as found:
        sender = ChannelSender(LOOPBACK, resolver=Names(["127.0.0.1"]), tls=lambda: trusted.client)
        answer = post(f"https://other.test:{found.port}/", sender)
        assert found.got == []
    assert answer.outcome is Outcome.TLS


def test_a_certificate_of_nobody_is_refused(trusted: Authority) -> None:
    with receiver(tls=trusted.server) as found:
        sender = ChannelSender(LOOPBACK, resolver=Names(["127.0.0.1"]))
        answer = post(f"https://{HOST}:{found.port}/", sender)
        assert found.got == []
    assert answer.outcome is Outcome.TLS


def test_a_handshake_that_does_not_come_ends_with_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sender = ChannelSender(LOOPBACK, total_seconds=0.5)
        assert post(f"https://127.0.0.1:{port}/", sender).outcome is Outcome.TIMEOUT


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as found:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(path=""))
        assert post(found.url()).outcome is Outcome.DELIVERED
        assert proxy.connections == 0


def test_the_system_s_answer_is_addresses_ipv4_first() -> None:
    found = resolve("localhost", 443)
    assert "127.0.0.1" in found
    assert found[0] == "127.0.0.1"


def test_the_default_context_checks_names() -> None:
    from solaris.channels.sending import tls_context  # noqa: PLC0415

    assert tls_context().check_hostname
    assert tls_context().verify_mode is ssl.CERT_REQUIRED


def test_large_bodies_go_within_the_time(tmp_path: Path) -> None:
    with receiver() as found:
        sender = ChannelSender(LOOPBACK)
        answer = sender.post(found.url(), b"a" * 1_000_000, {})
        assert answer.outcome is Outcome.DELIVERED
        assert len(found.got[0].body) == 1_000_000
