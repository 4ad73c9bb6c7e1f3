"""Every time that the command line shows to people is in the zone of the months."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from solaris.app import Parts
from solaris.platform.settings import load_settings
from solaris.platform.terminal.output import moment
from tests.functional.cli.cli_support import parts_fixture, run, store_fixture

__all__ = ["parts_fixture", "store_fixture"]

# still the last day of the year in São Paulo
AT = datetime(2099, 1, 1, 1, 30, tzinfo=UTC)


def test_a_key_expires_and_was_used_on_the_day_of_the_people_there(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERIOD_TIMEZONE", "America/Sao_Paulo")
    load_settings.cache_clear()
    run("keys", "create", "--name", "bot")
    [row] = parts.keys.management.all()
    parts.keys.store.put_new(replace(row.key, key_hash="f" * 64, expires_at=AT))
    parts.keys.store.note_use("f" * 64, AT)
    shown = run("keys", "list").stdout
    assert "2098-12-31 22:30 -03" in shown
    assert "2098-12-31 " in shown
    assert "2099" not in shown


def test_never_has_no_zone() -> None:
    assert moment(None, UTC) == "never"
