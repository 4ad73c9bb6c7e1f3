"""Who opened a link of a chat first, in the sessions table: `session_id` is `link#<key>`.

One conditional write decides; TTL clears it some time after the link is over.
"""

from datetime import datetime
from typing import Any

from solaris.platform.aws.client import CONDITION_FAILED, AwsCallError, store_errors
from solaris.platform.aws.items import number, text


class LinkHolders:
    """Holders by link, a SHA-256 each; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, *, sessions_table: str) -> None:
        self._client = client
        self._table = sessions_table

    def claim(self, link: str, holder: str, until: datetime) -> bool:
        """Whether the link is this holder's: whoever claims it first has it until its end.

        Raises StoreUnavailableError.
        """
        try:
            with store_errors():
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "session_id": text(f"link#{link}"),
                        "holder": text(holder),
                        "expires_at": number(int(until.timestamp())),
                    },
                    ConditionExpression="attribute_not_exists(session_id) OR holder = :holder",
                    ExpressionAttributeValues={":holder": text(holder)},
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True
