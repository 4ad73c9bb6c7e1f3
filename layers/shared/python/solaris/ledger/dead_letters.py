"""The usage dead-letter queue, as replay needs it: take, acknowledge, put back."""

from typing import Any

from solaris.platform.aws.client import store_errors
from solaris.platform.aws.queues import BATCH_MESSAGES, USAGE_QUEUE, Queues

DEAD_LETTERS = f"{USAGE_QUEUE}-dlq"
WAIT_SECONDS = 1


class DeadLetters:
    """Usage events that were given up; `client` is a boto3 SQS client."""

    def __init__(self, client: Any, queues: Queues) -> None:
        self._client = client
        self._queues = queues

    def depth(self) -> int:
        """Messages waiting, approximately."""
        return self._queues.depth(DEAD_LETTERS)

    def receive(self) -> list[dict[str, Any]]:
        """Take up to ten messages; nobody else sees them for a minute."""
        return self._queues.receive(DEAD_LETTERS, wait_seconds=WAIT_SECONDS)

    def delete(self, messages: list[dict[str, Any]]) -> None:
        """Acknowledge messages."""
        self._queues.delete(DEAD_LETTERS, messages)

    def put_back(self, messages: list[dict[str, Any]]) -> None:
        """Make messages visible again at once."""
        for start in range(0, len(messages), BATCH_MESSAGES):
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for n, message in enumerate(messages[start : start + BATCH_MESSAGES])
            ]
            with store_errors():
                self._client.change_message_visibility_batch(
                    QueueUrl=self._queues.url(DEAD_LETTERS), Entries=entries
                )
