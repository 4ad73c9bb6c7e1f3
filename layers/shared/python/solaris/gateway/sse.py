"""Server-sent events, relayed byte for byte: whole frames go on as they arrive.

Only frames that may hold the usage, tell of an error or end the stream are parsed. The last frame
is handed out apart, so that the books can be told before the client is.

Real upstreams are not always by the specification, and are read all the same: a byte order mark,
a last frame without its blank line, a blank line between `event:` and `data:`, usage after
`[DONE]`, a frame of any length. Frames that one line break alone keeps apart are given the second
one, since no client could tell them apart either.
"""

import re
from dataclasses import dataclass

from solaris.gateway import tokenizer as tokens
from solaris.gateway.shapes.all import ApiShape
from solaris.gateway.shapes.base import parse_json
from solaris.gateway.shapes.usage import UsageScanner
from solaris.quota.usage import TokenCounts

# A frame longer than this is relayed in parts and searched for its usage: memory stays bounded.
MAX_FRAME_BYTES = 8 * 1024 * 1024
# Delivered bytes kept before they are counted; bounds the memory of one stream.
FOLD_BYTES = 32 * 1024
# Near a limit they are counted more often: a token has a byte at least.
SMALLEST_FOLD_BYTES = 512
# A frame's type stands in its first bytes.
_HEAD_BYTES = 256
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_FRAME_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
# OpenAI writes `"usage":null` into every frame but the one that states it
_USAGE = re.compile(rb'"usage"(?!\s*:\s*null)')
_REASON = re.compile(rb'_reason"\s*:\s*"')
_LAST_RESPONSE = re.compile(rb"response\.(?:completed|incomplete|failed|done)")
_ERROR = re.compile(rb'"error"(?!\s*:\s*null)')
# one whole data line that the next one follows without a blank line
_SINGLE_LINE = re.compile(rb"(data:[^\r\n]*)(?:\r\n|\n|\r)(?=data:)")


@dataclass(frozen=True, slots=True)
class Relayed:
    """Bytes to pass on now, and the last frame if it has come (pass it on after settling)."""

    now: bytes
    last: bytes | None = None


