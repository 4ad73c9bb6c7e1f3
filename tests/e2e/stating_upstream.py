"""An upstream that uses exactly what it is asked for, and days of a calendar for a moved clock."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Stating(BaseHTTPRequestHandler):
    """Answers `1000+400` with the usage that it says: 1,000 of prompt, 400 of the answer."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One chat."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt, _, completion = asked["messages"][-1]["content"].partition("+")
        message = {"role": "assistant", "content": "ok"}
        body = json.dumps(
            {
                "id": "c",
                "object": "chat.completion",
                "created": 1,
                "model": asked["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {
                    "prompt_tokens": int(prompt),
                    "completion_tokens": int(completion),
                    "total_tokens": int(prompt) + int(completion),
                },
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """The list of models."""
        body = b'{"object":"list","data":[{"id":"big"},{"id":"small"},{"id":"llama-4"}]}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def stating_upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stating)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def ahead_of(local: str) -> float:
    """Seconds from now to a time in São Paulo."""
    return (datetime.fromisoformat(f"{local}-03:00") - datetime.now(UTC)).total_seconds()
