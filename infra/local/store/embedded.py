"""Where the two programs of the store listen, and how they are started.

tables   behind a guard    DATA/store/tables.sqlite (dynoxide)
store    server.py         DATA/store/: queues, files, mails
"""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.run.running import running_program
from infra.local.store.errors import StoreError
from infra.local.store.tables.program import free_port, guarded_command, secret_address
from solaris.platform.books_disk import FOLDER

TABLES, STORE = "tables", "store"
_SECRET_BYTES = 24


def store_command(host: str, port: int, data_dir: Path) -> list[str]:
    """The command that serves queues, files and mails; run it in the repository's root."""
    arguments = ["--host", host, "--port", str(port), "--data-dir", str(data_dir)]
    return [sys.executable, "-m", "infra.local.store", *arguments]


@dataclass(frozen=True, slots=True)
class StorePlan:
    """Commands by name, and the variables by which boto3 finds and may use the store."""

    commands: dict[str, list[str]]
    environment: dict[str, str]

    def urls(self) -> dict[str, str]:
        """Where each of the programs listens."""
        found = {
            TABLES: self.environment["AWS_ENDPOINT_URL_DYNAMODB"],
            STORE: self.environment["AWS_ENDPOINT_URL"],
        }
        return {name: found[name] for name in self.commands}


def plan_store(
    data_dir: Path, given: Mapping[str, str], *, region: str, host: str | None = None
) -> StorePlan:
    """Draw address, ports and credentials; what `given` (the environment) names is used instead.

    Makes DATA/store. Raises StoreError.
    """
    folder = data_dir / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        msg = f"cannot use {folder}: {error.strerror}"
        raise StoreError(msg) from error
    host = host or secret_address()
    port = free_port(host)
    commands = {STORE: store_command(host, port, data_dir)}
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": given.get("AWS_ACCESS_KEY_ID") or secrets.token_hex(10).upper(),
        "AWS_SECRET_ACCESS_KEY": given.get("AWS_SECRET_ACCESS_KEY")
        or secrets.token_urlsafe(_SECRET_BYTES),
        "AWS_REGION": given.get("AWS_REGION") or region,
        "NO_PROXY": ",".join(filter(None, (given.get("NO_PROXY"), host))),
    }
    if "AWS_ENDPOINT_URL_DYNAMODB" in given:
        environment["AWS_ENDPOINT_URL_DYNAMODB"] = given["AWS_ENDPOINT_URL_DYNAMODB"]
    else:
        tables_port = free_port(host)
        environment["AWS_ENDPOINT_URL_DYNAMODB"] = f"http://{host}:{tables_port}"
        commands = {TABLES: guarded_command(host, tables_port, folder), **commands}
    return StorePlan(commands, environment)


@contextmanager
def running_store(data_dir: Path, *, region: str = "us-east-1") -> Iterator[dict[str, str]]:
    """Both programs on a directory of their own until the end of the block.

    Yields boto3's variables; this process's environment is left alone. Raises StoreError.
    """
    plan = plan_store(data_dir, {"NO_PROXY": os.environ.get("NO_PROXY", "")}, region=region)
    with ExitStack() as stack:
        for name, url in plan.urls().items():
            command = plan.commands[name]
            stack.enter_context(running_program(name, command, url, plan.environment))
        yield plan.environment
