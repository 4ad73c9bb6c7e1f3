"""What is sent to every port of a running system by somebody who has no business there.

`sockets_of` finds the ports; `answers_to_another_account` asks each of them as user `nobody`, by
this file run as a program: it takes addresses as JSON from standard input and needs Python alone.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534
ANSWER_SECONDS = 3.0
LEAST_SECONDS = 0.3  # an answer may come in several parts
MOST_BYTES = 65_536

_SIGNED = (
    "AWS4-HMAC-SHA256 Credential={key}/{day}/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
)
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/x-amz-json-1.0"
_PATHS = (
    *("/", "/health", "/metrics", "/v1/models", "/v1/chat/completions", "/v1/quota"),
    *("/_demo/requests", "/v1/_demo/requests", "/api/admin/users", "/api/auth/session"),
    *("/dev/mail", "/dev/mail/messages.json", "/_ministack/health", "/_localstack/health"),
    *("/shell", "/_ministack/ses/messages", "/2015-03-31/functions", "/solaris-local-files"),
    *("/..%2f..%2frun.env", "/run.env", "/admin/../run.env"),
)


def http_attacks(host: str) -> Iterator[tuple[str, bytes]]:
    """Requests by a name, without a key of the system or with one that is wrong."""
    for path in _PATHS:
        yield f"GET {path}", _request("GET", path, host)
    yield "another Host", _request("GET", "/", "attacker.example")
    yield "an Origin", _request("GET", "/", host, b"", origin="http://attacker.example")
    preflight = {"access-control-request-method": "POST", "origin": "http://attacker.example"}
    yield "a preflight", _request("OPTIONS", "/", host, b"", **preflight)
    calls = (
        ("dynamodb", "DynamoDB_20120810.ListTables", b"{}"),
        ("dynamodb", "DynamoDB_20120810.Scan", b'{"TableName":"solaris-local-users"}'),
        ("sqs", "AmazonSQS.ListQueues", b"{}"),
    )
    for service, target, body in calls:
        headers = {"content-type": _JSON, "x-amz-target": target}
        yield f"unsigned {target}", _request("POST", "/", host, body, **headers)
        for key in ("AKIDEXAMPLE", "test", "local"):
            signed = headers | _signature(service, key)
            yield f"{target} signed by {key}", _request("POST", "/", host, body, **signed)
    for action in (b"Action=ListQueues", b"Action=ListIdentities", b"Action=ListBuckets"):
        yield action.decode(), _request("POST", "/", host, action, **{"content-type": _FORM})
    yield "S3 signed", _request("GET", "/", host, b"", **_signature("s3", "test"))
    yield "a bucket", _request("PUT", "/attackers-bucket", host)
    for path in (
        "/2015-03-31/functions/solaris/invocations",
        "/2021-11-15/functions/solaris/response-streaming-invocations",
        "/_/function/run",
    ):
        yield f"POST {path}", _request("POST", path, host, b'{"httpMethod":"GET"}')
    inner = {"x-forwarded-for": "127.0.0.1", "x-solaris-system": "0" * 64}
    yield "GET /health with a guessed header", _request("GET", "/health", host, b"", **inner)
    yield (
        "a sign-in",
        _request(
            "POST", "/api/auth/login", host, b'{"email":"a@example.com","password":"x"}', **inner
        ),
    )
    yield (
        "a chat",
        _request(
            "POST",
            "/v1/chat/completions",
            host,
            b'{"model":"demo","messages":[{"role":"user","content":"Oi"}]}',
            authorization="Bearer sk-guessed",
            **{"content-type": "application/json", "x-user-email": "a@example.com"},
        ),
    )
    upgrade = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13"}
    key = base64.b64encode(b"0" * 16).decode()
    yield "a WebSocket", _request("GET", "/", host, b"", **upgrade, **{"sec-websocket-key": key})


def other_attacks() -> Iterator[tuple[str, bytes]]:
    """What is no HTTP."""
    for words in ("PING", "INFO", "KEYS *", "CONFIG GET *", "HELLO 3", "AUTH x", "MONITOR"):
        yield f"RESP {words}", f"{words}\r\n".encode()
    yield "RESP EVAL", b"*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n"
    yield "TLS", bytes.fromhex("16030100050100000100")
    yield "noise", bytes(range(256))


def _request(method: str, path: str, host: str, body: bytes = b"", /, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}"]
    if "connection" not in headers:
        lines.append("connection: close")
    if body or method in ("POST", "PUT"):
        lines.append(f"content-length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _signature(service: str, key: str) -> dict[str, str]:
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    signed = _SIGNED.format(key=key, day=now[:8], service=service)
    return {"authorization": signed, "x-amz-date": now}


def _asked(kind: str, address: list[object] | str, words: bytes) -> bytes | None:
    """The answer's first bytes; None when nobody is let in at all."""
    family = getattr(socket, kind)
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(ANSWER_SECONDS)
        try:
            one.connect(tuple(address) if isinstance(address, list) else address)
        except OSError:
            return None
        answer = b""
        try:
            one.sendall(words)
            while len(answer) < MOST_BYTES and (part := one.recv(MOST_BYTES)):
                answer += part
                one.settimeout(LEAST_SECONDS)
        except OSError:
            pass  # closed on us, or silent
        return answer


