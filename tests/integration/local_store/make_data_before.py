"""Makes data_before.tar.gz: what a machine of the version before had on its disk when it died.

Runs in a checkout of that version (18ff14b is the last), with that checkout's Python:

    cd CHECKOUT && PYTHONPATH=$PWD .venv/bin/python PATH/make_data_before.py OUT_FOLDER

The system lives (users, keys, chats, an export, a mail), is stopped (a snapshot), is started
again and lives on (the journal), its worker is held still so that usage waits in the queue, a
stream is left open, and everything is killed. Then that version's own store reads a copy of the
directory: data_before.json has what it tells. No file in the archive names this machine.
"""

import contextlib
import hashlib
import importlib
import json
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil

from tests.e2e.local_system import LocalSystem, running, start

KEPT = ("store", "s3")  # not secret.key
NOT_KEPT = ("lock",)
ADMIN, PASSWORD = "boss@example.com", "correct horse battery staple 1"  # of nobody
WAIT_SECONDS = 30
SETTINGS = {"ADMIN_EMAIL": ADMIN, "ADMIN_PASSWORD": PASSWORD, "MIN_USER_LIMIT": "0"}


def chat(system: LocalSystem, key: str, email: str, model: str = "demo-tokens-20") -> int:
    """One answer; its status."""
    answer = httpx.post(
        f"{system.url}/v1/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": "Bom dia, 日本"}]},
        headers={"authorization": f"Bearer {key}", "x-user-email": email},
        timeout=60,
    )
    return answer.status_code


def create(system: LocalSystem, email: str, limit: int) -> None:
    told = system.cli("users", "create", email, "--limit", str(limit), check=False)
    assert told.returncode == 0, told.stderr + told.stdout


def admin(system: LocalSystem) -> httpx.Client:
    answer = httpx.post(
        f"{system.url}/api/auth/login", json={"email": ADMIN, "password": PASSWORD}, timeout=30
    )
    answer.raise_for_status()
    headers = {"authorization": f"Bearer {answer.json()['token']}"}
    return httpx.Client(base_url=f"{system.url}/api/admin", headers=headers, timeout=30)


def until(done: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)


def export(api: httpx.Client) -> None:
    order: dict[str, Any] = {"type": "usage", "format": "csv", "background": True}
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    order["filters"] = {"from": today, "to": today}
    job = api.post("/reports/export", json=order)
    assert job.is_success, job.text
    path = f"/reports/exports/{job.json()['id']}"
    until(lambda: api.get(path).json()["state"] == "done")


def first_life(data: Path) -> str:
    """Up to a clean stop, which leaves a snapshot; returns the gateway's key."""
    with running(data, **SETTINGS) as system:
        key = system.printed_key
        assert key
        for email in ("ana@example.com", "bia@example.com"):
            create(system, email, 100_000)
            assert [chat(system, key, email) for _ in range(3)] == [200] * 3
            system.booked_user(email, 3)
        with admin(system) as api:
            export(api)
            body = {"name": "hers", "kind": "personal", "userEmail": "ana@example.com"}
            api.post("/keys", json=body).raise_for_status()
    return key


def second_life(data: Path, key: str) -> None:
    """What only the journal knows, and a death with everything open."""
    system = start(data, **SETTINGS)
    try:
        _live_on(system, key)
    finally:
        if system.process.poll() is None:
            system.stop()


def _live_on(system: LocalSystem, key: str) -> None:
    create(system, "near@example.com", 360)
    assert chat(system, key, "near@example.com", "demo-tokens-300") == 200
    mails = f"{system.url}/dev/mail/messages.json"
    until(lambda: httpx.get(mails).json()["messages"])
    assert chat(system, key, "ana@example.com") == 200
    system.booked_user("ana@example.com", 4)
    with admin(system) as api:
        export(api)
        user = api.get("/users", params={"search": "bia"}).json()["items"][0]
        api.put(f"/users/{user['id']}", json={"monthlyLimit": 200_000})
    programs = psutil.Process(system.process.pid).children(recursive=True)
    workers = [one for one in programs if "infra.local.run.worker" in " ".join(one.cmdline())]
    for one in workers:
        one.suspend()
    assert [chat(system, key, "bia@example.com") for _ in range(3)] == [200] * 3
    with stream(system, key):
        system.process.send_signal(signal.SIGSTOP)  # it would start again what dies
        for one in sorted(programs, key=lambda one: "local.store" not in " ".join(one.cmdline())):
            one.kill()
        system.process.kill()
        system.process.wait()


