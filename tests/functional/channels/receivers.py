"""Receivers on this machine that behave as they are told, in the clear or by TLS."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "hooks.test"
SLOW_SECONDS = 30.0


@dataclass(frozen=True)
class Got:
    """One request that a receiver got."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What a receiver has got; `behave` answers."""

    port: int
    scheme: str
    behave: Callable[[BaseHTTPRequestHandler, "Receiver"], None]
    stopping: threading.Event
    got: list[Got] = field(default_factory=list)
    connections: int = 0

    def url(self, host: str = "127.0.0.1", path: str = "/hook") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler, Receiver], None]:
    """Answer with a status."""

    def behave(handler: BaseHTTPRequestHandler, _: Receiver) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return behave


def silent(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """Answer nothing."""
    receiver.stopping.wait(SLOW_SECONDS)


def dripping_head(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """A head that never ends, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    until = time.monotonic() + SLOW_SECONDS
    while time.monotonic() < until and not receiver.stopping.wait(0.05):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def dripping_body(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """A body that never ends, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    until = time.monotonic() + SLOW_SECONDS
    while time.monotonic() < until and not receiver.stopping.wait(0.05):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def huge_body(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """A gigabyte is promised, and sent as long as somebody takes it."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    for _ in range(1_000):
        if receiver.stopping.is_set():
            return
        handler.wfile.write(b"a" * 1_000_000)


def huge_head(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """A head of megabytes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Huge: ")
    for _ in range(100):
        if receiver.stopping.is_set():
            return
        handler.wfile.write(b"a" * 1_000_000)


def early_answers(handler: BaseHTTPRequestHandler, receiver: Receiver) -> None:
    """Says "processing" again and again."""
    until = time.monotonic() + SLOW_SECONDS
    while time.monotonic() < until and not receiver.stopping.wait(0.01):
        handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        handler.wfile.flush()


def garbage(handler: BaseHTTPRequestHandler, _: Receiver) -> None:
    """No HTTP."""
    handler.wfile.write(b"220 mail.example.com ESMTP\r\n\r\n")


def broken(handler: BaseHTTPRequestHandler, _: Receiver) -> None:
    """Hangs up."""
    handler.connection.close()


@contextmanager
def receiver(
    behave: Callable[[BaseHTTPRequestHandler, Receiver], None] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Receiver]:
    """Run one on the loopback."""
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.got.append(Got(headers, body))
            self.close_connection = True
            with suppress(OSError):  # the other side has gone
                found.behave(self, found)

        def do_GET(self) -> None:
            found.got.append(Got({"method": "GET"}, b""))
            status(200)(self, found)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self):  # type: ignore[no-untyped-def]  # as the base says
            found.connections += 1
            return super().get_request()

        def finish_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
            try:
                if tls is not None:
                    request = tls.wrap_socket(request, server_side=True)
                super().finish_request(request, client_address)
            except OSError:
                pass  # a handshake that the other side has refused
            finally:
                if tls is not None:
                    request.close()

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "http" if tls is None else "https"
        found = Receiver(server.server_address[1], scheme, behave or status(200), stopping)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            stopping.set()
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Authority:
    """An authority of the test's own, and what it has signed for some names."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def authority(folder: Path, *names: str) -> Authority:
    """A CA, and a certificate of it for these names."""
    now = datetime.now(UTC)
    key, ca_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def made(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    ca = made(ca_name, ca_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    signed_ca = ca.sign(ca_key, hashes.SHA256())
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    leaf = made(subject, key.public_key()).add_extension(
        x509.SubjectAlternativeName(alternatives), critical=False
    )
    signed = leaf.sign(ca_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    chain, secret, root = (folder / name for name in ("tls.crt", "tls.key", "ca.crt"))
    chain.write_bytes(signed.public_bytes(pem))
    root.write_bytes(signed_ca.public_bytes(pem))
    secret.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, secret)
    return Authority(server, ssl.create_default_context(cafile=root))
