"""Images, PDFs and sound of a few lines, as small as their headers allow."""

import base64
import struct
import zlib


def data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def png(width: int, height: int) -> bytes:
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    checked = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(head))
        + checked
        + struct.pack(">I", zlib.crc32(checked))
        + bytes(40)
    )


def jpeg(width: int, height: int, *, before: int = 0) -> bytes:
    """A JPEG whose frame comes behind `before` segments of 60,000 bytes."""
    profile = b"\xff\xe2" + struct.pack(">H", 60_002) + bytes(60_000)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + profile * before + frame + bytes(40)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(40)


def webp(width: int, height: int, kind: bytes) -> bytes:
    if kind == b"VP8 ":
        chunk = bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    elif kind == b"VP8L":
        chunk = b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14)
    else:
        chunk = bytes(4) + b"".join(struct.pack("<I", side - 1)[:3] for side in (width, height))
    body = b"WEBP" + kind + struct.pack("<I", len(chunk)) + chunk + bytes(40)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wav(seconds: int, *, rate: int = 16_000, channels: int = 1) -> bytes:
    data = bytes(seconds * rate * channels * 2)
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data\xff\xff\xff\xff" + data
    return b"RIFF" + struct.pack("<I", len(body) % 2**32) + body


def pdf(pages: int, *, size: int = 0) -> bytes:
    """A PDF with its page objects in the open and pictures up to `size` bytes."""
    objects = [
        b"%d 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>\nendobj\n" % (number + 3)
        for number in range(pages)
    ]
    tree = b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count %d>>\nendobj\n" % pages
    start = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n" + tree + b"".join(objects)
    picture = bytes(range(256)) * (max(0, size - len(start)) // 256)
    return start + b"9 0 obj\n<</Length 1>>\nstream\n" + picture + b"\nendstream\nendobj\n%%EOF"


def packed_pdf(pages: int, *, filters: bytes = b"/FlateDecode", a_stream: int = 40) -> bytes:
    """A PDF 1.5 whose page objects are in object streams, and whose tree hides its count there."""
    streams = []
    for first in range(0, pages, a_stream):
        count = min(a_stream, pages - first)
        packed = zlib.compress(b"<</Type /Page/Parent 2 0 R>>" * count)
        streams.append(
            b"%d 0 obj\n<</Type/ObjStm/N %d/First 9/Filter%s/Length %d>>\nstream\r\n%s\nendstream\n"
            % (first + 5, count, filters, len(packed), packed)
        )
    return b"%PDF-1.5\n" + b"".join(streams) + b"%%EOF"
