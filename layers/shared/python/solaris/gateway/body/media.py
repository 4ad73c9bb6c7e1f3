"""What media in a prompt weigh: images, PDFs, sound, film and files, by their own first bytes.

Data come from untrusted clients: nothing here raises, what a client calls a thing is believed only
where its bytes do not tell, and no more is decoded than the answer needs: the head of an image,
all of a PDF or a text. Where a figure is an average its dear end is taken.
"""

import binascii
import codecs
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from solaris.gateway.body.image_size import image_size, is_image
from solaris.gateway.body.image_tokens import image_tokens
from solaris.gateway.body.pdf_pages import pages_by_size, pdf_pages
from solaris.gateway.models.facts import ImageFamily

# Anthropic, "PDF support": 1,500 to 3,000 tokens a page. Measured, text and picture together:
# 2,481 for a page of a table (huggingface.co/datasets/JOHNISKING/pdf-token-cost), less with Gemini
# (258 to 1,120 a page) and OpenAI.
PDF_PAGE_TOKENS = 3_000

# ai.google.dev/gemini-api/docs/tokens: 32 a second of sound, the dearest documented (OpenAI's
# "Managing costs": 10 a second of a user's sound; Voxtral 12.5; Qwen 25).
AUDIO_TOKENS_A_SECOND = 32
# The same page: 263 a second of film, about 300 with its sound.
VIDEO_TOKENS_A_SECOND = 300
MOST_MEDIA_TOKENS = 1_048_576  # the largest context that takes sound or film, Gemini's

# Speech as messengers send it (Opus); what is encoded lower is undercounted.
AUDIO_BYTES_A_SECOND = 16_000 // 8
# OpenAI's `pcm16`: 24 kHz, one channel, 16 bits (Realtime API reference).
PCM16_BYTES_A_SECOND = 24_000 * 2
# A talking head at the lowest rate of video conferences.
VIDEO_BYTES_A_SECOND = 256_000 // 8
_LEAST_SAMPLES_A_SECOND, _MOST_SAMPLES_A_SECOND = 1_000, 384_000
_MOST_CHANNELS = 8

# Files whose text cannot be read here (docx, xlsx, zip …): as if they were text uncompressed. Not
# from a document: compression and markup are taken to outweigh each other.
BYTES_A_TOKEN_OF_UNREADABLE_FILE = 4

_HEAD_CHARACTERS = 64 * 1024
# A JPEG says its size behind its colour profile and its preview.
_LONG_HEAD_CHARACTERS = 2 * 1024 * 1024
_URL_HEAD_CHARACTERS = 1_000
_LABEL_CHARACTERS = 200
_PDF_MAGIC_BYTES = 1_024  # ISO 32000-1, annex H: readers look that far
_WAV_HEAD_BYTES = 44

