"""Where the command line finds the system: the environment, or the one running on this machine.

The local runner writes `run.env` into its data directory while it runs. This is the one module
besides settings.py that touches the environment, and it does so before settings are read.
"""

import os
import pwd
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solaris.wiring import Wiring

RUN_FILE = "run.env"
MAX_FILE_BYTES = 64 * 1024

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def load_run_environment() -> Path | None:
    """Take over the running system's variables; return the file that was read, if any.

    Nothing is read when an AWS endpoint is set already, and no variable that is set is changed.
    """
    if os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
        return None
    path = Path(os.environ.get("SOLARIS_DATA_DIR") or ".solaris") / RUN_FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        return None
    for line in content.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found:
            os.environ.setdefault(found[1], found[2])
    return path


def actor() -> str:
    """Who types: the account of this process, not a variable that anybody may set."""
    number = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # a container's user without an entry
        return f"cli:{number}"


def open_wiring() -> "Wiring":
    """Put the parts together. Raises ConfigurationError."""
    load_run_environment()
    # imported here: the parts take half a second to load, and --help needs none of them
    from solaris.observability import configure_logging  # noqa: PLC0415 - see above
    from solaris.settings import load_settings  # noqa: PLC0415 - see above
    from solaris.wiring import Wiring  # noqa: PLC0415 - see above

    configure_logging("WARNING")
    return Wiring(load_settings())
