"""How every bench program runs: a folder of its own, and everything stopped whatever happens."""

import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Never

from solaris.platform.errors import SolarisError
from tests.bench.generator import BenchError


def run_bench(run: Callable[[Path], int]) -> int:
    """Call `run` with a temporary folder; its exit code, or 1 with the reason on stderr."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with tempfile.TemporaryDirectory(prefix="solaris-bench-") as directory:
        try:
            return run(Path(directory))
        except (BenchError, SolarisError) as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1


def _stop(number: int, _frame: object) -> Never:
    raise SystemExit(128 + number)
