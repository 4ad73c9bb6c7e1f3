"""Compiles what is packaged: nothing in Lambda is written, so nothing is compiled there for later.

Measured on the functions' own imports: 1.5 s from source, 0.55 s from bytecode, for 8 MB more of
zip. Only an interpreter of the same minor version can make bytecode that Lambda's takes.
"""

import os
import subprocess
import sys
from pathlib import Path

from infra.deploy.errors import DeployError

COMPILE_SECONDS = 300
FIND_SECONDS = 30
# One process and a fixed hash seed, in order: the bytes must not depend on chance. Unchecked: the
# files in the zip have no times of their own to be checked against.
_PROGRAM = """
import pathlib, py_compile, sys
folder, place = pathlib.Path(sys.argv[1]), sys.argv[2]
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for source in sorted(folder.rglob("*.py")):
    shown = place + "/" + source.relative_to(folder).as_posix()
    try:
        py_compile.compile(str(source), dfile=shown, doraise=True, invalidation_mode=mode)
    except py_compile.PyCompileError:  # a template, or syntax of another version: stays as it is
        pass
"""


def find_interpreter(python: str) -> Path | None:
    """An interpreter of this minor version (`3.13`) on this machine; None when there is none."""
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    # pyenv's stand-ins on PATH refuse versions that are installed but not chosen
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for path in sorted(root.glob(f"versions/{python}.*/bin/python{python}"), reverse=True):
        return path
    command = [*uv(), "python", "find", "--no-python-downloads", "--system", python]
    try:
        found = subprocess.run(
            command, capture_output=True, text=True, timeout=FIND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    path = Path(found.stdout.strip())
    return path if found.returncode == 0 and path.is_file() else None


def full_version(interpreter: Path) -> str:
    """`3.13.0`, as bytecode may differ between such versions; raises DeployError."""
    program = "import platform; print(platform.python_version())"
    return _run([str(interpreter), "-I", "-c", program]).strip()


def compile_tree(interpreter: Path, folder: Path, place: str) -> None:
    """Put a .pyc beside every source below `folder`; `place` is where they will lie in Lambda."""
    _run([str(interpreter), "-s", "-S", "-c", _PROGRAM, str(folder), place])


def uv() -> list[str]:
    """The command that starts uv, from the environment that this program runs in."""
    return [sys.executable, "-m", "uv"]


def _run(command: list[str]) -> str:
    environment = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=COMPILE_SECONDS,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{command[0]}: cannot compile the functions: {error}"
        raise DeployError(msg) from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        msg = f"{command[0]}: cannot compile the functions: {last}"
        raise DeployError(msg)
    return done.stdout
