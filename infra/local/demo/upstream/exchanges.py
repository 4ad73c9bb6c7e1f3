"""The demo upstream's log: what was asked and what was really written."""

import asyncio
import itertools
import os
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from infra.local.demo.upstream.answers import ID_PREFIX

MAX_LOGGED = 10_000
OK = 200


def shown_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    shown = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    for name in {"authorization", "x-api-key"} & shown.keys():
        shown[name] = "****" + shown[name][-4:]
    return shown


@dataclass(slots=True)
class Exchange:
    """One request and what was really written of its answer."""

    id: str
    path: str
    raw_headers: list[tuple[bytes, bytes]]
    epoch: int
    model: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    status: int = 0
    finished: bool = False
    client_gone: bool = False

    def shown(self) -> dict[str, Any]:
        """The public form: no key, no prompt."""
        keys = "id path model request prompt_tokens completion_tokens status finished client_gone"
        total = self.prompt_tokens + self.completion_tokens
        shown = {key: getattr(self, key) for key in keys.split()}
        return {**shown, "total_tokens": total, "headers": shown_headers(self.raw_headers)}


class Ledger:
    """What was answered since the last reset; totals count an answer once it is over."""

    def __init__(self) -> None:
        self.idle = asyncio.Event()
        self.idle.set()
        self._open = self._epoch = 0
        self._numbers = itertools.count(1)
        self._run = os.urandom(4).hex()
        self.reset()

    def reset(self) -> None:
        """Forget all; answers that are still open will not be counted."""
        self._epoch += 1
        self._log: deque[Exchange] = deque(maxlen=MAX_LOGGED)
        names = "prompt_tokens completion_tokens total_tokens started finished errors client_gone"
        self._totals = dict.fromkeys(names.split(), 0)

    def begin(self, path: str, headers: list[tuple[bytes, bytes]]) -> Exchange:
        """Open an exchange; every one is ended."""
        reply_id = f"{ID_PREFIX[path]}{self._run}{next(self._numbers):010x}"
        exchange = Exchange(reply_id, path, headers, self._epoch)
        self._log.append(exchange)
        self._totals["started"] += 1
        self._open += 1
        self.idle.clear()
        return exchange

    def end(self, exchange: Exchange) -> None:
        """Count an exchange that is over."""
        self._open -= 1
        if not self._open:
            self.idle.set()
        if exchange.epoch != self._epoch:
            return
        totals = self._totals
        totals["prompt_tokens"] += exchange.prompt_tokens
        totals["completion_tokens"] += exchange.completion_tokens
        totals["total_tokens"] += exchange.prompt_tokens + exchange.completion_tokens
        totals["finished"] += exchange.finished
        totals["errors"] += exchange.status > OK
        totals["client_gone"] += exchange.client_gone

    def shown(self) -> dict[str, Any]:
        """The log, oldest first, and the totals."""
        totals = {**self._totals, "open_streams": self._open}
        return {"requests": [e.shown() for e in self._log], "totals": totals}
