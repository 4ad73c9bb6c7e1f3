"""Pages of a PDF: counted where they can be read, by its size where they cannot."""

import time
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.gateway.body.pdf_pages import pages_by_size, pdf_pages
from tests.unit.gateway.media_support import packed_pdf, pdf


@pytest.mark.parametrize("pages", [1, 49, 100, 600])
@pytest.mark.parametrize("make", [pdf, packed_pdf])
def test_pages_are_counted_in_the_open_and_in_object_streams(make: object, pages: int) -> None:
    assert callable(make)
    assert pdf_pages(make(pages)) == pages


@pytest.mark.parametrize(
    "page",
    [b"/Type/Page", b"/Type /Page", b"/Type\r\n/Page", b"/Type\x00/Page"],
)
def test_a_page_is_a_page_however_it_is_written(page: bytes) -> None:
    assert pdf_pages(b"%PDF-1.4 " + b"<<" + page + b">>" * 3) == 1


def test_pages_tree_fonts_and_bookmarks_are_no_pages() -> None:
    tree = b"<</Type/Pages/Count 7>> <</Type/PageLabel>> <</Type/Font>> "
    assert pdf_pages(b"%PDF-1.4 " + tree + b"x" * 3_000 + b"<</Type/Outlines/Count 900>>") == 7


def test_unreadable_object_streams_count_by_size_too() -> None:
    hidden = packed_pdf(90, filters=b"/LZWDecode") + bytes(500_000)
    assert pdf_pages(hidden) == pages_by_size(len(hidden)) == 51
    shown = pdf(80) + hidden
    assert pdf_pages(shown) == 80


@pytest.mark.parametrize("page", [b"/Type/P#61ge", b"/T#79pe /P#61#67e", b"/Type/#50age"])
def test_names_in_escapes_count_by_size_too(page: bytes) -> None:
    assert pdf_pages(pdf(2) + page + bytes(300_000)) == 31
    assert pdf_pages(pdf(2) + b"/Arial#20Bold#2COblique" + bytes(300_000)) == 2


def test_without_any_page_the_size_counts() -> None:
    assert pdf_pages(b"%PDF-1.4") == 1
    assert pdf_pages(b"%PDF-1.4" + bytes(199_992)) == 20
    assert pdf_pages(bytes(100_000_000)) == 1_000


def bomb(streams: int) -> bytes:
    packed = zlib.compress(bytes(50_000_000), 9)
    one = b"1 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n%s\nendstream\n" % packed
    return b"%PDF-1.5\n" + one * streams


HOSTILE = {
    "bombs": bomb(200),
    "one stream, many dictionaries": b"%PDF /ObjStm" * 1_000_000,
    "no end": b"1 0 obj<</ObjStm/Filter/FlateDecode>>stream\n" * 200_000,
    "counts": b"/Type/Pages/Count 9999999" * 400_000,
    "escapes": b"/#54#79#70#65 " * 700_000,
    "spaces": (b"/Type" + b" " * 1_000) * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pdf_is_bounded(name: str) -> None:
    start = time.perf_counter()
    assert 1 <= pdf_pages(HOSTILE[name]) <= 1_000
    assert time.perf_counter() - start < 5  # a tenth of it on an idle machine


PARTS = [b"/Type", b"/Page", b"/Pages", b"/Count 5", b"/ObjStm", b"/Filter", b"/FlateDecode", b">>"]
PARTS += [b"stream\n", b"endstream", b" obj", b"/Predictor", zlib.compress(b"/Type/Page")]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=20), max_size=40))
def test_no_bytes_raise(parts: list[bytes]) -> None:
    assert 1 <= pdf_pages(b"".join(parts)) <= 1_000


def test_one_stream_is_inflated_once_however_often_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """4 kB that inflate to 4 MB, sixteen times over, held the gateway for half a second."""
    inflated: list[int] = []
    inflater = zlib.decompressobj

    class Counted:
        """zlib's inflater, which tells how much it was let inflate."""

        def __init__(self) -> None:
            self._inflater = inflater()

        def decompress(self, packed: Any, most: int) -> bytes:
            """Inflate as much as it is let."""
            inflated.append(most)
            return self._inflater.decompress(packed, most)

        @property
        def eof(self) -> bool:
            """Whether the stream is whole."""
            return self._inflater.eof

    monkeypatch.setattr(zlib, "decompressobj", Counted)
    packed = zlib.compress(b"/Type /Page " + bytes(4 * 1024 * 1024))
    names = b"/ObjStm " * 16
    data = b"%%PDF-1.5\n5 0 obj\n<</Type%s/Filter/FlateDecode>>\nstream\n%s\nendstream\n" % (
        names,
        packed,
    )
    assert pdf_pages(data) >= 1
    assert len(inflated) == 1
    assert inflated[0] < 1024 * 1024, "a file inflates to so much of its own size at most"
