"""Every container image has its line in images.json, and is of no branch that has ended."""

import json
from datetime import date
from typing import Any

import pytest

from infra.image_ages import TABLE, Age, ages, images_used, main

READ: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
# The first version of each with the fixes that were known on the day the table was looked up.
OLDEST_MENDED = {
    "mongo": (8, 0, 26),
    "nginx": (1, 30, 7),
    "node": (24, 20, 0),
    "python": (3, 13, 15),
    "valkey/valkey": (9, 1, 1),
}


def test_the_table_is_of_the_images_that_are_used() -> None:
    assert set(READ["released"]) == images_used()
    assert set(READ["kept"]) <= images_used()
    assert len(images_used()) >= 10


@pytest.mark.parametrize("name", sorted(OLDEST_MENDED))
def test_an_image_has_the_security_fixes_that_are_known(name: str) -> None:
    tags = [image.split(":")[1] for image in images_used() if image.split(":")[0] == name]
    assert tags
    for tag in tags:
        version = tuple(int(part) for part in tag.split("-")[0].split("."))
        assert version >= OLDEST_MENDED[name], tag


def test_ages_are_reckoned_and_the_unknown_come_first() -> None:
    image = "python:3.13.15-slim"
    table = {"released": {image: "2026-08-06"}, "kept": {}}
    made = ages(table, date(2026, 8, 16))
    assert Age(image, 10) in made
    assert made[-1].image == image
    assert {one.days for one in made[:-1]} == {None}


def test_an_old_one_is_well_only_for_a_reason() -> None:
    assert Age("a:1.0", 10).is_well(10)
    assert not Age("a:1.0", 11).is_well(10)
    assert Age("a:1.0", 11, "why").is_well(10)
    assert not Age("a:1.0", None, "why").is_well(10)


def test_each_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    # some days are not known, which the table does not hide
    assert main([]) == 1
    printed = capsys.readouterr().out
    for image in images_used():
        assert image in printed
    assert "! amazon/dynamodb-local:3.3.1" in printed
