"""README says what there is: a setting that is not documented, or no longer exists, fails here."""

import re
from pathlib import Path

import pytest

from solaris.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# boto3's own variables are read by boto3
FOREIGN = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"}


def documented() -> set[str]:
    """Every variable in the first column of the settings table."""
    table = README.split("## Settings")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert name.upper() in documented()


def test_no_documented_setting_is_gone() -> None:
    assert documented() - FOREIGN == {name.upper() for name in Settings.model_fields}


def test_the_two_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command
