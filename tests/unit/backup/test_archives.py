"""The file format of backups: exact lines, sums that no order changes, no damage taken."""

import gzip
import os
import random
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.backup.archive import (
    ArchiveReader,
    ArchiveRefusedError,
    ArchiveWriter,
    Checksum,
    Header,
    item_line,
)

HEADER = Header(
    stage="test", started_at="2026-11-23T00:00:00.000Z", program="test", tables=("users", "usage")
)


def users(count: int) -> list[dict[str, Any]]:
    return [{"user_id": {"S": f"user-{n}"}, "n": {"N": str(n)}} for n in range(count)]


def written(path: Path, count: int = 50) -> Path:
    with ArchiveWriter(path, HEADER) as writer:
        for table in HEADER.tables:
            with writer.table(table):
                writer.add(map(item_line, users(count)))
        writer.close("2026-11-23T00:01:00.000Z")
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    reader = ArchiveReader(written(tmp_path / "backup.gz"))
    manifest = reader.verify()
    assert manifest.header == HEADER
    assert {name: one.items for name, one in manifest.tables.items()} == {"users": 50, "usage": 50}
    assert [(table, orjson.loads(line)) for table, line in reader.items()] == [
        (table, user) for table in HEADER.tables for user in users(50)
    ]


def test_the_same_tables_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = written(tmp_path / "1.gz"), written(tmp_path / "2.gz")
    assert first.read_bytes() == second.read_bytes()


def test_the_file_is_the_owners_alone_and_there_only_when_whole(tmp_path: Path) -> None:
    path = tmp_path / "backup.gz"
    with suppress(KeyboardInterrupt), ArchiveWriter(path, HEADER) as writer:
        with writer.table("users"):
            writer.add(map(item_line, users(1)))
        assert not path.exists()
        assert list(tmp_path.iterdir())
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    assert written(path).stat().st_mode & 0o777 == 0o600


def test_the_table_that_was_written_last_can_be_read_again(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "backup.gz", HEADER) as writer:
        with writer.table("users"):
            writer.add(map(item_line, users(3)))
        with writer.table("usage"):
            writer.add(map(item_line, users(2)))
        assert [orjson.loads(line) for line in writer.last_table()] == users(2)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "backup.gz")
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(ArchiveRefusedError):
        ArchiveReader(path).verify()


def test_a_file_without_its_last_part_is_refused(tmp_path: Path) -> None:
    """Cut between two gzip members, where gzip itself sees nothing."""
    path = written(tmp_path / "backup.gz")
    data = path.read_bytes()
    starts = [n for n in range(len(data)) if data.startswith(b"\x1f\x8b\x08", n)]
    assert len(starts) == 4
    for start in starts:
        path.write_bytes(data[:start])
        with pytest.raises(ArchiveRefusedError):
            ArchiveReader(path).verify()


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_bit_is_noticed(tmp_path: Path, seed: int) -> None:
    path = written(tmp_path / "backup.gz")
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)
    place = chance.randrange(len(data))
    data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    # the header of a gzip member holds bits that mean nothing: then nothing else has changed
    try:
        found = ArchiveReader(path).verify()
    except ArchiveRefusedError:
        return
    path.write_bytes(written(tmp_path / "other.gz").read_bytes())
    assert ArchiveReader(path).verify() == found


def changed(path: Path, old: bytes, new: bytes) -> Path:
    plain = gzip.decompress(path.read_bytes())
    assert old in plain
    path.write_bytes(gzip.compress(plain.replace(old, new, 1)))
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"user-7"', b'"user-8"'),
        (b'{"n":{"N":"7"},"user_id":{"S":"user-7"}}\n', b""),
        (b'["table","usage"]\n', b""),
        (b'"items":50', b'"items":49'),
        (b'["items","users"', b'["items","usage"'),
        (b'"stage":"test"', b'"stage":"live"'),
        (b'["end"', b'["and"'),
        (b'"sha256":"', b'"sha256":"0'),
        (b'"solaris-backup",1', b'"solaris-backup",2'),
        (b'"solaris-backup"', b'"something-else"'),
        (b'"N":"7"}', b'"N":"7"'),
    ],
)
def test_changed_content_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = changed(written(tmp_path / "backup.gz"), old, new)
    with pytest.raises(ArchiveRefusedError):
        ArchiveReader(path).verify()


