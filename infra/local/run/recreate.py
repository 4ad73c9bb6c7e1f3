"""Notices that the store has lost everything, and makes it anew.

An emulator without persistence (LocalStack's free tier) comes back empty when its container is
restarted. Queues, bucket and mail sender are then missing until somebody prepares them again;
that must not need a person. AWS itself loses nothing, and is left alone.
"""

import threading
from collections.abc import Callable

from solaris.operations.first_start import InitResult
from solaris.platform.aws.client import AwsCallError
from solaris.platform.aws.queues import USAGE_QUEUE, Queues
from solaris.platform.errors import SolarisError

CHECK_SECONDS = 10.0
# SQS's two protocols name it differently.
_MISSING = frozenset(
    {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue"}
)


class Keeper:
    """Asks for one queue again and again; `prepare` is called when it is gone."""

    def __init__(
        self,
        queues: Queues,
        prepare: Callable[[], InitResult],
        tell: Callable[[InitResult], None],
        *,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._queues = queues
        self._prepare = prepare
        self._tell = tell
        self._check_seconds = check_seconds

    def start(self, stop: threading.Event) -> None:
        """Keep the store in a thread of its own until told to stop."""
        threading.Thread(target=self._run, args=(stop,), name="keeper", daemon=True).start()

    def look(self) -> bool:
        """Look once; return whether everything had to be made anew. Raises SolarisError."""
        try:
            self._queues.depth(USAGE_QUEUE)
        except AwsCallError as error:
            if error.aws_code.rpartition("#")[2] not in _MISSING:
                raise
        else:
            return False
        self._tell(self._prepare())
        return True

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._check_seconds):
            try:
                self.look()
            except SolarisError:  # away, or half back: the next look finds out
                continue
