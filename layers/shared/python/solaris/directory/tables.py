"""Whole tables and picked items as they are stored, for the directory's replica. Consistent reads.

Off the request path but for the picked items, which are the few that the feed has named.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from solaris.platform.aws.client import read_items, store_errors
from solaris.platform.aws.items import Item, text

PAGE_ITEMS = 500  # requests wait for a page in the store of one machine
MAX_PAGES = 100_000


class ReplicaTables:
    """The tables `users`, `alerts` and `keys` by those names; `client` is boto3's for DynamoDB.

    Every call raises StoreUnavailableError or AwsCallError.
    """

    KEYS: ClassVar = {"users": "user_id", "alerts": "alert_id", "keys": "key_hash"}

    def __init__(self, client: Any, names: dict[str, str]) -> None:
        self._client = client
        self._names = names

    def identity(self) -> str:
        """What tells these tables from others of the same name, such as those before a wipe."""
        with store_errors():
            table = self._client.describe_table(TableName=self._names["users"])["Table"]
        created = table.get("CreationDateTime")
        stamp = f"{created.timestamp():.3f}" if created is not None else ""
        return f"{table.get('TableArn', '')}|{table.get('TableId', '')}|{stamp}"

    def get_many(self, table: str, ids: Iterable[str]) -> list[Item]:
        """Read items in as few calls as possible; unknown ids are left out."""
        keys = [{self.KEYS[table]: text(one)} for one in sorted(set(ids))]
        return read_items(self._client, self._names[table], keys)

    def pages(self, table: str, *, limit: int = PAGE_ITEMS) -> Iterator[list[Item]]:
        """Every item of a table, page by page, in no order."""
        request: dict[str, Any] = {
            "TableName": self._names[table],
            "ConsistentRead": True,
            "Limit": limit,
        }
        for _ in range(MAX_PAGES):
            with store_errors():
                page = self._client.scan(**request)
            yield page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        msg = f"table {table} has more than {MAX_PAGES} pages"
        raise RuntimeError(msg)
