"""How old the container images are: `make image-ages`, or `python -m infra.image_ages --help`.

Reads the images of localstack-compose.yaml and of the Dockerfiles, and when they came out from
infra/containers/images.json, which is kept by hand: a tag says nothing of its day. Ends with 1
where one is older than --most-days, unless images.json says why it is kept, or where its day is
not known.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONTAINERS = ROOT / "infra/containers"
COMPOSE = ROOT / "localstack-compose.yaml"
TABLE = CONTAINERS / "images.json"
MOST_DAYS = 180
_OWN = "ia-solaris"
_IMAGE = re.compile(r"^\s*image:\s*\"?(?:\$\{\w+:-)?([\w./:@-]+)", re.MULTILINE)
_FROM = re.compile(r"^FROM (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Age:
    """An image, how many days it is old (None: not known), and why it is kept all the same."""

    image: str
    days: int | None
    kept: str = ""

    def is_well(self, most_days: int) -> bool:
        """Whether nobody has to look for a newer one."""
        return self.days is not None and (self.days <= most_days or bool(self.kept))


def images_used() -> set[str]:
    """Every image that is not built here."""
    found = set(_IMAGE.findall(COMPOSE.read_text(encoding="utf-8")))
    for file in CONTAINERS.glob("*.Dockerfile"):
        found |= set(_FROM.findall(file.read_text(encoding="utf-8")))
    return {one for one in found if not one.startswith(_OWN)}


def ages(table: dict[str, Any], today: date) -> list[Age]:
    """The age of each image that is used, oldest first, unknown ones before all."""
    made = []
    for image in images_used():
        released = table["released"].get(image)
        days = None if released is None else (today - date.fromisoformat(released)).days
        made.append(Age(image, days, table["kept"].get(image, "")))
    return sorted(made, key=lambda one: (one.days is not None, -(one.days or 0), one.image))


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each image; 1 where one wants looking after."""
    parser = argparse.ArgumentParser(prog="make image-ages", description="Age of each image.")
    parser.add_argument("--most-days", type=int, default=MOST_DAYS, help=f"({MOST_DAYS})")
    most_days = parser.parse_args(argv).most_days
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    found = ages(table, datetime.now(UTC).date())
    for one in found:
        age = "age not known" if one.days is None else f"{one.days} days"
        kept = f"  kept: {one.kept}" if one.kept else ""
        _say(f"{'  ' if one.is_well(most_days) else '! '}{one.image:34} {age:>14}{kept}")
    _say(f"Looked up on {table['looked_up']}; newer ones are written into {TABLE.name} by hand.")
    return 0 if all(one.is_well(most_days) for one in found) else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
