"""The parts that let requests to /v1 in, and their bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from solaris.services.limiting import RateLimiter
from solaris.settings import Settings

if TYPE_CHECKING:
    from solaris.gateway.bodies import Bodies
    from solaris.services.entrance import Entrance


class EntranceParts:
    """What Wiring inherits; `clock` gives the time in UTC."""

    settings: Settings
    clock: Callable[[], datetime]

    @cached_property
    def keys(self) -> Any:
        """The keys table."""
        raise NotImplementedError

    @cached_property
    def async_cache(self) -> Any:
        """Redis, from the request path."""
        raise NotImplementedError

    @cached_property
    def bodies(self) -> Bodies:
        """What reads the bodies of all requests to this process."""
        from solaris.gateway.bodies import Bodies

        settings = self.settings
        return Bodies(
            max_bytes=settings.max_unfinished_body_bytes,
            max_open=settings.max_unfinished_bodies_per_address,
        )

    @cached_property
    def entrance(self) -> Entrance:
        """What lets requests to /v1 in by their head."""
        from solaris.services.authenticating import Authenticator
        from solaris.services.entrance import Entrance
        from solaris.services.sealing import seal_of

        settings, stage = self.settings, self.settings.solaris_stage
        return Entrance(
            authenticator=Authenticator(
                self.keys, self.async_cache, stage, self.clock, seal=seal_of(settings)
            ),
            limiter=RateLimiter(self.async_cache, stage, settings.rate_rule),
            settings=settings,
            clock=self.clock,
        )
