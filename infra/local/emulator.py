"""Everything the embedded store knows about the inside of ministack.

ministack keeps its state in module-level dictionaries. This adapter reads and writes them as
snapshots, executes DynamoDB requests and the frequent ones of SQS without the emulator's
routing (faster.py is about their cost), and takes two things away from it: its own saving (not
atomic with our journal) and its TTL thread (deletions that the journal would not know, so that a
replayed "put if absent" could fail).
"""

from __future__ import annotations

import copy
import functools
import json
import logging
import os
import threading
import time
import types
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from infra.local.faster import make_faster
from infra.local.journal import JournalCorruptError, sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger("solaris.store")
_EXTRA_STATE = "solaris-extra"
_SENT_MAILS_KEPT = 1_000
_TTL_THREAD = "dynamodb-ttl-reaper"
# A queue is kept by its address, which holds a port: always this one, as the store's own is another
# at each start.
_QUEUE_PORT = "4566"
# The modules whose results depend on the clock; a replay runs them at the recorded time.
_CLOCKED_MODULES = ("dynamodb", "sqs", "ses", "ses_v2")


class TtlTable(NamedTuple):
    """A table whose items expire, and the attribute that says when."""

    account_id: str
    region: str
    name: str
    attribute: str


class Expired(NamedTuple):
    """An item whose time to live is over. `key` and `ttl` are in DynamoDB's JSON."""

    table: TtlTable
    ttl: dict[str, Any]
    key: dict[str, Any]


def prepare_environment(*, data_dir: Path, port: int) -> None:
    """Set what ministack reads while it is imported. Call before Emulator()."""
    for name in ("LOCALSTACK_PERSISTENCE", "SERVICES", "EDGE_PORT", "MINISTACK_HOST"):
        os.environ.pop(name, None)
    os.environ.update(
        PERSIST_STATE="0",
        AUTH="false",
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        CLOUDTRAIL_RECORDING="0",
        LOG_LEVEL="WARNING",
        S3_PERSIST="1",
        S3_DATA_DIR=str(data_dir / "s3"),
        GATEWAY_PORT=str(port),
        # With a Docker socket ministack removes containers at start, other people's included.
        DOCKER_HOST="unix:///nonexistent/docker.sock",
    )


def _same(value: Any, _memo: object = None) -> Any:
    return value


