"""How much structure a body of JSON has, told before it is parsed. Pure.

A parser makes an object of every bracket, name and item: 20 MB of `[[],[],…]` are seven million
lists, three seconds with the interpreter locked, 460 MB. The same 20 MB as one text (a picture, a
book) take 30 ms. So the signs are counted first, which takes 1.5 ms a MB, and bounded:

    at the bound (measured)         parsed in   memory
    50,000 lists or objects            4-9 ms     6 MB
    100,000 names in objects            27 ms     5 MB
    500,000 numbers or texts         6-55 ms    25 MB

Texts hold brackets, commas and colons too. What is over a bound by the plain count is therefore
counted again without its texts, so that a long text of code or JSON is never refused for them.
"""

SMALL_BYTES = 32 * 1024
"""A body up to here cannot hold enough to matter, and is not looked at."""

MAX_CONTAINERS = 50_000
MAX_NAMES = 100_000
MAX_ITEMS = 500_000
"""An array of 300,000 token ids, the most that an embedding takes, fits in."""

MAX_TEXTS = 2 * MAX_ITEMS


def has_bounded_structure(data: bytes) -> bool:
    """Whether parsing `data` takes a bounded time; True says nothing about its being JSON."""
    if len(data) <= SMALL_BYTES or _is_bounded(data):
        return True
    # an escaped quote ends no text; what is left between every second pair of quotes is no text
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    if plain.count(b'"') > 2 * MAX_TEXTS:
        return False
    return _is_bounded(b"".join(plain.split(b'"')[::2]))


def _is_bounded(data: bytes) -> bool:
    return (
        data.count(b"[") + data.count(b"{") <= MAX_CONTAINERS
        and data.count(b":") <= MAX_NAMES
        and data.count(b",") <= MAX_ITEMS
    )
