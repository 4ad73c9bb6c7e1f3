"""The load generator's process, seen from the bench."""

import json
import os
import selectors
import subprocess
import sys
from dataclasses import asdict

from infra.local.run.programs import ROOT
from tests.bench.load import FINISH_SECONDS, Job, Result

SLACK_SECONDS = 15.0


class BenchError(Exception):
    """The bench cannot go on; the message says why, in one line."""


class Generator:
    """Runs jobs one after the other in one process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            cwd=ROOT,
            env=dict(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, job: Job) -> Result:
        """Run one job; raises BenchError when it takes far longer than it may."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BenchError("the load generator has no pipes")
        try:
            stdin.write(json.dumps(asdict(job)) + "\n")
            stdin.flush()
        except OSError as error:
            raise BenchError("the load generator has ended") from error
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(job.seconds + FINISH_SECONDS + SLACK_SECONDS):
                raise BenchError("the load generator does not answer")
        line = stdout.readline()
        if not line:
            raise BenchError("the load generator has ended")
        return Result(**json.loads(line))

    def stop(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
