"""What opens months."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from solaris.months.opening import Resetter
    from solaris.platform.parts import PlatformParts
    from solaris.quota.parts import QuotaParts


class MonthsParts:
    """What opens months."""

    def __init__(self, *, platform: PlatformParts, quota: QuotaParts) -> None:
        self.platform = platform
        self._quota = quota

    @part
    def resetter(self) -> Resetter:
        """What opens the month of every user."""
        from solaris.months.opening import Resetter
        from solaris.months.summary import Summariser

        return Resetter(
            settings=self.platform.settings,
            users=self._quota.users,
            summariser=Summariser(
                settings=self.platform.settings,
                queues=self.platform.queues,
                groups=lambda: self._quota.groups.read().everything,
            ),
            clock=self.platform.clock,
        )
