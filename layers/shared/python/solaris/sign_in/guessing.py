"""Failed sign-ins, counted so that guesses stay few and nobody can lock somebody else out.

    who tries                      may fail in 15 minutes        then
    a browser that was in before   5, counted for it alone       locked for 15 minutes
    a network, at one account      5; 3 while that one is slow   locked for 15 minutes
    a network, at all accounts     20 (an IPv6 /48: 100)         locked to the window's end
    an account, from anywhere      10                            slow; nobody is locked

A network is an IPv4 /24 or IPv6 /64. While an account is slow, a network waits 1 to 60 seconds
between its tries; its first is looked at without waiting. So the owner gets in from a network of
their own, and from a browser they used before even out of the attacker's network.

What an attacker gets: from one network about 20 guesses an hour at one account, 80 at all of them
together; from N networks at one account about 12 N an hour, and 10 more at the beginning. So
1,000 networks guess 12,000 times an hour, at a password of 12 characters or more that is on no
list of common ones. An account's own sum has no harder limit: that would be the lock by which
anybody shuts the owner out.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from solaris.platform.aws.retry import CONFLICT, attempts
from solaris.platform.errors import LoginLockedError, RateLimitedError
from solaris.sign_in.attempts import AttemptStore
from solaris.sign_in.lockout import (
    NETWORK_FAILURES,
    SITE_FAILURES,
    SLOW_AFTER,
    Attempts,
    Verdict,
    admit,
    failed,
    locked_seconds,
    most_failures,
    pause_of,
    paused_seconds,
    untested,
    window_of,
    window_seconds,
)
from solaris.sign_in.networks import network_of, site_of

BUSY_SECONDS = 1.0
TOLD_EVERY = timedelta(minutes=1)


OF_NETWORKS = "network_locked"
OF_ACCOUNTS = frozenset({"locked", "slowed", "wrong_password"})


class GuessRefusedError(LoginLockedError):
    """The password is not looked at; `reason` says what is locked or slow, for the audit log."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(seconds)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One attempt that was admitted, as it was counted."""

    address: str
    key: str
    """Of the attempts that it is one of."""

    attempts: Attempts
    pause: timedelta = timedelta()
    counted: tuple[str, ...] = ()
    """Counts that it was added to."""

    begins_slow: bool = False
    """With it the account becomes slow."""


