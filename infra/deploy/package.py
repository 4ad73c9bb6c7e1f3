"""The zips of layers and functions: `make package`, or `python -m infra.deploy.package --help`."""

import argparse
import sys
from pathlib import Path

from infra.deploy.errors import DeployError
from infra.deploy.packaging import (
    ARCHITECTURES,
    DEFAULT_ARCHITECTURE,
    DEFAULT_PYTHON,
    PYTHONS,
    ROOT,
    Packager,
    Target,
    table,
)


def main(argv: list[str] | None = None) -> int:
    """Build and show what was built; 1 with one line when it could not."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.deploy.package",
        description="Makes the zips of layers and functions for AWS Lambda; same input, same zips.",
    )
    parser.add_argument("--python", choices=PYTHONS, default=DEFAULT_PYTHON)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default=DEFAULT_ARCHITECTURE)
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder of the zips")
    arguments = parser.parse_args(argv)
    target = Target(arguments.python, arguments.architecture)
    try:
        packages = Packager(target, arguments.out.absolute()).build()
    except (DeployError, OSError) as error:
        print(f"[solaris] {error}", file=sys.stderr)
        return 1
    print(table(packages))
    too_new = sorted({name for package in packages for name in package.too_new})
    if too_new:
        print(
            f"[solaris] on AWS python{target.python} has an older C library than these want: "
            f"{', '.join(too_new)}; take python3.12 or newer there"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
