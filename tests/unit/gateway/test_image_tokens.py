"""Tokens of an image by its header and its model's family, against the vendors' own examples."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solaris.gateway.body.image_size import Size, image_size, is_image
from solaris.gateway.body.image_tokens import image_tokens
from solaris.gateway.models.facts import ImageFamily
from tests.unit.gateway.media_support import gif, jpeg, png, webp

SIZE = (1_234, 567)


@pytest.mark.parametrize(
    "image",
    [
        png(*SIZE),
        jpeg(*SIZE),
        jpeg(*SIZE, before=5),
        gif(*SIZE),
        webp(*SIZE, b"VP8 "),
        webp(*SIZE, b"VP8L"),
        webp(*SIZE, b"VP8X"),
    ],
)
def test_a_size_is_read_from_the_header(image: bytes) -> None:
    assert is_image(image)
    assert image_size(image) == SIZE


@pytest.mark.parametrize(
    "head",
    [
        b"",
        png(*SIZE)[:20],
        png(0, 5),
        png(200_000, 5),
        jpeg(*SIZE, before=2)[:100_000],
        b"\xff\xd8" + b"\xff\xe0\x00\x00" * 10,
        b"\xff\xd8" + b"\xff\xff" * 50_000,
        webp(*SIZE, b"VP8 ")[:25],
        webp(*SIZE, b"WHAT"),
        b"<svg width='10'/>",
    ],
)
def test_what_tells_no_size_is_none(head: bytes) -> None:
    assert image_size(head) is None


HEADS = [png(*SIZE), jpeg(*SIZE, before=1), gif(*SIZE), webp(*SIZE, b"VP8X"), b"BM", b"\xff\xd8"]


@given(st.sampled_from(HEADS), st.integers(0, 60), st.binary(max_size=300))
def test_no_bytes_make_the_readers_raise(head: bytes, kept: int, rest: bytes) -> None:
    size = image_size(head[:kept] + rest)
    assert size is None or min(size) > 0


@pytest.mark.parametrize(
    ("family", "size", "detail", "tokens"),
    [
        # OpenAI's guide, "Calculating costs"
        (ImageFamily.GPT_4O, (1_024, 1_024), "high", 765),
        (ImageFamily.GPT_4O, (2_048, 4_096), "high", 1_105),
        (ImageFamily.GPT_4O, (4_096, 8_192), "low", 85),
        (ImageFamily.GPT_4O, (128, 64), "auto", 255),
        (ImageFamily.GPT_4O, (1_000, 3_000), "auto", 85 + 2 * 4 * 170),
        (ImageFamily.GPT_4O_MINI, (2_048, 768), "auto", 48_169),
        (ImageFamily.GPT_4O_MINI, (2_048, 768), "low", 2_833),
        (ImageFamily.O_SERIES, (1_024, 1_024), "auto", 675),
        (ImageFamily.GPT_5, (1_024, 1_024), "auto", 630),
        (ImageFamily.MINI, (1_024, 1_024), "auto", 1_659),
        (ImageFamily.MINI, (4_000, 1_474), "auto", 2_489),
        (ImageFamily.NANO, (64, 33), "low", 10),
        (ImageFamily.GPT_5_4, (4_032, 3_024), "high", 3_000),
        (ImageFamily.GPT_5_4, (4_032, 3_024), "auto", 12_000),
        # billed: huggingface.co/datasets/JOHNISKING/image-token-cost
        (ImageFamily.GPT_6, (4_032, 3_024), "auto", 14_364),
        (ImageFamily.GPT_6, (3_840, 2_160), "auto", 9_792),
        (ImageFamily.CLAUDE_HIGH, (1_024, 1_024), "auto", 1_399),
        (ImageFamily.CLAUDE_HIGH, (4_032, 3_024), "auto", 4_784),
        (ImageFamily.CLAUDE, (4_032, 3_024), "auto", 1_600),
        (ImageFamily.CLAUDE, (29, 29), "auto", 4),
        (ImageFamily.GEMINI, (384, 384), "auto", 258),
        (ImageFamily.GEMINI, (960, 540), "auto", 6 * 258),
        (ImageFamily.GEMINI_3, (4_032, 3_024), "auto", 1_120),
        (ImageFamily.GEMINI_3, (10, 10), "ultra_high", 2_240),
        (ImageFamily.PIXTRAL, (1_024, 1_024), "auto", 4_178),
        (ImageFamily.UNKNOWN, (10, 10), "auto", 1_120),
        (ImageFamily.UNKNOWN, (4_032, 3_024), "auto", 4_784),
    ],
)
def test_tokens_by_the_rule_of_the_family(
    family: ImageFamily, size: Size, detail: str, tokens: int
) -> None:
    assert image_tokens(family, size, detail) == tokens


SIDES = st.integers(1, 100_000)


@given(st.sampled_from(ImageFamily), SIDES, SIDES, st.sampled_from(["auto", "high", "low", "x"]))
@example(ImageFamily.GEMINI, 385, 3_072, "auto")
@example(ImageFamily.GEMINI, 435, 5_211, "auto")
def test_an_image_of_unknown_size_is_the_family_s_largest(
    family: ImageFamily, width: int, height: int, detail: str
) -> None:
    assert 0 < image_tokens(family, (width, height), detail) <= image_tokens(family, None, detail)
