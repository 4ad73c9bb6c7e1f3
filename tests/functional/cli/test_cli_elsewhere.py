"""The command line where no system runs: which directory it has looked in comes first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTHING = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_REGION": "us-east-1",
}
CLOSED = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
}

ENGLISH = ("--lang", "en", "users", "list")


def refusal(folder: Path, *call: str, **variables: str) -> str:
    names = ("AWS", "SOLARIS", "REDIS", "LITELLM")
    plain = {name: one for name, one in os.environ.items() if not name.startswith(names)}
    done = subprocess.run(
        [sys.executable, "-c", "from solaris.cli import app; app()", *call],
        cwd=folder,
        env={**plain, **NOTHING, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    [line] = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("variables", "searched"), [({}, ".solaris"), ({"SOLARIS_DATA_DIR": "elsewhere"}, "elsewhere")]
)
def test_the_directory_comes_first(
    tmp_path: Path, variables: dict[str, str], searched: str
) -> None:
    line = refusal(tmp_path, *ENGLISH, **variables)
    assert line.startswith(f"solaris: no system runs in {tmp_path / searched} (SOLARIS_DATA_DIR")
    assert "AWS_PROFILE" in line


def test_a_store_that_is_named_is_what_does_not_answer(tmp_path: Path) -> None:
    line = refusal(tmp_path, *ENGLISH, **CLOSED)
    assert line.startswith("solaris: the store does not answer")
