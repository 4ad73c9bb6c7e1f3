"""Users with a day's cap: who has one, as far as this process remembers, and how it refuses.

A write's update cannot depend on the item, so a reserve is written either with the day or without
(gateway/reserve.py). This guesses which; a wrong guess is refused by the write's condition, and the
item that comes back says what is right. Users without a cap are not remembered, and cost nothing.
"""

from datetime import date, datetime, tzinfo

from solaris.platform.cache import Remembered
from solaris.platform.errors import DailyLimitError
from solaris.quota.day_cap import used_tokens
from solaris.quota.periods import day_end
from solaris.quota.reservation import MINIMUM_COMPLETION_TOKENS, Demand
from solaris.quota.user import User

MAX_REMEMBERED = 20_000
REMEMBERED_SECONDS = 24 * 3600.0


class CappedUsers:
    """What was seen of users' caps; for any number of threads."""

    def __init__(self) -> None:
        self._days: Remembered[str, str] = Remembered(MAX_REMEMBERED)

    def day(self, user_id: str, day: str) -> str | None:
        """The day for which a request of `day` is to hold tokens; None: no cap is known of."""
        kept = self._days.get(user_id)
        return None if kept is None else max(kept.value, day)

    def learn(self, user: User) -> None:
        """Take note of a user as the store has just told."""
        if user.day_cap is None:
            self._days.forget(user.user_id)
        else:
            self._days.put(user.user_id, user.day_cap.day, REMEMBERED_SECONDS)


def day_refusal(user: User, refused: Demand, zone: tzinfo, now: datetime) -> DailyLimitError:
    """The refusal of a request that the day of this user does not carry. Raises ValueError for a
    user without a cap.
    """
    cap = user.day_cap
    if cap is None:
        msg = f"no day's cap refuses {user.user_id}"
        raise ValueError(msg)
    is_long = cap.available_tokens >= MINIMUM_COMPLETION_TOKENS
    renews_at = day_end(date.fromisoformat(cap.day), zone).astimezone(zone)
    return DailyLimitError(
        used=used_tokens(user),
        limit=cap.limit.in_force(user.monthly_limit),
        available=cap.available_tokens,
        renews_at=renews_at,
        renews_in_seconds=max(0, int((renews_at - now).total_seconds())),
        needed=refused.smallest_tokens if is_long else None,
    )
