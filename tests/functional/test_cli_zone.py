"""Every time that the command line shows to people is in the zone of the months."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from solaris.cli.output import moment
from solaris.settings import load_settings
from solaris.wiring import Wiring
from tests.functional.cli_support import run, store_fixture, wiring_fixture

__all__ = ["store_fixture", "wiring_fixture"]

# still the last day of the year in São Paulo
AT = datetime(2099, 1, 1, 1, 30, tzinfo=UTC)


def test_a_key_expires_and_was_used_on_the_day_of_the_people_there(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERIOD_TIMEZONE", "America/Sao_Paulo")
    load_settings.cache_clear()
    run("keys", "create", "--name", "bot")
    [row] = wiring.key_management.all()
    wiring.keys.put_new(replace(row.key, key_hash="f" * 64, expires_at=AT))
    wiring.keys.note_use("f" * 64, AT)
    shown = run("keys", "list").stdout
    assert "2098-12-31 22:30 -03" in shown
    assert "2098-12-31 " in shown
    assert "2099" not in shown


def test_never_has_no_zone() -> None:
    assert moment(None, UTC) == "never"
