"""A company put straight into a tables' file, by the engine's import of DynamoDB's export format.

    import_company(company.puts(), Path("DATA/store"))

A million items take minutes this way; by the API, with a durable write for each 25, an hour.
"""

import gzip
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3

from infra.local.store.tables.program import tables_program
from infra.local.store.tables.running import running_tables
from solaris.platform.aws.tables import bind_models, create_tables
from solaris.platform.books_disk import TABLE_FILE
from solaris.platform.settings import load_settings
from tests.bench.company import Put
from tests.bench.generator import BenchError

IMPORT_SECONDS = 3600


def import_company(puts: Iterable[Put], folder: Path) -> int:
    """Make `folder`/tables.sqlite, which must not exist, hold these items; returns how many.

    The tables are this system's own with indexes and TTL. Raises BenchError, StoreError.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = Path(scratch)
        tables = _tables(work / "empty")
        schema = work / "schema.json"
        schema.write_text(json.dumps([told for told, _ in tables], default=str), encoding="utf-8")
        items = _export(puts, work / "export")
        _import(work / "export", schema, folder / TABLE_FILE)
    _set_ttl(folder, {told["Table"]["TableName"]: ttl for told, ttl in tables})
    return items


def _tables(folder: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each table as DescribeTable and as DescribeTimeToLive tell it."""
    folder.mkdir()
    with running_tables(folder) as environment, patch.dict(os.environ, environment):
        boto3.setup_default_session()
        bind_models(load_settings())
        create_tables()
        client = _client(environment)
        return [
            (
                client.describe_table(TableName=name),
                client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            )
            for name in client.list_tables()["TableNames"]
        ]


def _client(environment: dict[str, str]) -> Any:
    return boto3.client(
        "dynamodb",
        region_name=environment["AWS_REGION"],
        endpoint_url=environment["AWS_ENDPOINT_URL_DYNAMODB"],
    )


def _export(puts: Iterable[Put], folder: Path) -> int:
    """FOLDER/<table>/data/items.json.gz, an item a line, as DynamoDB exports a table to S3."""
    count = 0
    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for table, item in puts:
            if table not in files:
                path = folder / table / "data" / "items.json.gz"
                path.parent.mkdir(parents=True)
                files[table] = stack.enter_context(
                    gzip.open(path, "wt", compresslevel=1, encoding="utf-8")
                )
            files[table].write(json.dumps({"Item": item}) + "\n")
            count += 1
    return count


def _import(source: Path, schema: Path, target: Path) -> None:
    arguments = ["--source", str(source), "--schema", str(schema), "--output", str(target)]
    done = subprocess.run(
        [str(tables_program()), "import", *arguments],
        capture_output=True,
        text=True,
        timeout=IMPORT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"the import failed: {done.stderr.strip()[-300:]}")


def _set_ttl(folder: Path, settings: dict[str, dict[str, Any]]) -> None:
    """The import makes tables and indexes; what expires it leaves aside."""
    with running_tables(folder) as environment, patch.dict(os.environ, environment):
        boto3.setup_default_session()
        client = _client(environment)
        known = set(client.list_tables()["TableNames"])
        for name, ttl in settings.items():
            if name in known and ttl["TimeToLiveStatus"] == "ENABLED":
                client.update_time_to_live(
                    TableName=name,
                    TimeToLiveSpecification={
                        "AttributeName": ttl["AttributeName"],
                        "Enabled": True,
                    },
                )
