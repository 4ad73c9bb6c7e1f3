"""An OpenID Connect provider of its own: real HTTP, signed tokens, and answers as a test says."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, NONCE, CODE = "solaris", "the nonce", "the code"
ACCESS_TOKEN = "an access token"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class OidcServer:
    """What it answers. `userinfo` None: there is no such endpoint."""

    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    userinfo_status: int = 200
    userinfo_bytes: bytes | None = None
    pieces: tuple[bytes, ...] = ()
    piece_seconds: float = 0
    signs_with: str = "k1"
    published: tuple[str, ...] = ("k1",)
    token: str | None = None
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    port: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, seconds: float) -> httpx.Client:
        """A client that is closed with the server."""
        self.clients.append(httpx.Client(timeout=seconds, follow_redirects=False))
        return self.clients[-1]

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def id_token(self, **changes: Any) -> str:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        about = {"iss": self.issuer, "aud": CLIENT, "sub": "42", "nonce": NONCE}
        claims = {**times, **about, **self.claims, **changes}
        header = {"kid": self.signs_with}
        return jwt.encode(claims, key(self.signs_with), "RS256", headers=header)

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        match path:
            case "/token":
                token = self.token or self.id_token()
                return 200, {"access_token": ACCESS_TOKEN, "id_token": token}
            case "/keys":
                shown = [
                    json.loads(RSAAlgorithm.to_jwk(key(one).public_key())) | {"kid": one}
                    for one in self.published
                ]
                return 200, {"keys": shown}
            case "/userinfo":
                return self.userinfo_status, self.userinfo or {}
        endpoints = {
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        if self.userinfo is not None:
            endpoints["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return 200, {"issuer": self.issuer, **endpoints}


@contextmanager
def oidc_server(**answers: Any) -> Iterator[OidcServer]:
    """A running one, on a port of its own."""
    server = OidcServer(**answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            if self.path == "/userinfo":
                server.authorizations.append(self.headers["authorization"])
            status, body = server.answer(self.path)
            whole = server.userinfo_bytes or b""
            is_raw = self.path == "/userinfo" and (server.pieces or whole)
            data = (b"".join(server.pieces) or whole) if is_raw else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            if status in (301, 302):
                self.send_header("location", f"{server.issuer}/elsewhere")
            self.end_headers()
            for piece in server.pieces if is_raw and server.pieces else (data,):
                if self.path == "/userinfo" and server.stopped.wait(server.piece_seconds):
                    return
                try:
                    self.wfile.write(piece)
                    self.wfile.flush()
                except OSError:  # the client has had enough
                    return

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        for client in server.clients:
            client.close()
        http.shutdown()
        http.server_close()
        thread.join(60)
