"""When the last good backup was made: rows of the periods table (platform/aws/progress.py).

Each lies under `system#backup` with its point in time, once the file was read back. Nobody keeps
the files for us: this tells that one was made, not that it is still there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solaris.platform.aws.client import store_errors
from solaris.platform.aws.items import number, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.instants import iso_milliseconds, parse_instant

OWNER = progress_owner("backup")


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """`at` is the point in time that the file is of; `sha256` names its content."""

    at: datetime
    items: int
    sha256: str


class BackupLog:
    """Reads and writes; `client` is a DynamoDB client.

    Both methods raise StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, periods_table: str) -> None:
        self._client = client
        self._table = periods_table

    def note(self, backup: KeptBackup, finished_at: datetime) -> None:
        """Keep that a backup was made and read back."""
        with store_errors():
            self._client.put_item(
                TableName=self._table,
                Item={
                    "user_id": text(OWNER),
                    "period": text(iso_milliseconds(backup.at)),
                    "finished_at": text(iso_milliseconds(finished_at)),
                    "items": number(backup.items),
                    "sha256": text(backup.sha256),
                },
            )

    def latest(self) -> KeptBackup | None:
        """The newest one; None before the first."""
        with store_errors():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="user_id = :owner",
                ExpressionAttributeValues={":owner": text(OWNER)},
                ScanIndexForward=False,
                Limit=1,
            )
        for item in answer["Items"]:
            at = parse_instant(item["period"]["S"])
            return KeptBackup(at, int(item["items"]["N"]), item["sha256"]["S"])
        return None
