"""Room for the books, and files of them that somebody removes or replaces while they are open."""

from pathlib import Path
from typing import Any, cast

import pytest

from solaris.operations.health import check_database
from solaris.operations.states import Status
from solaris.platform.books_disk import BooksDisk, DiskRoom, OpenBooks, books_files

MORE_THAN_THERE_IS = 1 << 62


def disk(folder: Path, least_bytes: int = 0) -> BooksDisk:
    return BooksDisk(DiskRoom(folder, least_bytes), OpenBooks(folder))


def made(folder: Path) -> tuple[Path, Path]:
    tables, queues = books_files(folder)
    tables.parent.mkdir()
    tables.write_bytes(b"tables")
    queues.write_bytes(b"queues")
    OpenBooks(folder).note([tables, queues])
    return tables, queues


@pytest.mark.parametrize(("least", "is_missing"), [(0, False), (1, False), (1 << 62, True)])
def test_so_much_must_be_free(tmp_path: Path, least: int, is_missing: bool) -> None:
    assert DiskRoom(tmp_path, least).is_missing() is is_missing


def test_a_folder_that_is_gone_is_the_stores_matter(tmp_path: Path) -> None:
    assert not DiskRoom(tmp_path / "gone", MORE_THAN_THERE_IS).is_missing()


def test_nothing_can_be_written_where_proc_is() -> None:
    assert DiskRoom(Path("/proc"), 1).is_missing()


def test_files_that_grow_and_shrink_are_the_same(tmp_path: Path) -> None:
    tables, queues = made(tmp_path)
    watched = disk(tmp_path)
    tables.write_bytes(b"more than before")
    queues.write_bytes(b"")
    assert watched.trouble() is None
    assert watched.gone() == []


def test_a_removed_file_is_trouble_until_it_is_back(tmp_path: Path) -> None:
    tables, queues = made(tmp_path)
    watched = disk(tmp_path)
    aside = tmp_path / "aside"
    queues.rename(aside)
    assert (watched.trouble(), watched.gone()) == ("books_gone", [queues])
    aside.rename(queues)
    assert watched.trouble() is None
    tables.unlink()
    assert watched.gone() == [tables]


def test_another_file_in_its_place_is_trouble(tmp_path: Path) -> None:
    tables, _ = made(tmp_path)
    watched = disk(tmp_path)
    copy = tmp_path / "copy"
    copy.write_bytes(tables.read_bytes())
    copy.replace(tables)
    assert (watched.trouble(), watched.gone()) == ("books_gone", [tables])


def test_a_lost_file_is_told_before_a_full_disk(tmp_path: Path) -> None:
    tables, _ = made(tmp_path)
    watched = disk(tmp_path, MORE_THAN_THERE_IS)
    assert watched.trouble() == "disk_full"
    tables.unlink()
    assert watched.trouble() == "books_gone"


def test_health_tells_it(tmp_path: Path) -> None:
    class Store:
        def get(self, _: str) -> None: ...

        def latest(self) -> None: ...

    tables, _ = made(tmp_path)
    watched, store = disk(tmp_path), cast("Any", Store())
    assert check_database(store, store, watched).status is Status.HEALTHY
    tables.unlink()
    found = check_database(store, store, watched)
    assert (found.status, found.reasons) == (Status.UNHEALTHY, ("books_gone",))


def test_a_program_that_begins_later_knows_the_files_of_the_start(tmp_path: Path) -> None:
    tables, _ = made(tmp_path)
    with tables.open("rb"):  # as the program has it, so that its number is nobody else's
        tables.unlink()
        assert disk(tmp_path).trouble() == "books_gone"
        tables.write_bytes(b"another")
        assert disk(tmp_path).trouble() == "books_gone"


def test_where_the_books_are_elsewhere_no_file_is_missed(tmp_path: Path) -> None:
    tables, _ = made(tmp_path)
    OpenBooks(tmp_path).forget()
    OpenBooks(tmp_path).forget()
    watched = disk(tmp_path)
    tables.unlink()
    assert watched.trouble() is None


@pytest.mark.parametrize("note", ["", "[]", "{", '{"a": 1}', '{"a": []}', '{"a": ["x", "y"]}'])
def test_a_note_that_is_none_watches_nothing(tmp_path: Path, note: str) -> None:
    (tmp_path / "open-books.json").write_text(note)
    assert disk(tmp_path).trouble() is None
