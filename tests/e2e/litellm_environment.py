"""LiteLLM in an environment of its own, for tests and benches."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

from infra.local.functions import ROOT

LOCK = ROOT / "tests" / "e2e" / "litellm.lock"


def litellm_environment() -> Path:
    """Install LiteLLM once per lock file; kept between runs in build/.

    Two test processes may ask at once: the second waits for the first.
    """
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    home = ROOT / "build" / f"litellm-{digest}"
    home.parent.mkdir(exist_ok=True)
    done = home / "installed"
    with (home.parent / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
            options = ("--quiet", "--no-deps", "--require-hashes", "-r")
            python = str(home / "bin" / "python")
            install = [python, "-m", "pip", "install", *options, str(LOCK)]
            subprocess.run(install, check=True, timeout=500)
            done.touch()
    return home
