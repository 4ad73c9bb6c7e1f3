"""Tables alone that are served for a while, on a directory of their own."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.run.running import running_program
from infra.local.store.tables.program import free_port, guarded_command, secret_address


@contextmanager
def running_tables(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the tables in `folder` until the end of the block; this environment is left alone.

    Yields boto3's variables. Raises StoreError.
    """
    host = secret_address()
    port = free_port(host)
    url = f"http://{host}:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "scratch", "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(24)}
    with running_program("tables", guarded_command(host, port, folder), url, keys):
        yield keys | {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), host))),
        }