@contextlib.contextmanager
def stream(system: LocalSystem, key: str) -> Iterator[None]:
    """An answer on its way, whose tokens are reserved."""
    body = {"model": "demo-chunks-200-100ms", "stream": True}
    with (
        contextlib.suppress(httpx.HTTPError),
        httpx.stream(
            "POST",
            f"{system.url}/v1/chat/completions",
            json=body | {"messages": [{"role": "user", "content": "Oi"}]},
            headers={"authorization": f"Bearer {key}", "x-user-email": "ana@example.com"},
            timeout=60,
        ) as answer,
    ):
        assert next(answer.iter_lines())
        yield


def digest(items: list[dict[str, Any]]) -> str:
    """One figure for the items of a table, in whatever order."""
    lines = sorted(json.dumps(one, sort_keys=True, ensure_ascii=False) for one in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def truth(data: Path) -> dict[str, Any]:
    """What the version before tells of the directory, which it changes."""
    store: Any = importlib.import_module("infra.local.store")  # of that version
    port = importlib.import_module("infra.local.run.preflight").free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*store.store_command("127.0.0.1", port, data), "--ttl-sweep-seconds", "86400"]
    process = subprocess.Popen(command)
    try:
        store.wait_until_ready(url, WAIT_SECONDS)
        client: Any = boto3.client
        made = {"region_name": "us-east-1", "endpoint_url": url}
        made |= {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        mails = httpx.get(f"{url}/_ministack/ses/messages").json()["messages"].values()
        return {
            "tables": tables(client("dynamodb", **made)),
            "queues": queues(client("sqs", **made)),
            "objects": objects(client("s3", **made)),
            "mails": [one for account in mails for one in account],
        }
    finally:
        process.kill()
        process.wait()


def tables(client: Any) -> dict[str, Any]:
    found = {}
    for name in client.list_tables()["TableNames"]:
        pages = client.get_paginator("scan").paginate(TableName=name)
        items = [item for page in pages for item in page["Items"]]
        described = client.describe_table(TableName=name)["Table"]
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        found[name] = {
            "items": len(items),
            "digest": digest(items),
            "indexes": sorted(
                one["IndexName"] for one in described.get("GlobalSecondaryIndexes", ())
            ),
            "ttl": ttl.get("AttributeName"),
        }
        if name.endswith("-users"):
            found[name]["users"] = {
                one["email"]["S"]: {key: value["N"] for key, value in one.items() if "N" in value}
                for one in items
                if "email" in one
            }
    return found


def queues(client: Any) -> dict[str, Any]:
    found = {}
    for url in client.list_queues().get("QueueUrls", ()):
        told = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        waiting = sum(
            int(told[name])
            for name in (
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            )
        )
        found[url.rpartition("/")[2]] = {"messages": waiting, "redrive": told.get("RedrivePolicy")}
    return found


def objects(client: Any) -> dict[str, Any]:
    found = {}
    for bucket in client.list_buckets()["Buckets"]:
        for one in client.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            got = client.get_object(Bucket=bucket["Name"], Key=one["Key"])
            body = got["Body"].read()
            found[f"{bucket['Name']}/{one['Key']}"] = {
                "sha256": hashlib.sha256(body).hexdigest(),
                "type": got["ContentType"],
            }
    return found


def pack(data: Path, target: Path) -> None:
    """Only what a start needs; nobody's name, time or path of this machine."""

    def anonymous(one: tarfile.TarInfo) -> tarfile.TarInfo | None:
        one.uid = one.gid = 0
        one.uname = one.gname = ""
        one.mtime = 0
        return None if Path(one.name).name in NOT_KEPT else one

    with tarfile.open(target, "w:gz") as archive:
        for name in KEPT:
            if (data / name).exists():
                archive.add(data / name, name, filter=anonymous)


def main() -> None:
    target = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory(prefix="before-") as folder:
        data = Path(folder) / "data"
        second_life(data, first_life(data))
        pack(data, target / "data_before.tar.gz")
        shutil.copytree(data, Path(folder) / "copy")
        told = truth(Path(folder) / "copy") | {"made_at": f"{datetime.now(UTC):%FT%T}Z"}
    text = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True)
    (target / "data_before.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{(target / 'data_before.tar.gz').stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
