"""How much structure a body of JSON has, told while it arrives and before it is parsed. Pure.

A parser makes an object of every bracket, name and item: 20 MB of `[[],[],…]` are seven million
lists, three seconds with the interpreter locked, 460 MB. The same 20 MB as one text (a picture, a
book) take 30 ms. So the signs outside of texts are counted, and bounded:

    at the bound (orjson, the CPU time of the best of five)
    20,000 lists or objects    1.4-3 ms
    50,000 names in objects     10 ms
    500,000 numbers or texts    8-58 ms, 27 MB
    a number of 6 MB            11 ms

Signs inside texts are none: a long text of code or of JSON is never refused for them. Everything
is done by the C functions of `bytes`, a part at a time, and ends with the part that goes too far.
"""

SMALL_BYTES = 32 * 1024
"""A body up to here cannot hold enough to matter, and is not looked at."""

MAX_CONTAINERS = 20_000
MAX_NAMES = 50_000
MAX_ITEMS = 500_000
"""An array of 300,000 token ids, the most that an embedding takes, fits in."""

MANY_PARTS = 4_000
MANY_ITEMS = 20_000
"""Over these a body takes some 5 ms and more to read and weigh, however few bytes it has."""

MAX_PLAIN_BYTES = 6 * 1024 * 1024
"""Outside of texts: a number of 19 MB is one item, and at least 32 ms."""

_PART_BYTES = 256 * 1024
_BACKSLASH = b"\\"


class Structure:
    """Counts the signs of one body; `is_bounded` is False once there are too many."""

    __slots__ = (
        *("_containers", "_held", "_in_text", "_items", "_names", "_plain", "_quotes"),
        "is_bounded",
    )

    def __init__(self) -> None:
        self._containers = self._names = self._items = self._quotes = self._plain = 0
        self._in_text = False
        self._held = b""
        self.is_bounded = True

    @property
    def has_many_parts(self) -> bool:
        """Whether what is done for each part of it takes longer than an event loop may."""
        return self._containers + self._names > MANY_PARTS or self._items > MANY_ITEMS

    def feed(self, part: bytes) -> bool:
        """Count the next part; return whether all so far is bounded."""
        data = self._held + part
        # half an escape waits for its other half
        backslashes = len(data) - len(data.rstrip(_BACKSLASH))
        self._held = _BACKSLASH if backslashes % 2 else b""
        if self._held:
            data = data[:-1]
        # an escaped quote ends no text; of what is left, every second piece is no text
        pieces = data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        plain = b"".join(pieces[1 if self._in_text else 0 :: 2])
        quotes = len(pieces) - 1
        self._in_text ^= bool(quotes % 2)
        self._quotes += quotes
        self._plain += len(plain)
        self._containers += plain.count(b"[") + plain.count(b"{")
        self._names += plain.count(b":")
        self._items += plain.count(b",")
        self.is_bounded = (
            self._containers <= MAX_CONTAINERS
            and self._names <= MAX_NAMES
            and self._items <= MAX_ITEMS
            and self._plain <= MAX_PLAIN_BYTES
            and self._quotes <= 2 * (MAX_ITEMS + MAX_NAMES)
        )
        return self.is_bounded


def has_bounded_structure(data: bytes) -> bool:
    """Whether parsing `data` takes a bounded time; True says nothing about its being JSON."""
    if len(data) <= SMALL_BYTES:
        return True
    structure = Structure()
    starts = range(0, len(data), _PART_BYTES)
    return all(structure.feed(data[start : start + _PART_BYTES]) for start in starts)
