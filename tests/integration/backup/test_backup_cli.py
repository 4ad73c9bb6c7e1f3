"""`solaris backup` and `restore` from a terminal: what is said, what is refused, what is asked."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from solaris.backup.archive import ArchiveReader, ArchiveRefusedError
from solaris.cli import app
from solaris.platform.instants import parse_instant
from solaris.platform.settings import load_settings
from tests.integration.conftest import ANA, MoneyPath
from tests.integration.reconciliation.test_reconciling import ANA_ID


@pytest.fixture
def at_stage(monkeypatch: pytest.MonkeyPatch, stage: str) -> Iterator[None]:
    """The command line's settings are those of the test's stage."""
    monkeypatch.setenv("SOLARIS_STAGE", stage)
    monkeypatch.setenv("SECRET_KEY", "integration-tests-only-0123456789")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def run(*arguments: str | Path, code: int = 0, answer: str = "", lang: str = "en") -> Result:
    result = CliRunner().invoke(app, ["--lang", lang, *map(str, arguments)], input=answer)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def file(money: MoneyPath, at_stage: None, tmp_path: Path) -> Path:
    """A backup of a stage with one user and one record."""
    money.put_user()
    money.spend(120)
    path = tmp_path / "backup.gz"
    printed = run("backup", path, "--wait-seconds", "0").stdout
    assert "verified" in printed
    assert f"stage          {money.parts.settings.solaris_stage}" in printed
    return path


def used(money: MoneyPath) -> int:
    return money.user().current_usage


def test_a_restore_asks_before_it_deletes(money: MoneyPath, file: Path) -> None:
    money.spend(30)
    refused = run("restore", file, code=1).stderr
    assert "not empty: users, usage, counters" in refused
    assert "--replace" in refused
    asked = run("restore", file, "--replace", code=1, answer="n\n").stderr
    assert "Delete all of it" in asked
    assert used(money) == 150
    assert "compared" in run("restore", file, "--replace", answer="y\n").stdout
    assert used(money) == 120


def test_that_a_backup_was_made_is_kept(
    money: MoneyPath, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it was read back; what could not be written leaves the last good one standing."""
    manifest = ArchiveReader(file).verify()
    last = money.parts.backup.log.latest()
    assert last is not None
    assert (last.items, last.sha256) == (manifest.items, manifest.sha256)
    assert last.at == parse_instant(manifest.header.started_at)
    monkeypatch.setattr(ArchiveReader, "verify", _damaged)
    run("backup", tmp_path / "again.gz", "--wait-seconds", "0", code=1)
    assert money.parts.backup.log.latest() == last
    monkeypatch.undo()


def _damaged(*_: object) -> None:
    raise ArchiveRefusedError("not as it was written")


def test_a_verified_file_was_restored_and_reconciled(money: MoneyPath, file: Path) -> None:
    """In a store of its own: the system's is neither asked nor changed."""
    before = money.rows("users")
    printed = run("backup", "--verify", file).stdout
    assert "is whole" in printed
    assert "restored and compared; 1 user, 1 record reconciled: the books agree" in printed
    assert money.rows("users") == before


def test_a_whole_file_of_wrong_books_is_told(money: MoneyPath, file: Path, tmp_path: Path) -> None:
    month = {"user_id": {"S": ANA_ID}, "period": {"S": "2026-09"}}
    figures = {name: {"N": "0"} for name in ("monthly_limit", "additional_tokens")}
    wrong_month = month | figures | {"current_usage": {"N": "7"}, "closed_at": {"S": "2026-10-01"}}
    periods = money.parts.settings.table_name("periods")
    money.parts.platform.dynamodb.put_item(TableName=periods, Item=wrong_month)
    wrong = tmp_path / "wrong.gz"
    run("backup", wrong, "--wait-seconds", "0")
    refused = run("backup", "--verify", wrong, code=1)
    assert "1 difference stands in its books" in refused.stderr
    assert "2026-09 current_usage: 0 by its records, 7" in refused.stdout
    assert "is whole" in run("backup", "--verify", "--file-only", wrong).stdout
    money.parts.platform.dynamodb.delete_item(TableName=periods, Key=month)


def test_another_stage_is_to_be_named(
    money: MoneyPath, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = money.parts.settings.solaris_stage
    monkeypatch.setenv("SOLARIS_STAGE", f"{own}x")
    load_settings.cache_clear()
    refused = run("restore", file, code=1).stderr
    assert f"is of stage {own}, this is {own}x: say --into-stage {own}x" in refused
    assert "this is stage" in run("restore", file, "--into-stage", "prod", code=1).stderr
    run("restore", file, "--into-stage", f"{own}x")
    other = money.settings(solaris_stage=f"{own}x")
    assert used(other) == 120
    other.assert_books_balance()


def test_a_file_can_be_checked_without_any_store(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "is whole" in run("backup", "--verify", file).stdout
    file.write_bytes(file.read_bytes()[:-20])
    refused = run("backup", "--verify", file, code=1).stderr
    assert len(refused.splitlines()) == 1
    assert f"{file} is damaged or cut off" in refused


def test_nothing_is_written_over_and_a_missing_folder_is_named(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    run("backup", file, code=2)
    assert file.read_bytes() == before
    refused = run("backup", tmp_path / "nowhere" / "backup.gz", code=1).stderr
    assert "nowhere" in refused
    assert len(refused.splitlines()) == 1
    assert "gone.gz" in run("restore", tmp_path / "gone.gz", code=1).stderr
    assert "gone.gz" in run("backup", "--verify", tmp_path / "gone.gz", code=1).stderr


async def test_a_request_that_stays_open_is_told(
    money: MoneyPath, at_stage: None, tmp_path: Path
) -> None:
    await money.admit(ANA)
    arguments = ("backup", tmp_path / "3.gz", "--wait-seconds", "0")
    printed = (await asyncio.to_thread(run, *arguments)).stdout
    assert "1 request was still open" in printed


def test_in_portuguese(money: MoneyPath, file: Path, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "2.gz", "--wait-seconds", "0", lang="pt-BR").stdout
    assert f"ambiente      {money.parts.settings.solaris_stage}" in made
    assert re.search(r"2\.gz: \d+ itens, 0,0 MB, em \d+ s, conferido\n", made)
    checked = run("backup", "--verify", "--file-only", file, lang="pt-BR").stdout
    assert f"{file} está íntegro" in checked
    refused = run("restore", file, code=1, lang="pt-BR").stderr
    assert "não estão vazias: users, usage, counters" in refused
    assert "--replace esvazia antes as tabelas" in refused
    asked = run("restore", file, "--replace", code=1, answer="n\n", lang="pt-BR").stderr
    assert "Excluir tudo e restaurar o backup? [s/N]" in asked
    done = run("restore", file, "--replace", answer="s\n", lang="pt-BR").stdout
    assert "e comparado" in done
    file.write_bytes(file.read_bytes()[:-20])
    refused = run("backup", "--verify", file, code=1, lang="pt-BR").stderr
    assert f"{file} está danificado ou cortado: não pode ser descompactado" in refused
    gone = run("restore", tmp_path / "gone.gz", code=1, lang="pt-BR").stderr
    assert gone == f"solaris: {tmp_path / 'gone.gz'}: não existe\n"