class SseRelay:
    """Follows one stream of one API shape; `feed` it what arrives.

    `usage` is what the upstream has stated so far, None while it has stated nothing;
    `usage_is_final` is True once it was stated together with the answer's end or after it;
    `usage_is_provisional` marks a first figure that a whole stream replaces.
    `error` is what the stream told of a failure, `model` who says to have answered.
    """

    def __init__(self, shape: ApiShape, *, hide_usage_frame: bool) -> None:
        self.usage: TokenCounts | None = None
        self.usage_is_final = False
        self.usage_is_provisional = False
        self.is_finished = False
        self.has_ended = False
        self.error: str | None = None
        self.model: str | None = None
        self.response_id: str | None = None
        self._shape = shape
        self._hide = hide_usage_frame
        self._partial = bytearray()
        self._has_begun = False
        self._has_frames = False
        self._giant: _GiantFrame | None = None

    @property
    def is_between_frames(self) -> bool:
        """False while a frame has been passed on in part: nothing may be put in between."""
        return self._giant is None

    def feed(self, chunk: bytes) -> Relayed:
        """Take a chunk, cut anywhere; returns whole frames, unchanged and in order.

        After the last frame it still reads what is stated, and returns nothing.
        """
        is_plain = not self._partial and self._has_frames and self._giant is None
        if is_plain and chunk.endswith(b"\n\n") and not self.has_ended and not _may_matter(chunk):
            return Relayed(chunk)
        relayed = self._feed_frames(chunk)
        return Relayed(b"") if self.has_ended and relayed.last is None else relayed

    def rest(self) -> bytes:
        """Return what is left when the upstream has ended: a frame without its blank line."""
        rest, self._partial = bytes(self._partial), bytearray()
        if self._giant is not None:
            self._take_giant(rest)
            return rest
        shown, is_last = self._inspect(rest) if rest else (True, False)
        if self.has_ended:
            return b""
        self.has_ended = is_last
        return rest if shown or is_last else b""

    def _feed_frames(self, chunk: bytes) -> Relayed:
        # a blank line may have begun in the bytes that were there before
        search_from = max(0, len(self._partial) - 3)
        data = self._partial
        data += chunk
        if not self._has_begun:
            if data in _BYTE_ORDER_MARK:
                return Relayed(b"")
            self._has_begun = True
            if data.startswith(_BYTE_ORDER_MARK):
                del data[: len(_BYTE_ORDER_MARK)]
        out: list[bytes] = []
        start = 0
        while end := _FRAME_END.search(data, max(start, search_from)):
            frame = bytes(data[start : end.end()])
            start = end.end()
            self._has_frames = True
            is_last = self._take(frame, out)
            if is_last and not self.has_ended:
                self.has_ended = True
                last = out.pop()
                del data[:start]
                self._feed_frames(b"")  # what follows may still state the usage
                return Relayed(b"".join(out), last=last)
        del data[:start]
        if not self._has_frames and (b"\n" in chunk or b"\r" in chunk):
            is_last = self._take_single_lines(out)
            if is_last:
                self.has_ended = True
                return Relayed(b"".join(out[:-1]), last=out[-1])
        if len(self._partial) > MAX_FRAME_BYTES or self._giant is not None:
            out.append(self._pass_part())
        return Relayed(b"".join(out))

    def _take(self, frame: bytes, out: list[bytes]) -> bool:
        """Look into a whole frame, put what is to be shown into `out`; True for the last one."""
        if self._giant is not None:
            is_last = self._take_giant(frame)
            out.append(frame)
            return is_last
        shown, is_last = self._inspect(frame)
        if shown:
            out.append(frame)
        return is_last

    def _take_single_lines(self, out: list[bytes]) -> bool:
        """Frames of a stream that has no blank lines at all: a line of JSON each."""
        data = self._partial
        while (line := _SINGLE_LINE.match(data)) is not None:
            content = line[1][5:].strip()
            if content != b"[DONE]" and _parsed(content) is None:
                break
            frame = bytes(line[1]) + b"\n\n"
            del data[: line.end()]
            if self._take(frame, out):
                return True
        return False

    def _pass_part(self) -> bytes:
        """Pass on what has come of a frame too long to keep, but for what may be its end."""
        if self._giant is None:
            self._giant = _GiantFrame(bytes(self._partial[:_HEAD_BYTES]))
        kept = 3  # the beginning of a blank line
        part = bytes(self._partial[:-kept])
        del self._partial[: len(part)]
        self._giant.usage.feed(part)
        return part

    def _take_giant(self, end: bytes) -> bool:
        giant, self._giant = self._giant, None
        if giant is None:
            return False
        giant.usage.feed(end)
        event, data = _fields(giant.head)
        found = giant.usage.found()
        if found is not None:
            value = self._shape.frame_of_usage(found)
            self._state(value)
        is_last = self._shape.is_terminal(event, data)
        if is_last and self.usage is not None:
            self.is_finished = self.usage_is_final = True
        return is_last

    def _inspect(self, frame: bytes) -> tuple[bool, bool]:
        """Return whether to show the frame, and whether it is the last one."""
        if not _may_matter(frame):
            return True, False
        event, data = _fields(frame)
        values = _values(data)
        hidden = self._hide and bool(values)
        for value in values:
            hidden = self._read(event, value) and hidden
        if any(self._shape.is_terminal(event, line) for line in data.split(b"\n")):
            self.is_finished = True
            self.usage_is_final = self.usage is not None and not self.usage_is_provisional
            return True, True
        return not hidden, False

    def _read(self, event: bytes, value: object) -> bool:
        """Read one parsed frame; True when it holds the usage and nothing of the answer."""
        told = self._shape.error_of_frame(value)
        if told is None and event == b"error":
            told = "error"
        if told is not None and self.error is None:
            self.error = told
        if self._shape.is_finish(value):
            self.is_finished = True
        self._state(value)
        return told is None and self._shape.is_usage_only(value)

    def _state(self, value: object) -> None:
        self.model = self._shape.model_of(value) or self.model
        self.response_id = self._shape.response_id_of(value) or self.response_id
        stated = self._shape.usage_of_frame(value, self.usage)
        if stated is None or stated is self.usage:
            return
        is_empty = not stated.total_tokens and self.usage is not None and self.usage.total_tokens
        if not is_empty:  # zeros after figures take nothing back
            self.usage = stated
            self.usage_is_final = self.is_finished or self.has_ended
            self.usage_is_provisional = self._shape.is_provisional(value)