_URL = re.compile(r"(?!data:)[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_URL_SAFE = str.maketrans("-_", "+/")
_TEXT_TYPES = re.compile(r"text/|application/(?:[\w.+-]*(?:json|xml|yaml|csv|javascript|sql|toml))")
_TEXT_NAMES = re.compile(
    r".*\.(?:txt|md|csv|tsv|json|jsonl|xml|html?|ya?ml|toml|log|sql|py|js|ts|css|java|c|cpp|h|sh)"
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_AUDIO_MAGIC = (b"ID3", b"fLaC", b"OggS", b"#!AMR", b"FORM")
_FILM_MAGIC = (b"\x1aE\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")


class Kind(StrEnum):
    """What a part of a message says that it is."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Media:
    """Tokens of one thing, and its text where that is what the model reads."""

    tokens: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Payload:
    """Bytes as a client sends them, base64 or percent-encoded, with what it calls them."""

    encoded: str
    media_type: str
    is_base64: bool = True

    def head(self, characters: int = _HEAD_CHARACTERS) -> bytes:
        """Decode the first bytes; empty where nothing can be decoded."""
        if not self.is_base64:
            return _unquoted(self.encoded[:characters])
        return _base64_within(self.encoded[:characters])

    def whole(self) -> bytes | None:
        """Decode everything; None where less than half of it is base64."""
        if not self.is_base64:
            return _unquoted(self.encoded)
        try:
            data = binascii.a2b_base64(_standard(self.encoded) + "==")
        except ValueError:
            data = b""
        # it stops at padding within, where an upstream's decoder may go on
        if (len(data) + 3) * 2 < len(self.encoded):
            data = _base64_within(self.encoded)
        return data if (len(data) + 3) * 2 >= len(self.encoded) else None

    @property
    def size(self) -> int:
        """Its size in bytes, decoded; without decoding it, so an upper bound."""
        return len(self.encoded) * 3 // 4 if self.is_base64 else len(self.encoded)


def is_url(value: str) -> bool:
    """True for an address (`https://…`, `gs://…`), false for data and `data:` URLs."""
    return _URL.match(value) is not None


def measure(
    data: str,
    kind: Kind,
    family: ImageFamily,
    *,
    media_type: str = "",
    name: str = "",
    detail: str = "auto",
) -> Media:
    """Weigh media that a body carries itself, as a `data:` URL or as base64.

    `media_type` and `name` are what the client says of them, `detail` its wish for an image.
    """
    payload = _payload(data, media_type[:_LABEL_CHARACTERS].lower())
    head = payload.head()
    if b"%PDF-" in head[:_PDF_MAGIC_BYTES] or payload.media_type == "application/pdf":
        return Media(_pdf_tokens(payload))
    if is_image(head):
        return Media(_image_tokens(payload, head, family, detail))
    kind = _kind(head, kind, payload.media_type)
    if kind is Kind.IMAGE:
        return Media(image_tokens(family, image_size(head), detail))
    if kind is Kind.AUDIO:
        return Media(_audio_tokens(payload, head))
    if kind is Kind.VIDEO:
        return Media(_seconds_tokens(payload.size, VIDEO_BYTES_A_SECOND, VIDEO_TOKENS_A_SECOND))
    return _file(payload, head, name[-_LABEL_CHARACTERS:].lower())


def _standard(encoded: str) -> str:
    """Return base64 with the alphabet of addresses as the ordinary one."""
    return encoded.translate(_URL_SAFE) if "-" in encoded or "_" in encoded else encoded


def _base64_within(encoded: str) -> bytes:
    """Decode what is base64 of a text, whole groups of four, and pass over the rest."""
    clean = _NOT_BASE64.sub("", _standard(encoded))
    return binascii.a2b_base64(clean[: len(clean) // 4 * 4])


def _unquoted(encoded: str) -> bytes:
    return unquote_to_bytes(encoded.encode("utf-8", "replace"))


def _payload(data: str, media_type: str) -> _Payload:
    if data[:5].lower() != "data:":
        return _Payload(data, media_type)
    comma = data.find(",", 0, _URL_HEAD_CHARACTERS)
    if comma < 0:
        return _Payload(data, media_type)
    stated, *parameters = data[5:comma].lower().split(";")
    is_base64 = "base64" in (parameter.strip() for parameter in parameters)
    return _Payload(data[comma + 1 :], stated.strip() or media_type, is_base64)


def _kind(head: bytes, kind: Kind, media_type: str) -> Kind:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return Kind.AUDIO
    if (head[:4] == b"RIFF" and head[8:12] == b"AVI ") or head.startswith(_FILM_MAGIC):
        return Kind.VIDEO
    if head[4:8] == b"ftyp":
        return Kind.AUDIO if head[8:11] == b"M4A" else Kind.VIDEO
    if head.startswith(_AUDIO_MAGIC):
        return Kind.AUDIO
    stated = media_type.partition("/")[0]
    return Kind(stated) if stated in ("audio", "video", "image") else kind


def _pdf_tokens(payload: _Payload) -> int:
    data = payload.whole()
    return PDF_PAGE_TOKENS * (pages_by_size(payload.size) if data is None else pdf_pages(data))


def _image_tokens(payload: _Payload, head: bytes, family: ImageFamily, detail: str) -> int:
    size = image_size(head)
    if size is None and len(payload.encoded) > _HEAD_CHARACTERS:
        size = image_size(payload.head(_LONG_HEAD_CHARACTERS))
    return image_tokens(family, size, detail)


def _audio_tokens(payload: _Payload, head: bytes) -> int:
    rate = AUDIO_BYTES_A_SECOND
    if payload.media_type in ("pcm16", "audio/pcm16"):
        rate = PCM16_BYTES_A_SECOND
    elif head[:4] == b"RIFF" and len(head) >= _WAV_HEAD_BYTES:
        rate = _wav_bytes_a_second(head) or AUDIO_BYTES_A_SECOND
    return _seconds_tokens(payload.size, rate, AUDIO_TOKENS_A_SECOND)


def _wav_bytes_a_second(head: bytes) -> int | None:
    """By samples, channels and bits of a WAV's `fmt ` chunk; None where they make no sense.

    The chunk's own byte rate and the data's length are left alone: players do not read them.
    """
    at = head.find(b"fmt ", 12)
    if at < 0 or len(head) < at + 24:
        return None
    channels = int.from_bytes(head[at + 10 : at + 12], "little")
    samples = int.from_bytes(head[at + 12 : at + 16], "little")
    bits = int.from_bytes(head[at + 22 : at + 24], "little")
    if not 1 <= channels <= _MOST_CHANNELS or bits not in (8, 16, 24, 32):
        return None
    if not _LEAST_SAMPLES_A_SECOND <= samples <= _MOST_SAMPLES_A_SECOND:
        return None
    return channels * samples * bits // 8


def _seconds_tokens(size: int, bytes_a_second: int, tokens_a_second: int) -> int:
    return min(MOST_MEDIA_TOKENS, -(-size * tokens_a_second // bytes_a_second))


def _file(payload: _Payload, head: bytes, name: str) -> Media:
    stated = _TEXT_TYPES.match(payload.media_type) or _TEXT_NAMES.fullmatch(name)
    if stated or head[:2] in (b"\xff\xfe", b"\xfe\xff") or _looks_like_text(head):
        data = payload.whole()
        if data is not None:
            return Media(text=_decoded(data))
    return Media(-(-payload.size // BYTES_A_TOKEN_OF_UNREADABLE_FILE))


def _looks_like_text(head: bytes) -> bool:
    """Bytes without control characters, UTF-8 or mostly ASCII: Latin-1 is text, too."""
    if not head or len(head.translate(None, _CONTROL)) < len(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # its last character may be cut
    except UnicodeDecodeError:
        return sum(not byte & 0x80 for byte in head) * 3 >= len(head) * 2
    return True


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return data.decode(encoding, "replace")
