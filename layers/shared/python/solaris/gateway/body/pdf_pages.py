"""How many pages a PDF has, without a PDF library: page objects, counted in its bytes.

ISO 32000-1, 7.7.3.3: each page is an object with `/Type /Page`, in the open or inside a compressed
object stream (7.5.7); the tree above them has `/Type /Pages` and says `/Count`. Names may be
written with escapes (`/P#61ge`, 7.3.5), which only somebody with something to hide does. The
bytes come from untrusted clients: nothing here raises, and what is inflated is bounded.
"""

import re
import zlib

MOST_PAGES = 1_000  # Gemini takes that many; Anthropic 600, OpenAI by size
BYTES_A_PAGE = 10_000  # a page of text alone, compressed; scanned ones have more
_MOST_STREAMS = 10_000
_MOST_TREE_NODES = 1_000
_MOST_BYTES = 64 * 1024 * 1024  # packed and inflated together
_MOST_INFLATED_A_BYTE = 64  # of a file: real object streams pack to a fifth or a tenth
_LEAST_WORK_BYTES = 256 * 1024
_MOST_BYTES_A_STREAM = 4 * 1024 * 1024
_DICTIONARY_BYTES = 1_000


_PAGE = re.compile(rb"/Type[\s\x00]*/Page(?![A-Za-z0-9#])")
_PAGES = re.compile(rb"/Type[\s\x00]*/Pages(?![A-Za-z0-9#])")
_COUNT = re.compile(rb"/Count[\s\x00]*(\d{1,7})")
_OBJECT_STREAM = re.compile(rb"/ObjStm(?![A-Za-z0-9#])")
_STREAM = re.compile(rb"stream\r?\n")
_PLAIN_FLATE = re.compile(rb"/FlateDecode[\s\x00]*[\]/>]")
# A letter of one of these names as an escape; fonts escape spaces and commas.
_LETTERS = b"".join(b"|%02x|%02X" % (letter, letter) for letter in sorted(set(b"TypePagesObjStm")))
_ESCAPED = re.compile(rb"/[A-Za-z]{0,6}#(?:" + _LETTERS[1:] + rb")")


def pdf_pages(data: bytes) -> int:
    """Return how many pages are counted for a PDF, 1 to 1,000, never below what it shows.

    Where no page can be read, or part of the file cannot (encrypted, unusual filters, names in
    escapes, more than the bounds allow), the size counts too, at 10 kB a page.
    """
    pages, whole, worked_bytes = _pages_in(data), _ESCAPED.search(data) is None, 0
    seen: set[int] = set()
    most = min(_MOST_BYTES, _MOST_INFLATED_A_BYTE * len(data) + _LEAST_WORK_BYTES)
    for number, found in enumerate(_OBJECT_STREAM.finditer(data)):
        if number >= _MOST_STREAMS or worked_bytes >= most:
            whole = False
            break
        stream = _STREAM.search(data, found.end(), found.end() + _DICTIONARY_BYTES)
        if stream is not None and stream.end() in seen:
            continue  # the same stream, named twice
        if stream is not None:
            seen.add(stream.end())
        objects, complete, worked = _inflated(data, found.end(), most - worked_bytes)
        pages += _pages_in(objects)
        whole = whole and complete
        worked_bytes += worked
    pages = max(pages, _stated_pages(data))
    if not pages or not whole:
        pages = max(pages, pages_by_size(len(data)))
    return max(1, min(MOST_PAGES, pages))


def pages_by_size(size: int) -> int:
    """Return the pages of a PDF of `size` bytes of which nothing else is known, 1 to 1,000."""
    return max(1, min(MOST_PAGES, -(-size // BYTES_A_PAGE)))


def _pages_in(data: bytes) -> int:
    return sum(1 for _ in _PAGE.finditer(data))


def _stated_pages(data: bytes) -> int:
    """The largest `/Count` near a `/Type /Pages`: bookmarks have counts of their own."""
    stated = 0
    for number, found in enumerate(_PAGES.finditer(data)):
        if number >= _MOST_TREE_NODES:
            break
        start = max(0, found.start() - _DICTIONARY_BYTES)
        for count in _COUNT.finditer(data, start, found.end() + _DICTIONARY_BYTES):
            stated = max(stated, int(count[1]))
    return stated


def _inflated(data: bytes, at: int, most_bytes: int) -> tuple[bytes, bool, int]:
    """Return the objects of the stream whose dictionary holds `at`, if all, and bytes worked on."""
    stream = _STREAM.search(data, at, at + _DICTIONARY_BYTES)
    if stream is None:
        return b"", False, 0
    first = max(0, data.rfind(b"obj", max(0, at - _DICTIONARY_BYTES), at))
    dictionary = data[first : stream.start()]
    if b"/Filter" not in dictionary:
        return b"", True, 0  # counted in the open already
    if _PLAIN_FLATE.search(dictionary) is None or b"/Predictor" in dictionary:
        return b"", False, 0
    start, most = stream.end(), stream.end() + _MOST_BYTES_A_STREAM
    end = data.find(b"endstream", start, most)
    inflater = zlib.decompressobj()
    packed = memoryview(data)[start : end if end >= 0 else most]
    try:
        objects = inflater.decompress(packed, min(_MOST_BYTES_A_STREAM, max(1, most_bytes)))
    except zlib.error:
        return b"", False, len(packed)
    return objects, inflater.eof, len(packed) + len(objects)
