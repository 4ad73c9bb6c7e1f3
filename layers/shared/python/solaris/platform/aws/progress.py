"""How far the system's own work of a period has come, in items beside users' closed months.

They lie in the periods table under `system#<work>`: `system#reset` (months/progress.py),
`system#reconcile` (reconciliation/run_store.py), `system#plans` (accounts/plans/progress.py). No
user has such an id, so whoever reads one user's months never meets them; whoever reads the whole
table asks `is_progress`.
"""

from collections.abc import Mapping
from typing import Any

_PREFIX = "system#"


def progress_owner(work: str) -> str:
    """Hash key of a work's items."""
    return f"{_PREFIX}{work}"


def is_progress(item: Mapping[str, Any]) -> bool:
    """Whether an item of the periods table is of the system's own work, and no closed month."""
    return str(item["user_id"]["S"]).startswith(_PREFIX)
