"""The journal's files: what comes back after a crash, and what is refused as damaged."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.journal import (
    Journal,
    JournalCorruptError,
    Record,
    encode_record,
    publish_snapshot,
    segment_path,
    snapshot_path,
)

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [Record(1.5 + n, 200, b"meta-%d" % n, b"\xf5Rec" * n) for n in range(5)]


def opened(directory: Path) -> tuple[Journal, list[Record]]:
    journal = Journal(directory)
    return journal, list(journal.recover())


def written(directory: Path, records: list[Record] = RECORDS) -> Journal:
    journal, _ = opened(directory)
    for record in records:
        assert journal.append(record)
    return journal


def take_snapshot(journal: Journal) -> None:
    gaps = journal.gaps
    sequence = journal.rotate()
    snapshot_path(journal.directory, sequence).with_suffix(".tmp").mkdir()
    publish_snapshot(journal.directory, sequence)
    journal.snapshot_taken(sequence, gaps_covered=gaps)


def test_records_come_back_in_order_and_appending_goes_on(tmp_path: Path) -> None:
    written(tmp_path).close()
    journal, records = opened(tmp_path)
    assert records == RECORDS
    assert journal.record_count == len(RECORDS)
    journal.append(RECORDS[0])
    journal.close()
    assert opened(tmp_path)[1] == [*RECORDS, RECORDS[0]]


@given(cut=st.integers(min_value=1, max_value=len(encode_record(RECORDS[4]))))
def test_a_torn_last_record_is_cut_off_wherever_it_tore(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    directory = tmp_path_factory.mktemp("torn")
    written(directory).close()
    path = segment_path(directory, 0)
    os.truncate(path, path.stat().st_size - cut)
    journal, records = opened(directory)
    assert records == RECORDS[:4]
    journal.append(RECORDS[4])
    journal.close()
    assert opened(directory)[1] == RECORDS


def test_a_damaged_record_before_whole_ones_is_no_torn_tail(tmp_path: Path) -> None:
    written(tmp_path).close()
    path = segment_path(tmp_path, 0)
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalCorruptError, match=path.name):
        opened(tmp_path)


def test_only_the_last_segment_may_be_torn(tmp_path: Path) -> None:
    journal = written(tmp_path)
    journal.rotate()
    journal.close()
    path = segment_path(tmp_path, 0)
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(JournalCorruptError, match=path.name):
        opened(tmp_path)


def test_a_segment_without_its_header_starts_anew(tmp_path: Path) -> None:
    journal = written(tmp_path)
    journal.rotate()
    journal.close()
    os.truncate(segment_path(tmp_path, 1), 3)
    journal, records = opened(tmp_path)
    assert records == RECORDS
    assert journal.sequence == 1
    journal.append(RECORDS[0])
    journal.close()
    assert opened(tmp_path)[1] == [*RECORDS, RECORDS[0]]


def test_a_missing_segment_is_named(tmp_path: Path) -> None:
    journal = written(tmp_path)
    journal.rotate()
    journal.rotate()
    journal.close()
    segment_path(tmp_path, 1).unlink()
    with pytest.raises(JournalCorruptError, match=segment_path(tmp_path, 1).name):
        opened(tmp_path)


def test_a_snapshot_replaces_what_is_before_it(tmp_path: Path) -> None:
    journal = written(tmp_path)
    take_snapshot(journal)
    journal.append(RECORDS[2])
    journal.close()
    assert not segment_path(tmp_path, 0).exists()
    journal, records = opened(tmp_path)
    assert records == [RECORDS[2]]
    assert journal.snapshot == snapshot_path(tmp_path, 1)


def test_an_unfinished_snapshot_is_ignored_and_removed(tmp_path: Path) -> None:
    journal = written(tmp_path)
    journal.rotate()
    journal.append(RECORDS[0])
    journal.close()
    snapshot_path(tmp_path, 1).mkdir()
    snapshot_path(tmp_path, 1).with_suffix(".tmp").mkdir()
    journal, records = opened(tmp_path)
    assert records == [*RECORDS, RECORDS[0]]
    assert journal.snapshot is None
    assert not list(tmp_path.glob("snapshot-*"))


def test_a_pointer_to_no_snapshot_is_an_error(tmp_path: Path) -> None:
    written(tmp_path).close()
    (tmp_path / "CURRENT").write_text("7\n")
    with pytest.raises(JournalCorruptError, match="CURRENT"):
        Journal(tmp_path)


def test_a_lost_pointer_is_an_error(tmp_path: Path) -> None:
    journal = written(tmp_path)
    take_snapshot(journal)
    journal.close()
    (tmp_path / "CURRENT").unlink()
    with pytest.raises(JournalCorruptError, match="CURRENT"):
        Journal(tmp_path)


def fail_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_a_write(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    real = os.write
    monkeypatch.setattr(os, "write", half_a_write)


def test_a_full_disk_leaves_no_half_record_and_stops_appending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = written(tmp_path)
    with monkeypatch.context() as patch:
        fail_writes(patch)
        with pytest.raises(OSError, match="no space"):
            journal.append(RECORDS[0])
    assert journal.has_gap
    assert not journal.append(RECORDS[1])
    assert opened(tmp_path)[1] == RECORDS


def test_records_behind_a_gap_are_dropped_until_a_snapshot_covers_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = written(tmp_path)
    with monkeypatch.context() as patch:
        fail_writes(patch)
        with pytest.raises(OSError, match="no space"):
            journal.append(RECORDS[0])
    journal.rotate()
    journal.append(RECORDS[1])
    assert journal.has_gap
    journal.close()

    journal, records = opened(tmp_path)
    assert records == RECORDS
    assert journal.dropped_records == 1
    assert journal.sequence == 0
    take_snapshot(journal)
    journal.append(RECORDS[3])
    journal.close()
    assert opened(tmp_path)[1] == [RECORDS[3]]


def test_a_snapshot_covers_only_the_gaps_before_it(tmp_path: Path) -> None:
    journal = written(tmp_path)
    gaps = journal.gaps
    sequence = journal.rotate()
    journal.stop_appending()
    snapshot_path(tmp_path, sequence).with_suffix(".tmp").mkdir()
    publish_snapshot(tmp_path, sequence)
    journal.snapshot_taken(sequence, gaps_covered=gaps)
    assert journal.has_gap
    take_snapshot(journal)
    assert not journal.has_gap


def test_a_failed_rotation_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = written(tmp_path)

    def refuse(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(OSError, match="no space"):
            journal.rotate()
    assert journal.append(RECORDS[0])
    journal.close()
    assert opened(tmp_path)[1] == [*RECORDS, RECORDS[0]]
