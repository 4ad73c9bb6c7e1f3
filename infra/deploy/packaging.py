"""Makes the zips of layers and functions, each only when something in it has changed.

layers/<name>/python/            → build/<name>.zip            source, under python/
layers/<name>/requirements.txt   → build/<name>.zip            wheels for Lambda, under python/
functions/<name>/                → build/functions/<name>.zip  app.py and what lies beside it
"""

import fcntl
import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from infra.deploy import bytecode, pruning, wheels, zips
from infra.deploy.errors import DeployError
from infra.deploy.zips import Archive, Member, sha256_of, write_zip

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ARCHITECTURES = ("arm64", "x86_64")
DEFAULT_PYTHON = "3.13"
DEFAULT_ARCHITECTURE = "arm64"
# What Lambda unpacks at most for one function, its layers included.
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
MEGABYTE = 1024 * 1024
# What the command line alone uses: some of it needs packages that no function has.
_BACKUP = (
    *("archive", "backup", "cut", "cut_rules", "drill", "queued_events"),
    *("restore", "staging", "whole_tables"),
)
LEFT_OUT = (
    *("solaris/cli.py", "solaris/platform/terminal/*", "solaris/*/completion.py"),
    *("solaris/*/commands.py", "solaris/*/*_commands.py", "solaris/*/command_texts.py"),
    *("solaris/*/*/commands.py", "solaris/*/*/command_texts.py"),
    *(f"solaris/backup/{name}.py" for name in _BACKUP),
    *("solaris/operations/doctor.py", "solaris/operations/twins.py"),
    *("solaris/alerts/mail_samples.py", "solaris/alerts/causes/samples.py"),
    "solaris/alerts/token_requests/mail_samples.py",
)
LAYER_PLACE = "/opt/python"
FUNCTION_PLACE = "/var/task"
_INPUTS = ".inputs.json"
_OWN_FILES = (bytecode, pruning, wheels, zips)


@dataclass(frozen=True, slots=True)
class Target:
    """What the zips are made for: Python's minor version, Lambda's name of the processor."""

    python: str = DEFAULT_PYTHON
    architecture: str = DEFAULT_ARCHITECTURE


@dataclass(frozen=True, slots=True)
class Package:
    """One zip; `source` is the folder that template.yaml names, as in `functions/usage`."""

    name: str
    source: str
    path: Path
    archive: Archive
    is_cached: bool = False
    too_new: tuple[str, ...] = ()

    @property
    def is_layer(self) -> bool:
        """Whether other zips are unpacked beside it."""
        return self.source.startswith("layers/")


