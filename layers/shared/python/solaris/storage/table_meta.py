"""What all tables have in common, for their PynamoDB models."""

from typing import ClassVar

from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE


class TableMeta:
    """Meta of every table: on demand, bounded time-outs, no retry beyond the bound."""

    billing_mode = PAY_PER_REQUEST_BILLING_MODE
    region: ClassVar[str]
    connect_timeout_seconds = 1
    read_timeout_seconds = 5
    max_retry_attempts = 3
