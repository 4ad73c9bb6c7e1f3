"""The secret of one machine: made once, for its owner's eyes only."""

from pathlib import Path

import pytest

from infra.local.run.local_secret import FILE, local_secret
from infra.local.run.preflight import StartError
from solaris.platform.settings import LOCAL_SECRET


def test_it_is_made_once_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    made = local_secret(tmp_path)
    assert local_secret(tmp_path) == made
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert len(made) == 64
    assert made != LOCAL_SECRET


def test_every_installation_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert local_secret(tmp_path) != local_secret(tmp_path / "other")


@pytest.mark.parametrize("left", ["", "short\n"])
def test_a_file_that_holds_too_little_is_made_anew(tmp_path: Path, left: str) -> None:
    (tmp_path / FILE).write_text(left)
    assert len(local_secret(tmp_path)) == 64
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_read_stops_the_start_with_its_name(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff" * 64)
    with pytest.raises(StartError, match=FILE):
        local_secret(tmp_path)
