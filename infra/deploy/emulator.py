"""An emulator of AWS in the foreground, on this machine only: `make emulator`.

It runs with .venv/cloud's interpreter and hardly any environment: functions inherit both from
it, and would otherwise find this project's libraries outside of their layers.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORT = 4566
STOP_SECONDS = 5
ROOT = Path(__file__).resolve().parents[2]
INTERPRETER = ROOT / ".venv" / "cloud" / "bin" / "python"
# uvicorn, as ministack's own server is several times slower; it ends with whoever started it.
_SERVE = """
import ctypes, runpy, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
runpy.run_module("uvicorn", run_name="__main__")
"""
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")


def command(port: int) -> list[str]:
    """What starts it."""
    return [
        *(str(INTERPRETER), "-c", _SERVE, "ministack.app:app"),
        *("--host", LOOPBACK, "--port", str(port), "--loop", "uvloop", "--http", "httptools"),
        *("--log-level", "warning", "--no-access-log"),
        *("--timeout-graceful-shutdown", "2"),
    ]


def environment(port: int, folder: Path) -> dict[str, str]:
    """All that it and its functions see of ours; `folder` takes what they unpack."""
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return own | {
        "GATEWAY_PORT": str(port),
        "TMPDIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "STATE_DIR": str(folder / "state"),
        "PERSIST_STATE": "0",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        # with a Docker socket it removes containers at its start, other people's included
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def main(argv: list[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM; everything in it is gone then."""
    parser = argparse.ArgumentParser(prog="make emulator", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=PORT, help=f"port on {LOOPBACK} ({PORT})")
    port = parser.parse_args(argv).port
    if not INTERPRETER.is_file():
        print(f"[solaris] {INTERPRETER}: is missing (make emulator installs it)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="solaris-emulator-") as folder:
        process = subprocess.Popen(
            command(port), cwd=folder, env=environment(port, Path(folder)), start_new_session=True
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _stop(process))
        url = f"http://{LOOPBACK}:{port}"
        print(
            f"[solaris] AWS emulator on {url} (in memory; Ctrl-C ends it). In another terminal:\n"
            f"  AWS_ENDPOINT_URL={url} make deploy STAGE=dev ARGS=--yes",
            flush=True,
        )
        code = process.wait()
        _end_functions(process.pid)
    return 0 if code in {0, -signal.SIGTERM, -signal.SIGKILL} else 1


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    killer = threading.Timer(STOP_SECONDS, process.kill)
    killer.daemon = True
    killer.start()


def _end_functions(group: int) -> None:
    """The functions' processes are in the emulator's group and outlive it otherwise."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    sys.exit(main())