class _GiantFrame:
    """A frame that is passed on in parts: its beginning, and its usage as far as it has come."""

    def __init__(self, head: bytes) -> None:
        self.head = head
        self.usage = UsageScanner()


class DeliveredText:
    """Counts the tokens of what was delivered, for an answer whose usage nobody states.

    Constant memory: bytes are counted and dropped every 32 kB, more often near `limit_tokens`.
    """

    def __init__(self, shape: ApiShape, limit_tokens: int | None = None) -> None:
        self._shape = shape
        self._limit = limit_tokens
        self._parts: list[bytes] = []
        self._size = 0
        self._counted = 0
        self._fold_at = self._next_fold()

    def add(self, delivered: bytes) -> None:
        """Remember bytes that went to the client."""
        self._parts.append(delivered)
        self._size += len(delivered)
        if self._size >= self._fold_at:
            self._fold()

    def add_within_limit(self, delivered: bytes) -> bytes:
        """Remember the frames up to the limit, and return them: what is beyond is not delivered.

        A chunk of the network may hold hundreds of frames.
        """
        limit = self._limit
        if limit is None or self._counted + self._size + len(delivered) <= limit:
            self.add(delivered)  # a token has a byte at least
            return delivered
        start = 0
        for end in _FRAME_END.finditer(delivered):
            self.add(delivered[start : end.end()])
            start = end.end()
            if self.is_over_limit:
                return delivered[:start]
        if start < len(delivered):
            self.add(delivered[start:])
        return delivered

    def raise_limit(self, limit_tokens: int) -> None:
        """So much may be delivered from now on."""
        self._limit = limit_tokens
        self._fold_at = self._next_fold()

    @property
    def is_over_limit(self) -> bool:
        """Whether more was delivered than the answer may be; never True too early."""
        return self._limit is not None and self._counted > self._limit

    def count_tokens(self) -> int:
        """Tokens delivered so far, by the tokenizer."""
        self._fold()
        return self._counted

    def _fold(self) -> None:
        data = b"".join(self._parts)
        self._parts = []
        self._size = 0
        texts: list[str] = []
        for frame in _FRAME_END.split(data):
            values = _values(_fields(frame)[1])
            texts.extend(self._shape.text_of_frame(value) for value in values)
        self._counted += tokens.count_tokens("".join(texts))
        self._fold_at = self._next_fold()

    def _next_fold(self) -> int:
        if self._limit is None:
            return FOLD_BYTES
        return max(SMALLEST_FOLD_BYTES, min(FOLD_BYTES, self._limit - self._counted))


def _may_matter(data: bytes) -> bool:
    """Cheap test: only a frame that may state usage, fail or end the stream is worth parsing.

    The answer's own text cannot fake a match of what is quoted: inside JSON its quotes are
    escaped. Each test begins with a search for plain bytes, which costs next to nothing.
    """
    return (
        (b'"usage"' in data and _USAGE.search(data) is not None)
        or (b'_reason"' in data and _REASON.search(data) is not None)
        or b"[DONE]" in data
        or (b'"error"' in data and _ERROR.search(data) is not None)
        or (b"response." in data and _LAST_RESPONSE.search(data) is not None)
        or b"message_stop" in data
        or b"event: error" in data
    )


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


def _values(data: bytes) -> list[object]:
    """What a frame's data holds: one value, or several that line breaks alone keep apart."""
    value = _parsed(data)
    if value is not None or b"\n" not in data:
        return [] if value is None else [value]
    return [one for one in map(_parsed, data.split(b"\n")) if one is not None]


def _parsed(data: bytes) -> object | None:
    if not data.lstrip(b" \t\r\n").startswith(b"{"):
        return None
    try:
        value: object = parse_json(data)
    except ValueError:
        return None
    return value
