"""Lock files say all that is installed, by version and hash, and tie nobody to a registry."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted([*ROOT.glob("*.lock"), *ROOT.glob("tests/*/*.lock")])
INSTALLERS = (
    "Makefile",
    "infra/containers/gateway.Dockerfile",
    "infra/containers/litellm.Dockerfile",
    "infra/deploy/wheels.py",
    "infra/server/release.sh",
    "layers/dependencies/Makefile",
    "layers/proxy/Makefile",
    "tests/e2e/python_environments.py",
)
CHECK_SECONDS = 120


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_has_a_version_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z0-9]\S*", text, re.MULTILINE)
    assert packages
    assert [one for one in packages if "==" not in one] == []
    assert text.count(" \\\n    --hash=sha256:") >= len(packages)
    assert "://" not in text


@pytest.mark.parametrize("place", INSTALLERS)
def test_what_is_locked_is_installed_and_not_resolved_again(place: str) -> None:
    """pip before 23.3 takes the newest `name[extra]` that somebody wants, whatever is locked."""
    lines = [
        line
        for line in (ROOT / place).read_text(encoding="utf-8").splitlines()
        if "--require-hashes" in line
    ]
    assert lines
    assert [line for line in lines if "--no-deps" not in line] == []


def test_the_locks_are_whole() -> None:
    """Nothing that an installed package wants is missing or of another version."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        timeout=CHECK_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
