"""SECURITY.md: each promise names tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_TABLE = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("| promise | test |")[2]
ROWS = [line for line in _TABLE.partition("\n\n")[0].splitlines()[2:] if line]
_TEST = re.compile(r"`((?:unit|functional|integration|contract|e2e)/[\w/]+(?:\.py)?)(?:::(\w+))?`")


def test_the_table_was_found() -> None:
    assert len(ROWS) > 15


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_a_promise_has_its_tests(row: str) -> None:
    named = _TEST.findall(row)
    assert named, row
    for path, function in named:
        place = ROOT / "tests" / path
        assert place.exists(), path
        if function:
            text = place.read_text(encoding="utf-8")
            assert re.search(rf"^(?:async )?def {function}\(", text, re.MULTILINE), function
