"""Which of a user's usage records are asked for. Pure."""

from dataclasses import dataclass
from datetime import datetime

from solaris.quota.usage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilters:
    """What is asked for; an empty tuple or None: any. `start` is included, `end` is not."""

    start: datetime | None = None
    end: datetime | None = None
    models: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    least_status: int | None = None
    most_status: int | None = None
