"""What media weigh: by their bytes, whatever they are called; nothing a client sends raises."""

import base64
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.gateway.body.media import Kind, Media, is_url, measure
from solaris.gateway.models.facts import ImageFamily
from tests.unit.gateway.media_support import data_url, gif, jpeg, packed_pdf, pdf, png, wav, webp

GPT_4O = ImageFamily.GPT_4O


def weigh(data: str, kind: Kind = Kind.FILE, **said: str) -> Media:
    return measure(data, kind, GPT_4O, **said)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("media_type", ["image/png", "application/pdf-not", "text/plain", ""])
def test_bytes_tell_more_than_labels(kind: Kind, media_type: str) -> None:
    assert weigh(data_url(png(512, 512), media_type), kind) == Media(255)
    assert weigh(data_url(packed_pdf(9), media_type), kind) == Media(27_000)
    assert weigh(data_url(wav(60), media_type), kind) == Media(60 * 32 + 1)


@pytest.mark.parametrize("image", [png(900, 700), gif(900, 700), webp(900, 700, b"VP8L")])
def test_base64_is_read_as_it_comes(image: bytes) -> None:
    plain = base64.b64encode(image).decode()
    lines = "\r\n".join(plain[at : at + 76] for at in range(0, len(plain), 76))
    safe = base64.urlsafe_b64encode(image).decode().rstrip("=")
    for data in (plain, lines, safe, f"data:;base64,{plain}", f"DATA:image/x;a=b;BASE64,{plain}"):
        assert weigh(data, Kind.IMAGE) == Media(765)


def test_the_size_of_a_photo_is_behind_its_colour_profile() -> None:
    assert weigh(data_url(jpeg(512, 512, before=12), "image/jpeg")) == Media(255)


def test_an_image_that_tells_no_size_is_the_largest() -> None:
    largest = Media(85 + 8 * 170)
    assert weigh("", Kind.IMAGE) == weigh("?" * 900, Kind.IMAGE) == largest
    assert weigh(data_url(b"<svg/>", "image/svg+xml")) == largest
    assert weigh(data_url(jpeg(512, 512)[:2] + b"\xff\xda" * 99, "image/jpeg")) == largest


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (data_url("a;b\ncção".encode(), "text/csv"), {}),
        (data_url("a;b\ncção".encode(), "application/octet-stream"), {}),
        (data_url("a;b\ncção".encode("utf-16"), "text/csv"), {}),
        ("data:text/plain,a%3Bb%0Acção", {}),
        (base64.b64encode("a;b\ncção".encode()).decode(), {"media_type": "application/ld+json"}),
        (base64.b64encode("a;b\ncção".encode()).decode(), {"name": "B.CSV"}),
    ],
)
def test_a_text_file_is_its_text(data: str, said: dict[str, Any]) -> None:
    weighed = weigh(data, **said)
    assert weighed.tokens == 0
    assert weighed.text.lstrip("\ufeff") == "a;b\ncção"


def test_text_in_an_older_encoding_is_text() -> None:
    assert weigh(data_url("ação é São Paulo ".encode("latin-1") * 9, "")).text


def test_a_file_that_cannot_be_read_counts_by_its_size() -> None:
    archive = b"PK\x03\x04" + bytes(range(256)) * 40
    assert weigh(data_url(archive, "application/zip")).tokens == pytest.approx(2_561, abs=2)


def test_a_pdf_that_is_no_base64_counts_by_its_size() -> None:
    assert weigh("?" * 400_000, media_type="application/pdf") == Media(30 * 3_000)


def test_sound_and_film_count_by_their_length_or_size() -> None:
    lying = bytearray(wav(60, rate=24_000, channels=2))
    lying[28:32] = b"\xff\xff\xff\xff"  # the byte rate that the header states
    assert weigh(data_url(bytes(lying), "audio/wav")).tokens == pytest.approx(60 * 32, abs=2)
    absurd = bytearray(wav(60))
    absurd[24:28] = b"\xff\xff\xff\x7f"  # samples a second
    assert weigh(data_url(bytes(absurd), "audio/wav")).tokens > 16 * 60 * 32
    mp3 = base64.b64encode(b"ID3" + bytes(32_000)).decode()
    assert weigh(mp3, Kind.AUDIO, media_type="mp3").tokens == pytest.approx(16 * 32, abs=2)
    raw = base64.b64encode(bytes(480_000)).decode()
    assert weigh(raw, Kind.AUDIO, media_type="pcm16").tokens == 320
    film = base64.b64encode(b"\x00\x00\x00\x18ftypmp42" + bytes(320_000)).decode()
    assert weigh(film).tokens == pytest.approx(3_000, abs=5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://a.example/b.png", True),
        ("gs://bucket/a.pdf", True),
        ("HTTP://a.example", True),
        ("data:text/plain,a://b", False),
        ("iVBORw0KGgo", False),
        ("", False),
    ],
)
def test_addresses_are_told_from_data(value: str, expected: bool) -> None:
    assert is_url(value) is expected


SEEDS = [png(9, 9), jpeg(9, 9, before=1), webp(9, 9, b"VP8X"), wav(1), pdf(3), packed_pdf(3), b""]
BYTES = st.tuples(st.sampled_from(SEEDS), st.integers(0, 400), st.binary(max_size=200)).map(
    lambda parts: parts[0][: parts[1]] + parts[2]
)
TYPES = st.sampled_from(["", "application/pdf", "text/csv", "image/png", "audio/wav", "video/mp4"])
DATA = (
    st.builds(data_url, BYTES, TYPES)
    | BYTES.map(lambda data: base64.b64encode(data).decode())
    | st.text(max_size=80)
    | st.text(max_size=80).map("data:text/plain,{}".format)
    | st.text(alphabet="ab=-_,;:/\ud800é", max_size=80).map("data:;base64,{}".format)
)


@settings(max_examples=500)
@given(DATA, st.sampled_from(Kind), st.sampled_from(ImageFamily), TYPES, st.text(max_size=12))
def test_nothing_raises(
    data: str, kind: Kind, family: ImageFamily, media_type: str, name: str
) -> None:
    weighed = measure(data, kind, family, media_type=media_type, name=name, detail=name)
    assert weighed.tokens >= 0
    assert weighed.tokens or weighed.text or len(data) < 100


LONG = {
    "nothing but padding": "=" * 20_000_000,
    "padding early": "iVBO==" * 3_000_000,
    "no base64": "é?" * 10_000_000,
    "an endless label": "data:" + "text/plain;" * 2_000_000,
    "a long address": "a" * 20_000_000 + "://",
    "zeros": "A" * 20_000_000,
    "segments": "data:image/jpeg;base64,"
    + base64.b64encode(b"\xff\xd8" + b"\xff" * 9_999_999).decode(),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("media_type", ["application/pdf", "text/plain", "image/jpeg", "x" * 10**6])
def test_long_data_are_weighed_quickly(name: str, media_type: str) -> None:
    start = time.perf_counter()
    is_url(LONG[name])
    measure(LONG[name], Kind.FILE, GPT_4O, media_type=media_type, name="." * 10**6)
    assert time.perf_counter() - start < 5  # a tenth of it on an idle machine
