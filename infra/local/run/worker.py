"""Takes messages from the queues to the functions, as SQS event source mappings would.

    python -m infra.local.run.worker            usage, alerts, channels, schedules (schedule.py)
    python -m infra.local.run.worker exports    exports

One thread a queue, and one for the schedules. A message that its function names as failed stays
in the queue, is delivered again after the visibility time-out, and goes to the dead-letter queue
after five receives. Exports have a process of their own, with less of the processor: writing a
million rows must not hold up the books, and may be killed at any time.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalice.local import LambdaContext

from infra.local.edge.functions import load_function
from infra.local.run.lifeline import steady_output, stop_on_signals
from infra.local.run.programs import ROOT
from infra.local.run.schedule import keeping_thread, reconciling_thread, schedule_thread
from infra.local.run.watching import beat
from solaris.app import process_parts
from solaris.platform.aws.queues import (
    ALERTS_QUEUE,
    BATCH_MESSAGES,
    CHANNELS_QUEUE,
    EXPORTS_QUEUE,
    USAGE_QUEUE,
    Queues,
)
from solaris.platform.clock import now
from solaris.platform.errors import SolarisError
from solaris.platform.logs import get_logger

WAIT_SECONDS = 2
MAX_MESSAGES = 100
PAUSE_SECONDS = 1.0
GATHER_SECONDS = 0.03
FUNCTION_SECONDS = 60
EXPORT_SECONDS = 900  # Lambda's most
EXPORT_NICENESS = 10
STOP_SECONDS = 5.0

# queue → function and the handler in its app.py
CONSUMERS = {
    USAGE_QUEUE: ("usage", "record_usage"),
    ALERTS_QUEUE: ("alerts", "send_alert"),
    CHANNELS_QUEUE: ("alerts", "deliver_to_channels"),
}

Handler = Callable[[dict[str, Any], Any], Any]
_log = get_logger("solaris.worker")


def sqs_event(messages: list[dict[str, Any]], queue: str) -> dict[str, Any]:
    """The event that Lambda would get for these messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {},
                "md5OfBody": message.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:local:000000000000:{queue}",
                "awsRegion": "local",
            }
            for message in messages
        ]
    }


class Consumer:
    """Moves one queue's messages to one handler until told to stop."""

    def __init__(
        self,
        queues: Queues,
        queue: str,
        handler: Handler,
        name: str,
        *,
        most: int = MAX_MESSAGES,
        seconds: int = FUNCTION_SECONDS,
        beat_file: Path | None = None,
    ) -> None:
        self._beat_file = beat_file
        self._most = most
        self._seconds = seconds
        self._queues = queues
        self._queue = queue
        self._handler = handler
        self._name = name

    def run(self, stop: threading.Event) -> None:
        """Consume; a store that is away is waited for."""
        while not stop.is_set():
            beat(self._beat_file)
            try:
                if 0 < self.run_once(WAIT_SECONDS) < BATCH_MESSAGES:
                    # a small batch: let the next one gather, and the requests have the store
                    stop.wait(GATHER_SECONDS)
            except SolarisError as error:
                _log.warning("queue_unavailable", queue=self._queue, error=str(error)[:200])
                stop.wait(PAUSE_SECONDS)

    def run_once(self, wait_seconds: int) -> int:
        """Take one batch, at most a hundred messages; return how many were done."""
        first = min(self._most, BATCH_MESSAGES)
        messages = self._queues.receive(self._queue, wait_seconds=wait_seconds, most=first)
        while messages and len(messages) % 10 == 0 and len(messages) < self._most:
            more = self._queues.receive(self._queue, wait_seconds=0)
            if not more:
                break
            messages += more
        if not messages:
            return 0
        context = LambdaContext(self._name, 256, self._seconds * 1000)
        started = time.perf_counter()
        try:
            answer = self._handler(sqs_event(messages, self._queue), context) or {}
        except Exception:  # noqa: BLE001 - a function that fails keeps its messages, nothing else
            _log.exception("function_failed", function=self._name, messages=len(messages))
            return 0
        failed = {one["itemIdentifier"] for one in answer.get("batchItemFailures", [])}
        done = [message for message in messages if message["MessageId"] not in failed]
        self._queues.delete(self._queue, done)
        _log.debug(
            "batch_done",
            queue=self._queue,
            messages=len(messages),
            failed=len(failed),
            duration_ms=round((time.perf_counter() - started) * 1000),
        )
        return len(done)


def main() -> int:
    """Consume until SIGTERM; messages in hand are finished first, but for exports."""
    steady_output()
    parser = argparse.ArgumentParser(description="The consumers of the queues")
    parser.add_argument("which", nargs="?", choices=[EXPORTS_QUEUE])
    parser.add_argument("--beat", type=Path, help="file to touch while messages are consumed")
    stop = threading.Event()
    stop_on_signals(stop)
    arguments = parser.parse_args()
    if arguments.which == EXPORTS_QUEUE:
        return _export(stop, arguments.beat)
    queues = process_parts().platform.queues
    threads = []
    for queue, (function, handler) in CONSUMERS.items():
        if not (ROOT / "functions" / function / "app.py").exists():
            continue
        module = load_function(function)
        # the books are what must go on: a mail may take its time
        file = arguments.beat if queue == USAGE_QUEUE else None
        # a receiver may take ten seconds, and a batch of channels is handled all at once
        most = BATCH_MESSAGES if queue == CHANNELS_QUEUE else MAX_MESSAGES
        consumer = Consumer(
            queues, queue, getattr(module, handler), function, most=most, beat_file=file
        )
        threads.append(threading.Thread(target=consumer.run, args=(stop,), name=queue))
    if (ROOT / "functions" / "reset" / "app.py").exists():
        zone = process_parts().settings.zone
        reset = load_function("reset")
        threads.append(schedule_thread(reset, stop, zone=zone, clock=now))
        threads.append(reconciling_thread(reset, stop, clock=now))
    if (ROOT / "functions" / "admin" / "app.py").exists():
        threads.append(keeping_thread(load_function("admin"), stop, clock=now))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


def _export(stop: threading.Event, beat_file: Path | None) -> int:
    os.nice(EXPORT_NICENESS)
    handler = load_function("admin").run_exports
    consumer = Consumer(
        process_parts().platform.queues,
        EXPORTS_QUEUE,
        handler,
        "admin",
        most=1,
        seconds=EXPORT_SECONDS,
    )
    # a daemon: an export that is cut off here starts anew with its next delivery
    thread = threading.Thread(target=consumer.run, args=(stop,), name=EXPORTS_QUEUE, daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(PAUSE_SECONDS):
        beat(beat_file)  # here, since one export may take minutes
    thread.join(STOP_SECONDS)
    return 0 if stop.is_set() else 1


if __name__ == "__main__":
    sys.exit(main())
