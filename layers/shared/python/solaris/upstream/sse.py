"""Server-sent events, relayed byte for byte: whole frames go on as they arrive.

Only frames that may hold the usage or end the stream are parsed. The last frame is handed out
apart, so that the books can be told before the client is.
"""

import re
from dataclasses import dataclass

import orjson

from solaris.domain.usage import TokenCounts
from solaris.upstream import tokens
from solaris.upstream.shapes import ApiShape

# A frame longer than this is relayed in parts and not parsed: memory stays bounded.
MAX_FRAME_BYTES = 8 * 1024 * 1024
# Delivered bytes kept before they are counted; bounds the memory of one stream.
FOLD_BYTES = 32 * 1024

_FRAME_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
# OpenAI writes `"usage":null` into every frame but the one that states it
_INTERESTING = re.compile(
    rb'"usage"(?!\s*:\s*null)|\[DONE\]|response\.(?:completed|incomplete|failed)|message_stop'
)


@dataclass(frozen=True, slots=True)
class Relayed:
    """Bytes to pass on now, and the last frame if it has come (pass it on after settling)."""

    now: bytes
    last: bytes | None = None


class SseRelay:
    """Follows one stream of one API shape; `feed` it what arrives.

    `usage` is what the upstream has stated so far, None while it has stated nothing;
    `usage_is_final` is False while it is a first figure that later frames replace.
    """

    def __init__(self, shape: ApiShape, *, hide_usage_frame: bool) -> None:
        self.usage: TokenCounts | None = None
        self.usage_is_final = False
        self._shape = shape
        self._hide = hide_usage_frame
        self._partial = bytearray()
        self._ended = False

    def feed(self, chunk: bytes) -> Relayed:
        """Take a chunk, cut anywhere; returns whole frames, unchanged and in order."""
        if self._ended:
            return Relayed(b"")
        if not self._partial and chunk.endswith(b"\n\n") and not _may_matter(chunk):
            return Relayed(chunk)
        return self._feed_frames(chunk)

    def rest(self) -> bytes:
        """Return what is left when the upstream has ended: a frame without its blank line."""
        rest, self._partial = bytes(self._partial), bytearray()
        return rest

    def _feed_frames(self, chunk: bytes) -> Relayed:
        # a blank line may have begun in the bytes that were there before
        search_from = max(0, len(self._partial) - 3)
        data = self._partial
        data += chunk
        out: list[bytes] = []
        start = 0
        while end := _FRAME_END.search(data, max(start, search_from)):
            frame = bytes(data[start : end.end()])
            start = end.end()
            shown, is_last = self._inspect(frame)
            if is_last:
                self._ended = True
                self._partial = bytearray()
                return Relayed(b"".join(out), last=frame)
            if shown:
                out.append(frame)
        del data[:start]
        if len(self._partial) > MAX_FRAME_BYTES:
            out.append(self.rest())
        return Relayed(b"".join(out))

    def _inspect(self, frame: bytes) -> tuple[bool, bool]:
        """Return whether to show the frame, and whether it is the last one."""
        if not _may_matter(frame):
            return True, False
        event, data = _fields(frame)
        value = _parsed(data)
        if value is not None:
            stated = self._shape.usage_of_frame(value, self.usage)
            if stated is not self.usage:
                self.usage = stated
                self.usage_is_final = not self._shape.is_provisional(value)
        if self._shape.is_terminal(event, data):
            return True, True
        hidden = self._hide and value is not None and self._shape.is_usage_only(value)
        return not hidden, False


class DeliveredText:
    """Counts the tokens of what was delivered, for an answer whose usage nobody states.

    Constant memory: bytes are counted and dropped every 32 kB.
    """

    def __init__(self, shape: ApiShape) -> None:
        self._shape = shape
        self._parts: list[bytes] = []
        self._size = 0
        self._counted = 0

    def add(self, delivered: bytes) -> None:
        """Remember bytes that went to the client."""
        self._parts.append(delivered)
        self._size += len(delivered)
        if self._size >= FOLD_BYTES:
            self._fold()

    def count_tokens(self) -> int:
        """Tokens delivered so far, by the tokenizer (characters / 4 while it is loading)."""
        self._fold()
        return self._counted

    def _fold(self) -> None:
        data = b"".join(self._parts)
        self._parts = []
        self._size = 0
        texts = []
        for frame in _FRAME_END.split(data):
            value = _parsed(_fields(frame)[1])
            if value is not None:
                texts.append(self._shape.text_of_frame(value))
        self._counted += _count("".join(texts))


def _count(text: str) -> int:
    if tokens.is_loaded():
        return tokens.count_tokens(text)
    tokens.warm_up()
    return -(-len(text) // 4)


def _may_matter(data: bytes) -> bool:
    """Cheap test: only a frame that may state usage or end the stream is worth parsing.

    The answer's own text cannot fake a match: inside JSON its quotes are escaped.
    """
    return _INTERESTING.search(data) is not None


def _fields(frame: bytes) -> tuple[bytes, bytes]:
    """Return event name and data of one frame, by the rules of the SSE specification."""
    event = b""
    data: list[bytes] = []
    for line in frame.splitlines():
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif line.startswith(b"event:"):
            event = line[6:].strip()
    return event, b"\n".join(data)


def _parsed(data: bytes) -> object | None:
    if not data.lstrip(b" \t\r\n").startswith(b"{"):
        return None
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value
