"""SETTINGS.md says what there is: every setting, and none that no longer exists."""

import re

import pytest

from solaris.platform.settings import Settings
from tests.contract.pages import ROOT

PAGE = (ROOT / "layers/shared/python/solaris/SETTINGS.md").read_text(encoding="utf-8")
# boto3's own variables are read by boto3
FOREIGN = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"}


def documented() -> set[str]:
    """Every variable in the first column of the table."""
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert name.upper() in documented()


def test_no_documented_setting_is_gone() -> None:
    assert documented() - FOREIGN == {name.upper() for name in Settings.model_fields}
