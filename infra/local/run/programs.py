"""The command lines of the programs of one machine, without loading any of them.

All run in ROOT, the repository. The supervisor starts them and does not load what they load.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STREAM_SECONDS = 30  # for streams still open when the gateway is stopped
# The variable with a path before all of the demo upstream's, which nobody else can guess.
PREFIX_VARIABLE = "SOLARIS_DEMO_PREFIX"


def demo_command(host: str, port: int) -> list[str]:
    """The command that serves the demo upstream."""
    return _command("infra.local.demo.upstream", "--host", host, "--port", str(port))


def functions_command(host: str, port: int) -> list[str]:
    """The command that serves the functions."""
    return _command("infra.local.edge.functions", "--host", host, "--port", str(port))


def worker_command(*arguments: str) -> list[str]:
    """The command that moves messages, and runs schedules."""
    return _command("infra.local.run.worker", *arguments)


def gateway_command(
    host: str, port: int, functions_url: str, *, mails: Path | None = None
) -> list[str]:
    """The command that serves the gateway.

    `mails` is the file where the store keeps them, for /dev/mail; without it there is no such
    page, nor where others than this machine are served.
    """
    arguments = ["--host", host, "--port", str(port), "--functions", functions_url]
    if mails is not None:
        arguments += ["--mails", str(mails)]
    return _command("infra.local.edge.gateway", *arguments)


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
