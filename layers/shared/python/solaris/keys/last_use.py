"""When a key was last used: written beside the requests, at most once a minute a key.

One thread of this process writes, so that neither a slow store nor many keys hold a request up.
What does not fit into its queue is dropped: the next read of the key, 2.5 s later, notes it again.
"""

import queue
from collections.abc import Callable
from datetime import datetime
from threading import Lock, Thread

from solaris.keys.key import USE_NOTED_SECONDS, GatewayKey
from solaris.keys.store import KeyStore
from solaris.platform.cache import Remembered
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger

MAX_WAITING = 1_000
MAX_REMEMBERED = 10_000

_log = get_logger("solaris.key_use")


class KeyUse:
    """Notes uses of keys; `clock` gives the time in UTC. For any number of threads."""

    def __init__(self, keys: KeyStore, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock
        self._waiting: queue.Queue[tuple[GatewayKey, datetime]] = queue.Queue(MAX_WAITING)
        self._tried: Remembered[str, None] = Remembered(MAX_REMEMBERED)
        self._lock = Lock()
        self._writer: Thread | None = None

    def note(self, key: GatewayKey) -> None:
        """Note that a key, just read from the store, is being used; never blocks, never raises.

        An invalid key is refused, and so not used.
        """
        now = self._clock()
        if not key.is_valid(now) or not key.is_use_to_be_noted(now):
            return
        with self._lock:
            if not self._is_due(key.key_hash):
                return
            try:
                self._waiting.put_nowait((key, now))
            except queue.Full:
                self._tried.forget(key.key_hash)
                return
            if self._writer is None:
                # a daemon: the end of the process does not wait for a note
                self._writer = Thread(target=self._write_forever, name="key-use", daemon=True)
                self._writer.start()

    def drain(self) -> None:
        """Wait until everything that was noted so far has been tried."""
        self._waiting.join()

    def _is_due(self, key_hash: str) -> bool:
        """False within a minute of this process's last try: a store that is away is left alone."""
        if self._tried.get(key_hash) is not None:
            return False
        self._tried.put(key_hash, None, USE_NOTED_SECONDS)
        return True

    def _write_forever(self) -> None:
        while True:
            key, now = self._waiting.get()
            try:
                self._keys.note_use(key.key_hash, now)
            except SolarisError as error:
                _log.warning("key_use_not_noted", key_id=key.key_id, error=str(error))
            except Exception:  # noqa: BLE001 - a defect must not end the notes of all keys
                _log.exception("key_use_defect", key_id=key.key_id)
            finally:
                self._waiting.task_done()