@dataclass(slots=True)
class Packager:
    """Makes all zips of one target below `out`; `show` gets a line for each that is made."""

    target: Target
    out: Path
    root: Path = ROOT
    show: Callable[[str], None] = print
    _known: dict[str, dict[str, Any]] = field(init=False, default_factory=dict)
    _interpreter: Path | None = field(init=False, default=None)
    _base: str = field(init=False, default="")

    def build(self) -> list[Package]:
        """Every package, layers first; raises DeployError.

        Another run with the same `out` is waited for, and what it made is not made again.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return self._build()

    def _build(self) -> list[Package]:
        self._known = _read_inputs(self.out / _INPUTS)
        self._interpreter = bytecode.find_interpreter(self.target.python)
        if self._interpreter is None:
            self.show(
                f"Python {self.target.python} is not on this machine: functions go without "
                "bytecode and start three times as slowly (uv python install)"
            )
        self._base = self._base_hash()
        made = [self._layer(folder) for folder in _folders(self.root / "layers")]
        made += [self._function(folder) for folder in _folders(self.root / "functions")]
        packages = [package for package in made if package is not None]
        _check_size(packages)
        return packages

    def _layer(self, folder: Path) -> Package | None:
        source = folder / "python"
        requirements = folder / "requirements.txt"
        if source.is_dir():
            files = list(_source_files(source))
            return self._source_package(folder, source, files, LAYER_PLACE, prefix="python/")
        if requirements.is_file():
            return self._wheel_package(folder, requirements)
        return None

    def _function(self, folder: Path) -> Package:
        files = list(_source_files(folder))
        return self._source_package(folder, folder, files, FUNCTION_PLACE, prefix="")

    def _source_package(
        self, folder: Path, base: Path, files: list[PurePosixPath], place: str, *, prefix: str
    ) -> Package:
        digest = hashlib.sha256()
        for name in files:
            file = base / name
            digest.update(f"{name} {_is_program(file)} {sha256_of(file)}\n".encode())

        def fill(stage: Path) -> Iterable[Member]:
            for name in files:
                copy = stage / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(base / name, copy)
            self._compile(stage, place)
            for name in _names(stage):
                program = name in files and _is_program(base / name)
                yield Member(f"{prefix}{name}", stage / name, program)

        return self._package(folder, digest.hexdigest(), fill)

    def _wheel_package(self, folder: Path, requirements: Path) -> Package:
        target = self.target
        too_new: list[str] = []

        def fill(stage: Path) -> Iterable[Member]:
            self.show(f"installing the wheels of {folder.name} for Python {target.python} …")
            wheels.install_wheels(
                requirements, stage, python=target.python, architecture=target.architecture
            )
            too_new.extend(wheels.too_new_for(target.python, stage))
            for name in _names(stage):
                if not pruning.is_needed(name):
                    (stage / name).unlink()
            self._compile(stage, LAYER_PLACE)
            return [Member(f"python/{name}", stage / name) for name in _names(stage)]

        return self._package(folder, sha256_of(requirements), fill, too_new)

    def _package(
        self,
        folder: Path,
        content_hash: str,
        fill: Callable[[Path], Iterable[Member]],
        too_new: list[str] | None = None,
    ) -> Package:
        source = folder.relative_to(self.root).as_posix()
        is_layer = source.startswith("layers/")
        path = self.out / (f"{folder.name}.zip" if is_layer else f"functions/{folder.name}.zip")
        input_hash = hashlib.sha256(f"{self._base}\n{source}\n{content_hash}".encode()).hexdigest()
        known = self._known.get(source)
        if known is not None and known["input"] == input_hash and path.is_file():
            archive = Archive(**known["archive"])
            if sha256_of(path) == archive.sha256:
                return Package(folder.name, source, path, archive, True, tuple(known["too_new"]))
        with tempfile.TemporaryDirectory(dir=self.out, prefix=".stage-") as stage:
            archive = write_zip(path, fill(Path(stage)))
        newer = too_new or []
        self._known[source] = {"input": input_hash, "archive": asdict(archive), "too_new": newer}
        _write_inputs(self.out / _INPUTS, self._known)
        return Package(folder.name, source, path, archive, too_new=tuple(newer))

    def _compile(self, stage: Path, place: str) -> None:
        if self._interpreter is not None:
            bytecode.compile_tree(self._interpreter, stage, place)

    def _base_hash(self) -> str:
        """What every package depends on besides its own files."""
        compiled = bytecode.full_version(self._interpreter) if self._interpreter else "no bytecode"
        rules = [sha256_of(Path(str(module.__file__))) for module in _OWN_FILES]
        target = f"{self.target.python} {self.target.architecture}"
        parts = (target, compiled, zlib.ZLIB_RUNTIME_VERSION, sha256_of(Path(__file__)), *rules)
        return "\n".join(parts)


def table(packages: list[Package]) -> str:
    """What was made, one line each."""
    lines = [f"{'package':<22} {'files':>6} {'zip MB':>8} {'unzipped MB':>12}  sha256"]
    for package in packages:
        archive = package.archive
        lines.append(
            f"{package.source:<22} {archive.files:>6} {archive.zip_bytes / MEGABYTE:>8.2f}"
            f" {archive.unzipped_bytes / MEGABYTE:>12.2f}  {archive.sha256[:12]}"
            f"{'  (unchanged)' if package.is_cached else ''}"
        )
    return "\n".join(lines)


def _check_size(packages: list[Package]) -> None:
    layers = sum(one.archive.unzipped_bytes for one in packages if one.is_layer)
    for one in packages:
        total = layers + (0 if one.is_layer else one.archive.unzipped_bytes)
        if total > MAX_UNZIPPED_BYTES:
            msg = (
                f"{one.source}: {total / MEGABYTE:.0f} MB unzipped with all layers, "
                f"Lambda takes {MAX_UNZIPPED_BYTES // MEGABYTE} MB"
            )
            raise DeployError(msg)


def _folders(parent: Path) -> list[Path]:
    return sorted(one for one in parent.iterdir() if one.is_dir() and one.name[0] not in "._")


def _source_files(base: Path) -> Iterator[PurePosixPath]:
    """Own files below a folder, in order, without what is hidden, compiled, read or left out."""
    for name in _names(base):
        hidden = any(part[0] == "." or part == "__pycache__" for part in name.parts)
        left_out = any(name.match(one) for one in LEFT_OUT)
        unread = name.name == "py.typed" or name.suffix == ".md"
        if not (hidden or left_out or unread):
            yield name


def _names(base: Path) -> list[PurePosixPath]:
    files = (one for one in base.rglob("*") if one.is_file())
    return sorted(PurePosixPath(one.relative_to(base).as_posix()) for one in files)


def _is_program(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o100)


def _read_inputs(path: Path) -> dict[str, dict[str, Any]]:
    try:
        known: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _write_inputs(path: Path, known: dict[str, dict[str, Any]]) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
    partial.replace(path)
