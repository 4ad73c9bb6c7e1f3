"""Data of every version that was released is opened: read, reported, reconciled, backed up."""

import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from solaris.ledger.day_index import DayIndex
from solaris.ledger.figures import ReportFilters
from tests.integration.accounts.users_support import Api
from tests.integration.backup.backup_support import back_up, in_loop, made, restore, tables_of
from tests.integration.conftest import ANA, Clock, MoneyPath
from tests.integration.older_data import (
    ANA_ID,
    CHARGED,
    VERSIONS,
    WITHOUT_INDEX,
    put_rows,
    tables_of_version,
)
from tests.integration.reconciliation.test_reconciling import run

NOVEMBER = ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 30))


@pytest.fixture(name="older", params=VERSIONS)
def older_fixture(
    emulator: str, stage: str, request: pytest.FixtureRequest
) -> tuple[MoneyPath, str]:
    """A stage that holds what this version has left."""
    path = made(stage, Clock())
    tables_of_version(path, request.param)
    put_rows(path, request.param)
    return path, request.param


def reported(path: MoneyPath) -> dict[str, int]:
    """Tokens by request, as the reports by day find them."""
    lines = path.parts.ledger.usage_by_day.records(NOVEMBER)
    return {one.request_id: one.charged_tokens for one in lines}


def filled(path: MoneyPath) -> int:
    return DayIndex(path.parts.platform.dynamodb, path.parts.settings, path.clock).fill()


def assert_pages(path: MoneyPath) -> None:
    """What admins and the person see."""
    api = Api(path)
    try:
        user = f"/admin/users/{ANA_ID}"
        assert api.ok("GET", user)["email"] == ANA
        records: list[Any] = api.ok("GET", f"{user}/usage")["items"]
        assert {one["requestId"]: one["totalTokens"] for one in records} == CHARGED
        assert len(api.ok("GET", f"{user}/personal-data")["usage"]) == len(CHARGED)
        assert [one["name"] for one in api.ok("GET", "/admin/keys")["items"]] == ["librechat"]
        for target in (
            "stats",
            "users",
            "alerts",
            "stats/timeseries?from=2026-11-01&to=2026-11-15",
        ):
            api.ok("GET", f"/admin/{target}")
        series = api.ok("GET", "/admin/stats/timeseries?from=2026-11-01&to=2026-11-15")
        assert series["firstByte"] == {"answers": 0, "p50Ms": None, "p95Ms": None}
        assert (series["refusals"], series["points"][0]["firstByteP95Ms"]) == ({}, None)
        for target in ("stats", "transactions"):
            api.ok("GET", f"{user}/{target}")
    finally:
        api.close()


def test_the_pages_show_it(older: tuple[MoneyPath, str]) -> None:
    path, _ = older
    path.parts.platform.files.create()
    filled(path)
    assert_pages(path)


def test_rows_without_a_day_are_read_as_they_are(older: tuple[MoneyPath, str]) -> None:
    """Before they were brought to the index, and of whoever never does."""
    path, _ = older
    books, _version = path.parts.reconciliation.reconciler._store.read(
        ANA_ID, date(2026, 1, 1)
    ) or (None, 0)
    assert books is not None
    assert {one.period for one in path.parts.reconciliation.reconciler._store._lines(ANA_ID)} == {
        "2026-11"
    }
    api = Api(path)
    try:
        assert len(api.ok("GET", f"/admin/users/{ANA_ID}/usage")["items"]) == len(CHARGED)
    finally:
        api.close()


def test_reports_find_it_and_the_books_agree(older: tuple[MoneyPath, str]) -> None:
    path, version = older
    rows = filled(path)
    assert rows == (6 if version in WITHOUT_INDEX else 0)
    assert reported(path) == CHARGED
    assert not run(path).findings
    assert filled(path) == 0
    # and life goes on: a request, a change, the next month
    reservation = in_loop(path, lambda one: one.admit(ANA)).reservation
    assert not path.record(path.event(reservation, completion=5))
    path.clock.forward(days=17)
    assert path.parts.months.resetter.run().is_done
    assert not run(path).findings
    assert path.user().period == "2026-12"


def test_rows_written_after_the_index_was_filled_are_left_alone(
    older: tuple[MoneyPath, str],
) -> None:
    path, _ = older
    filled(path)
    before = tables_of(path)
    assert filled(path) == 0
    assert tables_of(path) == before


def test_it_is_backed_up_and_restored(older: tuple[MoneyPath, str], tmp_path: Path) -> None:
    """A backup holds rows as they are; the next start of the restored system does the rest."""
    path, version = older
    back_up(path, tmp_path / "backup.gz")
    target = made(f"t{uuid.uuid4().hex[:12]}", path.clock)
    restore(target, tmp_path / "backup.gz")
    assert tables_of(target) == tables_of(path)
    assert filled(target) == (6 if version in WITHOUT_INDEX else 0)
    assert reported(target) == CHARGED
    assert not run(target).findings
