"""The zips that `make package` makes for this machine's Python, unpacked as Lambda does it."""

import fcntl
import platform
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.packaging import Packager, Target
from infra.deploy.wheels import MACHINES

ROOT = Path(__file__).resolve().parents[1]
# kept from one run to the next: what has not changed is not made again
FOLDER = ROOT / "build" / "for-tests"
# What every function needs to start; no test connects anywhere by it.
ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "LITELLM_BASE_URL": "http://127.0.0.1:9",
    "REDIS_URL": "none",
    "SECRET_KEY": "k" * 64,
    "SOLARIS_STAGE": "prod",
}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where the packages are; `interpreter` sees no packages of this machine under -S."""

    folder: Path
    interpreter: str

    def of(self, source: str) -> Path:
        """Folder of one package by its source, as in `functions/usage` or `layers/shared`."""
        return self.folder / source


def unpacked_packages() -> Unpacked:
    """Build and unpack; another test process that is at it is waited for."""
    machine = next(name for name, uname in MACHINES.items() if uname == platform.machine())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for package in Packager(Target(python, machine), FOLDER, show=lambda _: None).build():
            target = FOLDER / "unpacked" / package.source
            stamp = target.with_suffix(".sha256")
            if stamp.is_file() and stamp.read_text() == package.archive.sha256:
                continue
            shutil.rmtree(target, ignore_errors=True)
            _unpack(package.path, target)
            stamp.write_text(package.archive.sha256)
    return Unpacked(FOLDER / "unpacked", str(Path(sys.executable).resolve()))


def _unpack(path: Path, target: Path) -> None:
    """With the permissions that the zip names; zipfile alone drops them."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            extracted = Path(archive.extract(member, target))
            extracted.chmod(member.external_attr >> 16 & 0o777 or 0o644)
