"""Times as they are written: ISO 8601, UTC, milliseconds. Pure."""

from datetime import UTC, datetime


def iso_milliseconds(instant: datetime) -> str:
    """Write an instant as `2026-11-22T13:05:09.123Z`, which sorts as it reads."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_instant(text: str) -> datetime:
    """Read an ISO-8601 instant back; raises ValueError on anything without a zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        msg = f"an instant needs a time zone, got {text!r}"
        raise ValueError(msg)
    return instant.astimezone(UTC)
