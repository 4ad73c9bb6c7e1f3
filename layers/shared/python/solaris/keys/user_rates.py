"""The rates of users whose plan has one, as far as this process has seen their items.

A rate is counted before anything of a user is read, and nothing is read for it: each reserve
brings the item back, and what it says of the rate holds for the user's next request. Who was not
seen by this process yet, or not for an hour, is counted by the settings' rate once.
"""

from solaris.platform.cache import Remembered
from solaris.platform.rate_rule import RateRule

MAX_USERS = 100_000
KEEP_SECONDS = 3_600.0


class UserRates:
    """By the id that an address has by itself (`user_id_for`); for any number of threads."""

    def __init__(self) -> None:
        self._rates: Remembered[str, RateRule] = Remembered(MAX_USERS)

    def of(self, user_id: str) -> RateRule | None:
        """The user's rate; None: the settings'."""
        kept = self._rates.get(user_id)
        return None if kept is None else kept.value

    def learn(self, user_id: str, rate: RateRule | None) -> None:
        """Remember what the user's item says; None: nothing of its own, which costs nothing."""
        if rate is not None:
            self._rates.put(user_id, rate, KEEP_SECONDS)
        elif self.of(user_id) is not None:
            self._rates.forget(user_id)
