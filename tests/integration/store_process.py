"""A store as a process, a client that sees every acknowledgement, and a load with books."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from infra.local.store import store_command, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORKERS = 8
TABLE = "things"


class Client:
    """One keep-alive connection; no retries, so that every acknowledgement is seen."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=10)

    def close(self) -> None:
        self._connection.close()

    def http(
        self, method: str, path: str, body: bytes = b"", *, service: str = "", target: str = ""
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        if service:
            scope = f"AKIDEXAMPLE/20261101/us-east-1/{service}/aws4_request"
            headers["Authorization"] = (
                f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
            )
        if target:
            headers["X-Amz-Target"] = target
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def call(self, service: str, action: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        prefix = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS"}[service]
        body = json.dumps(arguments).encode()
        status, answer = self.http("POST", "/", body, service=service, target=f"{prefix}.{action}")
        return status, json.loads(answer or b"{}")

    def dynamodb(self, action: str, **arguments: Any) -> dict[str, Any]:
        status, answer = self.call("dynamodb", action, **arguments)
        assert status == 200, answer
        return answer

    def create_table(self) -> None:
        self.dynamodb(
            "CreateTable",
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def create_queue(self) -> str:
        status, answer = self.call("sqs", "CreateQueue", QueueName="events")
        assert status == 200
        return str(answer["QueueUrl"])

    def add(self, key: str, amount: int = 1, **more: Any) -> int:
        status, _ = self.call("dynamodb", "UpdateItem", **addition(key, amount), **more)
        return status

    def put(self, key: str, text: str) -> None:
        self.dynamodb("PutItem", TableName=TABLE, Item={"id": {"S": key}, "text": {"S": text}})

    def items(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        start: dict[str, Any] = {}
        while True:
            page = self.dynamodb("Scan", TableName=TABLE, **start)
            found |= {item["id"]["S"]: item for item in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def messages(self, queue: str) -> list[str]:
        bodies: list[str] = []
        while True:
            _, answer = self.call("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return bodies
            bodies += [message["Body"] for message in answer["Messages"]]

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.http("GET", "/_solaris/store")[1]))

    def until(self, condition: Callable[[dict[str, Any]], bool], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition(self.status()):
            assert time.monotonic() < deadline, self.status()


def addition(key: str, amount: int) -> dict[str, Any]:
    return {
        "TableName": TABLE,
        "Key": {"id": {"S": key}},
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": str(amount)}},
    }


class RunningStore:
    """Starts, kills and stops stores on one directory, one at a time and on one port."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self.move()
        self.process: subprocess.Popen[str] | None = None
        self._clients: list[Client] = []

    def move(self) -> None:
        """Take another port for the next start, as a system does."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def client(self) -> Client:
        self._clients.append(Client(self.port))
        return self._clients[-1]

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.process is not None:
            self.end()

    def spawn(self, *options: str, port: int | None = None) -> subprocess.Popen[str]:
        command = [*store_command("127.0.0.1", port or self.port, self.directory), *options]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def start(self, *options: str) -> Client:
        self.process = self.spawn(*options)
        wait_until_ready(f"http://127.0.0.1:{self.port}", 10)
        return self.client()

    def end(self, number: signal.Signals = signal.SIGKILL) -> tuple[int, str]:
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(number)
        _, errors = process.communicate(timeout=15)
        return process.returncode, errors

    def refused(self, **options: Any) -> str:
        process = self.spawn(**options)
        _, errors = process.communicate(timeout=15)
        assert process.returncode == 1
        assert errors.count("\n") == 1, errors
        return errors


class Load:
    """Concurrent writers that keep their own books of what was acknowledged."""

    def __init__(self, port: int, queue: str) -> None:
        self.port, self.queue = port, queue
        self.stop = threading.Event()
        self.added = [0] * WORKERS
        self.steps: list[int] = []
        self.sent: list[str] = []

    def _step(self, client: Client) -> None:
        """Read-modify-write of one item that everybody changes, and a row that says so."""
        answer = client.dynamodb("GetItem", TableName=TABLE, Key={"id": {"S": "shared"}})
        old = int(answer.get("Item", {"step": {"N": "0"}})["step"]["N"])
        change = {
            "TableName": TABLE,
            "Key": {"id": {"S": "shared"}},
            "UpdateExpression": "SET step = :new",
            "ConditionExpression": "attribute_not_exists(step) OR step = :old",
            "ExpressionAttributeValues": {":old": {"N": str(old)}, ":new": {"N": str(old + 1)}},
        }
        row = {"TableName": TABLE, "Item": {"id": {"S": f"step-{old + 1}"}}}
        row["ConditionExpression"] = "attribute_not_exists(id)"
        status, _ = client.call(
            "dynamodb", "TransactWriteItems", TransactItems=[{"Update": change}, {"Put": row}]
        )
        if status == 200:
            self.steps.append(old + 1)

    def _work(self, worker: int) -> None:
        with closing(Client(self.port)) as client, suppress(OSError, HTTPException):
            for number in itertools.count():
                if self.stop.is_set():
                    return
                if client.add(f"worker-{worker}") == 200:
                    self.added[worker] += 1
                self._step(client)
                message = {"QueueUrl": self.queue, "MessageBody": f"{worker}-{number}"}
                if client.call("sqs", "SendMessage", **message)[0] == 200:
                    self.sent.append(message["MessageBody"])

    def run(self, until: Callable[[], object]) -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            workers = [pool.submit(self._work, number) for number in range(WORKERS)]
            try:
                until()
            finally:
                self.stop.set()
            for worker in workers:
                worker.result(timeout=15)

    def check(self, client: Client, *, in_flight: int) -> None:
        items = client.items()
        for worker, acknowledged in enumerate(self.added):
            stored = int(items[f"worker-{worker}"]["n"]["N"])
            assert acknowledged <= stored <= acknowledged + in_flight
        last = int(items["shared"]["step"]["N"])
        assert len(set(self.steps)) == len(self.steps)
        assert {f"step-{n}" for n in range(1, last + 1)} == {
            key for key in items if key.startswith("step-")
        }
        assert max(self.steps) <= last <= max(self.steps) + in_flight
        assert set(self.sent) <= set(client.messages(self.queue))
