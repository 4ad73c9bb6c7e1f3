"""Width and height of an image from its first bytes, without decoding it.

The bytes come from untrusted clients: every reader checks lengths before it looks, and says None
for what it does not understand. Formats: PNG (W3C, IHDR), GIF89a, WebP (RFC 9649: VP8, VP8L,
VP8X), JPEG (ITU T.81, B.2: a start of frame after any number of segments), BMP.
"""

import struct

Size = tuple[int, int]

LARGEST_SIDE = 100_000
_MOST_SEGMENTS = 1_000

_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_JPEG_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})  # C0 to CF are frames, but for these
_JPEG_SCAN = 0xDA


def image_size(head: bytes) -> Size | None:
    """Return (width, height) in pixels; None when these bytes do not tell."""
    size: Size | None = None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        size = _unpacked(head, ">II", 16)
    elif head.startswith((b"GIF87a", b"GIF89a")):
        size = _unpacked(head, "<HH", 6)
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        size = _webp_size(head)
    elif head.startswith(b"\xff\xd8"):
        size = _jpeg_size(head)
    elif head.startswith(b"BM"):
        size = _unpacked(head, "<ii", 18)
        size = size and (abs(size[0]), abs(size[1]))
    if size is None or not (0 < size[0] <= LARGEST_SIDE and 0 < size[1] <= LARGEST_SIDE):
        return None
    return size


def is_image(head: bytes) -> bool:
    """True for the first bytes of PNG, JPEG, GIF or WebP."""
    return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or (
        head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    )


def _unpacked(head: bytes, form: str, at: int) -> Size | None:
    if len(head) < at + struct.calcsize(form):
        return None
    first, second = struct.unpack_from(form, head, at)
    return int(first), int(second)


def _webp_size(head: bytes) -> Size | None:
    if len(head) < 30:  # noqa: PLR2004 - RIFF, chunk and frame header
        return None
    kind = head[12:16]
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and head[20] == 0x2F:  # noqa: PLR2004 - its signature
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return (
            int.from_bytes(head[24:27], "little") + 1,
            int.from_bytes(head[27:30], "little") + 1,
        )
    return None


def _jpeg_size(head: bytes) -> Size | None:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        while head[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if len(head) < at + 9 or head[at] != 0xFF:  # noqa: PLR2004 - every marker begins so
            return None
        marker = head[at + 1]
        if marker in _JPEG_ALONE:
            at += 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _JPEG_NO_FRAME:  # noqa: PLR2004 - frames
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        if marker == _JPEG_SCAN:
            return None
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        if length < 2:  # noqa: PLR2004 - a length counts itself
            return None
        at += 2 + length
    return None
