"""Since when the upstream is failing: one item of the periods table, with the time while it does.

It is never deleted: whoever keeps the directory may delete nothing of the books.
"""

from datetime import datetime
from typing import Any

from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.aws.items import Item, text
from solaris.platform.aws.progress import progress_owner
from solaris.platform.instants import iso_milliseconds, parse_instant

WATCH_OWNER = progress_owner("watch")
_KEY: Item = {"user_id": text(WATCH_OWNER), "period": text("upstream")}


class WatchStore:
    """Reads and writes; `client` is a boto3 DynamoDB client.

    Every method raises StoreUnavailableError or AwsCallError.
    """

    def __init__(self, client: Any, periods_table: str) -> None:
        self._client = client
        self._table = periods_table

    def failing_since(self) -> datetime | None:
        """When the upstream was found failing; None: it is well, as far as is known."""
        with store_errors():
            answer = self._client.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True)
        since = answer.get("Item", {}).get("failing_since")
        return None if since is None else parse_instant(since["S"])

    def begins(self, since: datetime) -> None:
        """Note that it fails; whoever was first stays on record."""
        try:
            with store_errors():
                self._client.put_item(
                    TableName=self._table,
                    Item=_KEY | {"failing_since": text(iso_milliseconds(since))},
                    ConditionExpression="attribute_not_exists(failing_since)",
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise

    def ends(self) -> None:
        """Note that it is well again."""
        with store_errors():
            self._client.put_item(TableName=self._table, Item=_KEY)