def main() -> None:
    """Attack what standard input names; one JSON line an answer, and who was asking."""
    told = json.load(sys.stdin)
    sys.stdout.write(json.dumps({"uid": os.getuid(), "readable": _readable(told["files"])}) + "\n")
    for kind, address in told["sockets"]:
        host = f"{address[0]}:{address[1]}" if isinstance(address, list) else "localhost"
        for name, words in [*http_attacks(host), *other_attacks()]:
            answer = _asked(kind, address, words)
            shown = None if answer is None else answer.decode("latin-1")
            sys.stdout.write(json.dumps([kind, address, name, shown]) + "\n")


def _readable(paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        try:
            os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)  # noqa: SIM115, PTH112, PTH123, PTH208 - short-lived
        except OSError:
            continue
        found.append(path)
    return found


def answers_to_another_account(
    sockets: list[tuple[str, object]], files: list[Path]
) -> tuple[dict[str, object], list[tuple[str, object, str, str | None]]]:
    """What user `nobody` gets from the sockets, and which of the files they can read."""
    base = Path(os.path.realpath(sys.executable))
    python = base if _may_run(base) else Path("/usr/bin/python3")
    process = subprocess.run(
        [str(python), "-I", "-c", Path(__file__).read_text(encoding="utf-8")],
        input=json.dumps({"sockets": sockets, "files": [str(one) for one in files]}),
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    first, *rest = [json.loads(line) for line in process.stdout.splitlines()]
    return first, [tuple(one) for one in rest]


def _may_run(path: Path) -> bool:
    return all(one.stat().st_mode & 0o001 for one in (path, *path.parents))


def sockets_of(pids: list[int]) -> tuple[list[tuple[str, object]], list[str]]:
    """Listening sockets of the processes: those that this network has, and names of the others."""
    inodes = {inode for pid in pids for inode in _sockets_held(pid)}
    here: list[tuple[str, object]] = []
    for name, kind in (("tcp", "AF_INET"), ("tcp6", "AF_INET6")):
        for columns in _rows(Path(f"/proc/self/net/{name}")):
            if columns[3] == "0A" and columns[9] in inodes:  # listening
                here.append((kind, _address(columns[1])))
                inodes.discard(columns[9])
    for columns in _rows(Path("/proc/self/net/unix")):
        accepts = int(columns[3], 16) & 0x10000
        if accepts and columns[6] in inodes and len(columns) > 7:
            name = columns[7]
            here.append(("AF_UNIX", "\0" + name[1:] if name.startswith("@") else name))
    apart = [
        f"{pid} {columns[1]}"
        for pid in pids
        for columns in _rows(Path(f"/proc/{pid}/net/tcp"))
        if columns[3] == "0A" and columns[9] in inodes
    ]
    return here, apart


def _sockets_held(pid: int) -> Iterator[str]:
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(one.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _rows(table: Path) -> list[list[str]]:
    return [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]


def _address(column: str) -> list[object]:
    words, _, port = column.partition(":")
    parts = [words[start : start + 8] for start in range(0, len(words), 8)]
    raw = b"".join(int(part, 16).to_bytes(4, sys.byteorder) for part in parts)
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    host = socket.inet_ntop(family, raw)
    return [{"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), int(port, 16)]  # noqa: S104


if __name__ == "__main__":
    main()
