"""Where the command line finds the system: the environment, or the one running on this machine.

The local runner writes the settings that it goes by (infra/local/run/settings_file.py) into
`run.env` in its data directory while it runs. This is the one module besides
platform/settings.py that touches the environment, and it does so before settings are read.
"""

import os
import pwd
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from solaris.platform.parts import package_of
from solaris.platform.settings_values import machine_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaris.platform.settings import Settings

RUN_FILE = "run.env"
MAX_FILE_BYTES = 1024 * 1024
# Which of these is set decides; the others of its group are then as if they were not.
_GROUPS = (
    frozenset({"REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD"}),
    frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"}),
)
_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB")

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def load_run_environment() -> Path | None:
    """Take over the running system's settings; return the file that was read, if any.

    Nothing is read when the endpoint that is set is another system's, and no variable that is set
    is changed; nor is one added that would outdo it (REDIS_URL beside a REDIS_HOST).
    """
    path = _data_dir() / RUN_FILE
    found = _of_running(path)
    if found is None:
        return None
    for group in _GROUPS:
        if any(os.environ.get(one) for one in group):
            found = {name: value for name, value in found.items() if name not in group}
    for name, value in found.items():
        os.environ.setdefault(name, value)
    return path


def setting(name: str) -> str | None:
    """One setting as text: of the environment, else of the running system; None where it is unset.

    Nothing is put into the environment, and no other setting is looked at.
    """
    for variable, value in os.environ.items():
        if variable.upper() == name and value:
            return value
    return (_of_running(_data_dir() / RUN_FILE) or {}).get(name) or None


def _of_running(path: Path) -> dict[str, str] | None:
    """The settings in a run file; None where there is none, or another system is asked for."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        return None
    found = {}
    for line in content.splitlines():
        if given := _LINE.fullmatch(line.strip()):
            found[given[1]] = given[2]
    if any(os.environ.get(one, found.get(one)) != found.get(one) for one in _ENDPOINTS):
        return None
    return found


def _data_dir() -> Path:
    return Path(os.environ.get("SOLARIS_DATA_DIR") or ".solaris")


def searched() -> Path | None:
    """The data directory in which no system runs; None when one does, or a store is named."""
    try:
        is_running = (_data_dir() / RUN_FILE).exists()
    except OSError:
        is_running = False  # a directory that this account may not read
    is_named = any(os.environ.get(name) for name in _ENDPOINTS)
    return None if is_running or is_named else _data_dir().absolute()


def withheld_secrets() -> frozenset[str]:
    """Names of the secrets that the running system has and its file does not tell."""
    names = os.environ.get("SOLARIS_WITHHELD", "")
    return frozenset(one for one in names.split(",") if one)


def running_url() -> str | None:
    """Where the system running on this machine answers; None when none is known to run."""
    if load_run_environment() is None or "PORT" not in os.environ:
        return None
    return machine_address(os.environ.get("HOST", "127.0.0.1"), os.environ["PORT"])


@contextmanager
def scratch_environment(store: dict[str, str], stage: str) -> Iterator[None]:
    """Within it, settings and clients are those of a stage in the empty store of these variables.

    The months' zone and whatever else is set stay; nobody's keys, cache or upstream are used.
    """
    import boto3  # noqa: PLC0415 - slow

    before = dict(os.environ)
    for name in [one for one in os.environ if one.startswith(("AWS_", "REDIS_"))]:
        del os.environ[name]
    os.environ |= store | {
        "REDIS_URL": "none",
        "SOLARIS_STAGE": stage,
        "SECRET_KEY": secrets.token_urlsafe(48),
    }
    os.environ.pop("SOLARIS_SECRETS", None)
    boto3.DEFAULT_SESSION = None  # it keeps the first key that it has seen
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
        boto3.DEFAULT_SESSION = None


def actor() -> str:
    """Who types: the account of this process, not a variable that anybody may set."""
    number = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # a container's user without an entry
        return f"cli:{number}"


class AllParts(Protocol):
    """The parts of all packages."""

    def of(self, package: str) -> Any:
        """The parts of one package, by its name."""


_all_parts: "Callable[[Settings], AllParts] | None" = None
OwnParts = TypeVar("OwnParts")


def parts_made_by(make: "Callable[[Settings], AllParts]") -> None:
    """Say what puts the parts together: the program does, since it stands on all packages."""
    global _all_parts  # noqa: PLW0603 - one program a process
    _all_parts = make


def open_parts(kind: type[OwnParts]) -> OwnParts:
    """The parts of one package, in the system that is found. Raises ConfigurationError."""
    load_run_environment()
    # imported here: the settings are slow to load, and --help needs none of them
    from solaris.platform.logs import configure_logging  # noqa: PLC0415 - see above
    from solaris.platform.settings import load_settings  # noqa: PLC0415 - see above

    if _all_parts is None:
        msg = "nobody has said what puts the parts together"
        raise RuntimeError(msg)
    configure_logging("WARNING")
    own: OwnParts = _all_parts(load_settings()).of(package_of(kind))
    return own
