"""Python environments of their own for tests and benches: what one lock file says, under build/."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

from infra.local.run.programs import ROOT

INSTALL_SECONDS = 500


def python_environment(lock: Path, python: str = sys.executable) -> Path:
    """Install what a lock says, once a lock file, and return its Python; kept between runs.

    Two test processes may ask at once: the second waits for the first.
    """
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    home = ROOT / "build" / f"{lock.stem}-{digest}"
    home.parent.mkdir(exist_ok=True)
    done = home / "installed"
    inside = home / "bin" / "python"
    with (home.parent / f"{home.name}.lock").open("w") as waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        if not done.exists():
            subprocess.run([python, "-m", "venv", str(home)], check=True, timeout=120)
            options = ("--quiet", "--no-deps", "--require-hashes", "-r")
            install = [str(inside), "-m", "pip", "install", *options, str(lock)]
            subprocess.run(install, check=True, timeout=INSTALL_SECONDS)
            done.touch()
    return inside