class _RecordedClock:
    """Stands in for the `time` module: a replay happens at the time of the original."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class Emulator:
    """One ministack in this process. Construct it once, after prepare_environment()."""

    def __init__(self) -> None:
        thread_class: Any = threading.Thread
        start = thread_class.start

        def start_unless_ttl(thread: threading.Thread) -> None:
            if thread.name != _TTL_THREAD:
                start(thread)

        thread_class.start = start_unless_ttl
        try:
            from ministack import app  # noqa: PLC0415 - after the environment is set
            from ministack.core import (  # noqa: PLC0415
                iam_evaluator,
                persistence,
                responses,
                router,
            )
            from ministack.services import dynamodb, ses, sqs  # noqa: PLC0415
        finally:
            thread_class.start = start
        self._package: Any = app
        self.app: Any = app.app
        self._persistence: Any = persistence
        self._responses: Any = responses
        self._dynamodb: Any = dynamodb
        self._ses: Any = ses
        self._sqs: Any = sqs
        self._region_of = functools.lru_cache(1024)(
            lambda credential: router.extract_region({"authorization": credential})
        )
        self._access_key_of = functools.lru_cache(1024)(
            lambda credential: router.extract_access_key_id({"authorization": credential})
        )
        make_faster(dynamodb)
        sqs.DEFAULT_PORT = _QUEUE_PORT
        sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{_QUEUE_PORT}"  # noqa: SLF001
        # it remembers who calls where AUTH is on, and looks that up with an import each time
        iam_evaluator.pin_request_caller = lambda *_: None

    async def dynamodb(
        self, target: str, credential: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Execute one DynamoDB request: status, headers, body.

        Never suspends, so what it changed and what the caller does next are one step of the
        event loop.
        """
        return await self._execute(self._dynamodb, target, credential, body)

    async def queue_step(
        self, target: str, credential: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Send to a queue or delete from it (`Call.is_queue_step`); never suspends either."""
        return await self._execute(self._sqs, target, credential, body)

    async def _execute(
        self, service: Any, target: str, credential: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self._responses.set_request_account_id(self._access_key_of(credential))
        self._responses.set_request_region(self._region_of(credential))
        try:
            status, headers, answer = await service.handle_request(
                "POST", "/", {"x-amz-target": target}, body, {}
            )
        except Exception as error:  # noqa: BLE001 - the emulator's own defect must not close the connection
            _log.exception("Request failed", extra={"target": target})
            status, headers = 500, {"Content-Type": "application/x-amz-json-1.0"}
            answer = orjson.dumps({"__type": "InternalServerError", "message": str(error)})
        headers["x-amzn-requestid"] = str(uuid.uuid4())
        return status, headers, answer if isinstance(answer, bytes) else answer.encode()

    @contextmanager
    def recorded_clock(self) -> Iterator[_RecordedClock]:
        """Run DynamoDB, SQS and SES at the clock's `now` instead of the present."""
        clock = _RecordedClock()
        modules = [self._package._get_module(name) for name in _CLOCKED_MODULES]  # noqa: SLF001
        for module in modules:
            module.time = clock
        try:
            yield clock
        finally:
            for module in modules:
                module.time = time

    # -- snapshots ---------------------------------------------------------

    def load_snapshot(self, directory: Path) -> None:
        """Fill an empty emulator. Raises JournalCorruptError naming the file."""
        for key, module_name in self._package._state_map.items():  # noqa: SLF001
            path = directory / f"{key}.json"
            if path.exists():
                self._load_service(key, module_name, path)
        path = directory / f"{_EXTRA_STATE}.json"
        if path.exists():
            extra = self._revive(self._parse(path))
            self._dynamodb._txn_idempotency.update(extra["transaction_tokens"])  # noqa: SLF001
            self._ses._sent_emails.update(extra["sent_mails"])  # noqa: SLF001
        self._bring_queues_home()

    def _bring_queues_home(self) -> None:
        """Give queues of an older snapshot, kept by the port of that start, their lasting address.

        What waited in one that was left behind so is delivered after all.
        """
        queues: Any = self._sqs._queues  # noqa: SLF001
        for (account_id, region, url), queue in list(queues.all_items()):
            home = self._sqs._queue_url_for_account(account_id, queue["name"])  # noqa: SLF001
            if url == home:
                continue
            queues.pop_scoped(account_id, region, url)
            kept = queues.get_scoped(account_id, region, home)
            if kept is None:
                queues.set_scoped(account_id, region, home, queue | {"url": home})
            else:
                kept["messages"].extend(queue["messages"])
        self._sqs._rebuild_queue_name_index()  # noqa: SLF001

    def _load_service(self, key: str, module_name: str, path: Path) -> None:
        document = self._parse(path)
        if document.get("__ministack_format__", 0) > self._persistence._state_format_version(key):  # noqa: SLF001
            raise JournalCorruptError(f"{path} was written by a newer ministack")
        payload = document["payload"]
        if key == "dynamodb":
            # Items are in wire format: only the tables' own containers need reviving, and
            # an attribute that looks like one of ministack's tags stays what it is.
            hook = self._persistence._json_object_hook  # noqa: SLF001
            state = {name: hook(part) for name, part in payload.items()}
        else:
            state = self._revive(payload)
        self._package._get_module(module_name).load_persisted_state(state)  # noqa: SLF001

    @staticmethod
    def _parse(path: Path) -> dict[str, Any]:
        data = path.read_bytes()
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            try:
                document = json.loads(data)  # takes lone surrogates, which orjson refuses
            except ValueError as error:
                raise JournalCorruptError(f"{path} is damaged: {error}") from error
        if not isinstance(document, dict):
            raise JournalCorruptError(f"{path} is damaged: it holds no object")
        return document

    def _revive(self, value: Any) -> Any:
        if isinstance(value, dict):
            revived = {key: self._revive(item) for key, item in value.items()}
            return self._persistence._json_object_hook(revived)  # noqa: SLF001
        if isinstance(value, list):
            return [self._revive(item) for item in value]
        return value

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """No thread of ministack is in the middle of a change to tables or queues."""
        with self._dynamodb._lock, self._sqs._queues_lock:  # noqa: SLF001
            yield

    def write_snapshot(self, directory: Path) -> None:
        """Write the whole state and fsync it. Raises OSError.

        Only for a process that serves nothing afterwards: the copies that ministack makes
        of its state before it saves are switched off for good.
        """
        copy.deepcopy = _same  # type: ignore[assignment]
        self._dynamodb.copy = types.SimpleNamespace(deepcopy=_same)
        directory.mkdir()
        for key, get_state in self._package._build_persistence_save_dict().items():  # noqa: SLF001
            state = get_state()
            if state is not None:
                version = self._persistence._state_format_version(key)  # noqa: SLF001
                document = {"__ministack_format__": version, "payload": state}
                self._write(directory / f"{key}.json", document)
        sent_mails = self._ses._sent_emails  # noqa: SLF001
        for entries in sent_mails.all_values():
            del entries[:-_SENT_MAILS_KEPT]
        tokens = self._dynamodb._txn_idempotency  # noqa: SLF001
        extra = {"transaction_tokens": tokens, "sent_mails": sent_mails}
        self._write(directory / f"{_EXTRA_STATE}.json", extra)
        sync_directory(directory)

    def _write(self, path: Path, document: dict[str, Any]) -> None:
        default = self._persistence._json_default  # noqa: SLF001
        try:
            data = orjson.dumps(document, default=default, option=orjson.OPT_NON_STR_KEYS)
        except TypeError:  # lone surrogates, integers beyond 64 bits
            data = json.dumps(document, default=default).encode()
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    # -- time to live ------------------------------------------------------

    def tables_with_ttl(self) -> list[TtlTable]:
        """Every table with an enabled TTL."""
        return [
            TtlTable(account_id, region, name, setting.get("AttributeName", ""))
            for (account_id, region, name), setting in self._dynamodb._ttl_settings.all_items()  # noqa: SLF001
            if setting.get("TimeToLiveStatus") == "ENABLED"
        ]

    def _table(self, table: TtlTable) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._dynamodb._tables.get_scoped(  # noqa: SLF001
            table.account_id, table.region, table.name
        )
        return found

    def partition_keys(self, table: TtlTable) -> list[str]:
        """The partitions of a table at this moment."""
        found = self._table(table)
        return list(found["items"]) if found else []

    def expired(self, table: TtlTable, partition: str, now: float) -> list[Expired]:
        """The items of one partition whose TTL lies at or before `now` (unix seconds)."""
        found = self._table(table)
        if not found:
            return []
        result = []
        for item in found["items"].get(partition, {}).values():
            ttl = item.get(table.attribute)
            if isinstance(ttl, dict) and "N" in ttl and float(ttl["N"]) <= now:
                names = filter(None, (found["pk_name"], found["sk_name"]))
                result.append(Expired(table, ttl, {name: item[name] for name in names}))
        return result
