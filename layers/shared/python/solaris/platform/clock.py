"""The clock of every process."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The clock of every process: UTC."""
    return datetime.now(UTC)
