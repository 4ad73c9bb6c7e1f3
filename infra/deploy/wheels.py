"""Installs a layer's locked requirements for the platform of Lambda, whatever this machine is."""

import re
import subprocess
from pathlib import Path

from infra.deploy.bytecode import uv
from infra.deploy.errors import DeployError

INSTALL_SECONDS = 600
# Lambda's own names of what uname calls x86_64 and aarch64.
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# Amazon Linux 2023 has glibc 2.34; python3.11 still runs on Amazon Linux 2 with 2.26.
PLATFORM = "manylinux_2_28"
OLD_GLIBC = (2, 26)
ON_OLD_GLIBC = frozenset({"3.11"})
_GLIBC = re.compile(r"^Tag: .*manylinux_(\d+)_(\d+)_", re.MULTILINE)
_LEGACY = re.compile(r"^Tag: .*(manylinux1|manylinux2010|manylinux2014)_", re.MULTILINE)


def install_wheels(requirements: Path, target: Path, *, python: str, architecture: str) -> None:
    """Put exactly the named wheels, by their hashes, into `target`.

    `python` is a minor version (`3.13`), `architecture` Lambda's (`arm64`, `x86_64`). Nothing is
    built from source and no dependency is added. Raises DeployError.
    """
    command = [
        *(*uv(), "pip", "install", "--quiet", "--target", str(target)),
        *("--python-version", python, "--python-platform", f"{MACHINES[architecture]}-{PLATFORM}"),
        *("--only-binary", ":all:", "--no-deps", "--require-hashes", "--link-mode", "copy"),
        *("--no-config", "-r", str(requirements)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        msg = f"{requirements}: installing took more than {INSTALL_SECONDS} s"
        raise DeployError(msg) from error
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = " ".join(lines[:3]) or "uv failed without a message"
        msg = f"{requirements}: {reason[:400]}"
        raise DeployError(msg)


def too_new_for(python: str, installed: Path) -> list[str]:
    """Names of the distributions that ask for a newer C library than this runtime has."""
    if python not in ON_OLD_GLIBC:
        return []
    found = []
    for wheel in sorted(installed.glob("*.dist-info/WHEEL")):
        text = wheel.read_text(encoding="utf-8")
        versions = [(int(major), int(minor)) for major, minor in _GLIBC.findall(text)]
        if versions and min(versions) > OLD_GLIBC and not _LEGACY.search(text):
            found.append(wheel.parent.name.removesuffix(".dist-info"))
    return found
