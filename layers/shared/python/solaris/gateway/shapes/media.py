"""Where each API keeps the media of a message part, and what of them is only named.

Chat: `image_url`, `input_audio`, `file`. Responses: `input_image`, `input_file`. Messages: `image`,
`document`, each with a `source`. Parts come from untrusted clients: whatever has another type than
expected is passed over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from solaris.gateway.body.media import Kind, is_url

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(
            ("image", "image_url", "input_image", "computer_screenshot", "image_generation_call"),
            Kind.IMAGE,
        ),
        **dict.fromkeys(("audio", "audio_url", "input_audio"), Kind.AUDIO),
        **dict.fromkeys(("video", "video_url", "input_video"), Kind.VIDEO),
        **dict.fromkeys(("container_upload", "document", "file", "input_file", "media"), Kind.FILE),
    }
)
# Objects within a part that hold what other APIs write into the part itself.
_HOLDERS = (
    *("source", "image_url", "file", "input_audio", "audio", "audio_url", "video", "video_url"),
    *("input_image", "input_file", "input_video", "image"),
)
# Fields that hold data or an address; `result` is that of a generated image.
_CONTENTS = (
    *("data", "file_data", "url", "image_url", "file_url", "audio_url", "video_url", "result"),
    *("input_audio", "image", "audio", "video", "file", "source", "bytes"),
)
_MEDIA_TYPES = ("media_type", "mime_type", "mimeType", "format")
_NAMES = ("filename", "name", "title")


@dataclass(frozen=True, slots=True)
class MediaPart:
    """What a part holds: `data` to be weighed, `urls` and `file_ids` that only name it."""

    kind: Kind
    data: tuple[str, ...]
    urls: tuple[str, ...]
    file_ids: tuple[str, ...]
    media_type: str
    name: str
    detail: str


def media_part(part: Mapping[str, object]) -> MediaPart | None:
    """Return the media of a part; None for a part that is none, or whose text is in the open."""
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _KINDS or _is_open_document(part):
        return None
    inner = (part.get(key) for key in _HOLDERS)
    holders = [part, *(one for one in inner if isinstance(one, dict))]
    contents = [one for holder in holders for one in _strings(holder, _CONTENTS)]
    return MediaPart(
        kind=_KINDS[kind],
        data=tuple(one for one in contents if not is_url(one)),
        urls=tuple(one for one in contents if is_url(one)),
        file_ids=tuple(one for holder in holders for one in _strings(holder, ("file_id",))),
        media_type=_first(holders, _MEDIA_TYPES),
        name=_first(holders, _NAMES),
        detail=_first(holders, ("detail",)),
    )


def _is_open_document(part: Mapping[str, object]) -> bool:
    """True for Anthropic's documents of plain text or of blocks."""
    source = part.get("source")
    return isinstance(source, dict) and source.get("type") in ("text", "content")


def _strings(holder: Mapping[str, object], keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        value = holder.get(key)
        if isinstance(value, str) and value:
            yield value


def _first(holders: list[Mapping[str, object]], keys: tuple[str, ...]) -> str:
    return next((one for holder in holders for one in _strings(holder, keys)), "")