@pytest.mark.parametrize("more", [b"x", b'{"n":{"N":"1"}}\n', b"\n"])
def test_nothing_may_follow_the_end(tmp_path: Path, more: bytes) -> None:
    path = written(tmp_path / "backup.gz")
    path.write_bytes(path.read_bytes() + gzip.compress(more))
    with pytest.raises(ArchiveRefusedError):
        ArchiveReader(path).verify()


def test_an_endless_line_is_refused_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b'["solaris-backup"' + b" " * 50_000_000))
    with pytest.raises(ArchiveRefusedError, match="too long"):
        ArchiveReader(path).header()


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", gzip.compress(b"", mtime=0), gzip.compress(b"[]\n", mtime=0)],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "backup.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveRefusedError):
        ArchiveReader(path).verify()


values: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: (
        st.builds(lambda x: {"S": x}, st.text())
        | st.builds(lambda x: {"N": str(x)}, st.integers())
        | st.builds(lambda x: {"BOOL": x}, st.booleans())
        | st.builds(lambda x: {"SS": x}, st.lists(st.text(min_size=1), min_size=1, unique=True))
        | st.builds(lambda x: {"M": x}, st.dictionaries(st.text(min_size=1), values, max_size=3))
        | st.builds(lambda x: {"L": x}, st.lists(values, max_size=3))
    )
)
items = st.dictionaries(st.text(min_size=1), values, max_size=4)


def content(*lines: dict[str, Any]) -> Any:
    found = Checksum()
    for line in lines:
        found.add(item_line(line))
    return found.content


@given(st.lists(items, max_size=5), st.randoms())
def test_a_checksum_depends_on_no_order(rows: list[dict[str, Any]], chance: random.Random) -> None:
    shuffled = [dict(chance.sample(list(row.items()), len(row))) for row in rows]
    chance.shuffle(shuffled)
    assert content(*rows) == content(*shuffled)


@given(items, items)
def test_different_items_have_different_checksums(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    same = _sorted_sets(first) == _sorted_sets(second)
    assert (content(first) == content(second)) is same


def _sorted_sets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: sorted(inner) if name == "SS" and isinstance(inner, list) else _sorted_sets(inner)
            for name, inner in value.items()
        }
    return [_sorted_sets(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1.50"}, {"N": "1.5"}),
        ({"N": "1E+2"}, {"N": "100"}),
        ({"N": "-0.0"}, {"N": "0"}),
        ({"NS": ["2", "1.0"]}, {"NS": ["1", "2"]}),
        ({"BS": ["Zg==", "YQ=="]}, {"BS": ["YQ==", "Zg=="]}),
        ({"L": [{"SS": ["b", "a"]}]}, {"L": [{"SS": ["a", "b"]}]}),
    ],
)
def test_one_value_written_two_ways_has_one_checksum(one: Any, other: Any) -> None:
    assert content({"x": one}) == content({"x": other})


def test_numbers_keep_all_of_their_38_digits() -> None:
    digits = "1.2345678901234567890123456789012345678"
    assert content({"x": {"N": digits}}) != content({"x": {"N": digits[:-1] + "9"}})


def peak_of(path: Path, pages: int) -> int:
    """Most bytes held at once while so many pages of 500 items are written and read."""
    tracemalloc.start()
    try:
        with ArchiveWriter(path, HEADER) as writer:
            for table in HEADER.tables:
                with writer.table(table):
                    for _ in range(pages):
                        writer.add(map(item_line, users(500)))
            writer.close("2026-11-23T00:01:00.000Z")
        reader = ArchiveReader(path)
        assert reader.verify().items == sum(1 for _ in reader.items()) == 1_000 * pages
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_tables(tmp_path: Path) -> None:
    peak_of(tmp_path / "first.gz", 1)  # what is made once and kept
    small, large = peak_of(tmp_path / "small.gz", 4), peak_of(tmp_path / "large.gz", 40)
    assert large < 1.5 * small