class Guesses:
    """Counts them; `clock` gives the time in UTC. Everything raises StoreUnavailableError."""

    def __init__(self, store: AttemptStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def admit(self, address: str, ip_address: str | None, device_id: str | None) -> Guess:
        """Count an attempt before its password is looked at.

        `address` is normalised; `device_id` is of a device cookie of this account. Raises
        GuessRefusedError, and RateLimitedError when five tries are under way.
        """
        now = self._clock()
        account, last_account = _accounts(address, now)
        mark, failures = self._store.read(_marked(address), (account, last_account))
        if device_id is None:
            pause = pause_of(failures)
            key = _key("pair", address, network_of(ip_address), mark)
        else:
            pause = timedelta()
            key = _key("device", address, device_id, mark)
        attempts = self._try(key, pause)
        counted: list[str] = []
        try:
            if device_id is None:
                self._count_networks(counted, ip_address, now)
            count = self._store.add(account, 1, now)
        except BaseException:
            self._take_back(key, counted)
            raise
        return Guess(
            address=address,
            key=key,
            attempts=attempts,
            pause=pause,
            counted=(*counted, account),
            begins_slow=count == SLOW_AFTER > failures,
        )

    def untested(self, guess: Guess) -> None:
        """The password was never looked at: the attempt does not count."""
        self._take_back(guess.key, guess.counted)

    def failed(self, guess: Guess) -> bool:
        """It was wrong; whether this very attempt locks."""
        most = most_failures(guess.pause)
        after = self._swap(
            guess.key, lambda before: failed(before, guess.attempts, self._clock(), most)
        )
        # the one attempt that locks; others that fail meanwhile find it locked
        return guess.attempts.count >= most and bool(after and after.locked_until)

    def succeeded(self, guess: Guess) -> None:
        """It was right: what this network or browser failed at this account is forgotten.

        What the network failed at others, and others at this account, stays.
        """
        self._store.clear(guess.key)
        for key in guess.counted:
            self._store.add(key, -1, self._clock())

    def gathered(self, address: str, ip_address: str | None, reason: str) -> int:
        """Of how many refusals to write down now, this one included; 0: of none yet.

        The first of an account is told of at once, then those of a minute together, whoever they
        come from; where a network is refused whichever the account, those of the network.
        """
        return self._store.gather(
            _gathering(address, ip_address, reason), self._clock(), TOLD_EVERY
        )

    def untold(self, address: str) -> int:
        """How many refusals of an account have not been written down; asked for once."""
        return self._store.gathered(_gathering(address, None, "locked"))

    def unlock(self, address: str) -> bool:
        """Forget what failed at an account, from every network; whether there was anything.

        The counts of networks over all accounts stay.
        """
        now = self._clock()
        # the last is of the version before, which counted by account alone
        found = [self._store.clear(key) for key in (*_accounts(address, now), _digest(address))]
        if any(found):
            self._store.mark(_marked(address), secrets.token_hex(8), now)
        return any(found)

    def _try(self, key: str, pause: timedelta) -> Attempts:
        for _ in attempts(CONFLICT):
            now = self._clock()
            before = self._store.attempts(key)
            verdict, after = admit(before, now, pause)
            if verdict is Verdict.LOCKED:
                raise GuessRefusedError(locked_seconds(after, now), "locked")
            if verdict is Verdict.SLOWED:
                raise GuessRefusedError(paused_seconds(after, now, pause), "slowed")
            if verdict is Verdict.BUSY:
                break
            if self._store.swap(key, before, after):
                return after
        raise RateLimitedError(BUSY_SECONDS)

    def _count_networks(self, counted: list[str], ip_address: str | None, now: datetime) -> None:
        """Add to the counts of where it comes from; refuse when one is full."""
        window, site = window_of(now), site_of(ip_address)
        wanted = [(_key("network", network_of(ip_address), window), NETWORK_FAILURES)]
        if site is not None:
            wanted.append((_key("site", site, window), SITE_FAILURES))
        for key, most in wanted:
            if self._store.add(key, 1, now) > most:
                raise GuessRefusedError(window_seconds(now), OF_NETWORKS)
            counted.append(key)

    def _take_back(self, key: str, counted: list[str] | tuple[str, ...]) -> None:
        self._swap(key, untested)
        for one in counted:
            self._store.add(one, -1, self._clock())

    def _swap(
        self, key: str, rule: Callable[[Attempts | None], Attempts | None]
    ) -> Attempts | None:
        for _ in attempts(CONFLICT):
            before = self._store.attempts(key)
            after = rule(before)
            if after == before or self._store.swap(key, before, after):
                return after
        raise RateLimitedError(BUSY_SECONDS)


def _accounts(address: str, now: datetime) -> tuple[str, str]:
    """Keys of an account's counts: of this window and of the one before."""
    window = window_of(now)
    return _key("account", address, window), _key("account", address, window - 1)


def _marked(address: str) -> str:
    """Key of what `unlock` leaves: with it the attempts at the account get other keys."""
    return _key("unlocked", address)


def _gathering(address: str, ip_address: str | None, reason: str) -> str:
    if reason in OF_ACCOUNTS:
        return _key("told", address)
    # by a network at all accounts, or by OpenID Connect
    return _key(
        "told of network", network_of(ip_address), reason, address * (reason != OF_NETWORKS)
    )


def _key(*parts: str | int) -> str:
    return _digest("\n".join(str(part) for part in parts))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
