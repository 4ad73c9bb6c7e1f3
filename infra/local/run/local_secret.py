"""The secret that signs sessions on this machine, made at the first start.

The default of SECRET_KEY is in the source for everybody to read: whoever signs with it is admin.
"""

import os
import secrets
from pathlib import Path

from infra.local.run.preflight import StartError

FILE = "secret.key"
MAX_BYTES = 4096
MIN_CHARACTERS = 32


def local_secret(data_dir: Path) -> str:
    """Read the secret of this data directory, or make it; only its owner may read the file.

    The caller owns the directory. Raises StartError when the file cannot be used.
    """
    path = data_dir / FILE
    try:
        if path.exists():
            with path.open("rb") as file:
                kept = file.read(MAX_BYTES).decode("ascii").strip()
            if len(kept) >= MIN_CHARACTERS:
                return kept
        made = secrets.token_urlsafe(48)
        # whole or not at all: a start that is killed here leaves no half of a secret
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made + "\n")
        new.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"cannot use {path} ({error}); remove it to make another") from error
    return made
