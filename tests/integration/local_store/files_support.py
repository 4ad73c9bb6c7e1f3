"""Files and mails as a process without signatures, on a folder; and clients of it.

python -m tests.integration.local_store.files_support FILE_DESCRIPTOR FOLDER
"""

import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import boto3
import pytest
import uvicorn
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.store.errors import ServiceError
from infra.local.store.files import Files
from infra.local.store.mails import MAILS_FILE, Mails
from infra.local.store.s3_calls import Message, Receive, Send
from solaris.platform.aws.files import FileStore

SECONDS = 20
BUCKET = "a-bucket"
MIB = 1024 * 1024


class Served:
    """The two behind one port."""

    def __init__(self, folder: Path) -> None:
        self._files = Files(folder / "files")
        self._mails = Mails(folder / MAILS_FILE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if (scope["method"], scope["path"]) != ("POST", "/"):
            await self._files(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        try:
            status, answer = 200, self._mails.answer(dict(parse_qsl(body.decode())))
        except ServiceError as error:
            code = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
            text = f"<ErrorResponse><Error><Type>Sender</Type>{code}</Error></ErrorResponse>"
            status, answer = error.status, text.encode()
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


class Store:
    """Starts and kills the process on one folder; the port is each time another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # it listens before the process is there: the first request waits, nobody polls
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self.port = listener.getsockname()[1]
            number = str(listener.fileno())
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, number, str(self.folder)],
                pass_fds=(listener.fileno(),),
            )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(SECONDS)
            self.process = None

    def client(self, service: str = "s3", *, tries: int = 1) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(
                connect_timeout=2,
                read_timeout=SECONDS,
                signature_version="s3v4" if service == "s3" else "v4",
                retries={"mode": "standard", "total_max_attempts": tries},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )

    def raw(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def blobs(self) -> list[str]:
        return [one.name for one in (self.folder / "files" / "blobs").iterdir()]


def put(s3: Any, key: str, body: bytes, **more: Any) -> Any:
    return s3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)


def get(s3: Any, key: str, **more: Any) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read())


def refusal(call: Any, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(Bucket=arguments.pop("Bucket", BUCKET), **arguments)
    answer: Any = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def file_store(s3: Any) -> FileStore:
    return FileStore(s3, BUCKET, clock=lambda: datetime.now(UTC))


def until(condition: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    app = Served(Path(sys.argv[2]))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="off", log_config=None)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
