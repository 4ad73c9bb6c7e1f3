"""How many tokens an image is, by the rule of the model's family.

Sources:

- OpenAI, developers.openai.com/api/docs/guides/images-vision "Calculating costs": fitted into
  2,048 px, the shorter side brought to 768 px, 512 px tiles; or 32 px patches within a budget
  times a multiplier. Budgets as in github.com/jamesmcroft/openai-image-token-calculator
  (src/stores/ModelStore.js). Where bills differ from the guide (community.openai.com/t/1377015:
  1.2 for the GPT-5.2 to 5.4 that the guide gives 1.0, `low` without effect on patches, 2,500
  patches for 5.4 mini and nano) the dearer is taken.
- GPT-5.4 and later take `original`, and `auto` with it, to 10,000 patches (openai/codex PR 19865);
  GPT-6 has been billed beyond that (huggingface.co/datasets/JOHNISKING/image-token-cost: 14,364 for
  4032 x 3024), so that its patches are bounded only by the largest image taken, 6,000 px a side.
- Anthropic, platform.claude.com/docs/en/build-with-claude/vision: width x height / 750, about
  1,600 at most up to Claude 4.6; patches of 28 px, 4,784 at most, from 4.7 on. Measured in the
  same data set: ceil(w / 28) x ceil(h / 28).
- Google, ai.google.dev/gemini-api/docs/tokens (258 a tile, a tile's side two thirds of the
  shorter side, 256 to 768 px) and /media-resolution (Gemini 3 and later: 1,120 unless stated,
  2,240 for `ultra_high`).
- Mistral, docs.mistral.ai vision: patches of 28 px up to 1,540 px; Pixtral 16 px up to 1,024 px and
  a break a row. Qwen, help.aliyun.com vision: patches of 28 px, 16,384 at most.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from solaris.gateway.body.image_size import Size
from solaris.gateway.models.facts import ImageFamily

# OpenAI's tiles are counted for any image within the square that it is fitted into.
_TILES_FIT_PX = 2_048
_TILES_SHORT_PX = 768
_TILE_PX = 512
_OPENAI_PATCH_PX = 32
_OPENAI_MAX_PATCHES_GPT_6 = 36_000  # 6,000 x 6,000 px
_CLAUDE_PIXELS_A_TOKEN = 750
_CLAUDE_PATCH_PX = 28
_GEMINI_TILE_TOKENS = 258
_GEMINI_SMALL_PX = 384
_GEMINI_LARGEST_PX = 3_072  # larger images are scaled down to this
_GEMINI_MOST_TILES = 24  # of a narrow image: 2 x 12 of 256 px
_GEMINI_3_TOKENS = 1_120
_GEMINI_3_ULTRA_TOKENS = 2_240


@dataclass(frozen=True, slots=True)
class Tiles:
    """OpenAI's tiles: `base` for any image, `tile` more for each 512 px tile of a detailed one."""

    base: int
    tile: int

    def tokens(self, size: Size | None, detail: str) -> int:
        """Tokens of one image; without a size of the largest, without `low` as detailed."""
        if detail == "low":
            return self.base
        # Fitted into 2,048 px and 768 px on the shorter side there are at most 2 x 4 tiles.
        width, height = (_TILES_FIT_PX, _TILES_SHORT_PX) if size is None else size
        fit = min(1.0, _TILES_FIT_PX / max(width, height))
        shrink = fit * min(1.0, _TILES_SHORT_PX / (fit * min(width, height)))
        across, down = _parts(width * shrink, _TILE_PX), _parts(height * shrink, _TILE_PX)
        return self.base + self.tile * across * down


@dataclass(frozen=True, slots=True)
class Patches:
    """Square patches of `side_px`, at most `most` (`most_high` when the client asks for `high`).

    `hundredths` are tokens for a hundred patches; images are fitted into `fit_px` where stated.
    """

    side_px: int
    most: int
    hundredths: int = 100
    most_high: int | None = None
    fit_px: int | None = None

    def tokens(self, size: Size | None, detail: str) -> int:
        """Tokens of one image; without a size of the largest."""
        most = self.most
        if self.most_high is not None and detail in ("high", "low"):
            most = self.most_high
        patches = most if size is None else min(most, self._patches(size))
        return -(-patches * self.hundredths // 100)

    def _patches(self, size: Size) -> int:
        fit = 1.0 if self.fit_px is None else min(1.0, self.fit_px / max(size))
        return _parts(size[0] * fit, self.side_px) * _parts(size[1] * fit, self.side_px)


@dataclass(frozen=True, slots=True)
class ClaudeImage:
    """Claude's rule, the dearer of area and patches, at most `most` tokens."""

    most: int

    def tokens(self, size: Size | None, detail: str) -> int:  # noqa: ARG002 - Claude has no detail
        """Tokens of one image; without a size of the largest."""
        if size is None:
            return self.most
        width, height = size
        area = -(-width * height // _CLAUDE_PIXELS_A_TOKEN)
        patches = _parts(width, _CLAUDE_PATCH_PX) * _parts(height, _CLAUDE_PATCH_PX)
        return min(self.most, max(area, patches))


@dataclass(frozen=True, slots=True)
class GeminiTiles:
    """Gemini up to 2.5."""

    def tokens(self, size: Size | None, detail: str) -> int:  # noqa: ARG002 - set elsewhere there
        """Tokens of one image; without a size of the largest."""
        if size is None:
            return _GEMINI_TILE_TOKENS * _GEMINI_MOST_TILES
        width, height = size
        if max(width, height) <= _GEMINI_SMALL_PX:
            return _GEMINI_TILE_TOKENS
        fit = min(1.0, _GEMINI_LARGEST_PX / max(width, height))
        # at most that: a float's last digit is no pixel
        width, height = (min(_GEMINI_LARGEST_PX, math.ceil(one * fit)) for one in (width, height))
        side = min(768, max(256, min(width, height) * 2 // 3))
        return _GEMINI_TILE_TOKENS * _parts(width, side) * _parts(height, side)


@dataclass(frozen=True, slots=True)
class Gemini3:
    """Gemini from 3 on: one figure for an image of any size."""

    def tokens(self, size: Size | None, detail: str) -> int:  # noqa: ARG002 - the same for all
        """Tokens of one image."""
        return _GEMINI_3_ULTRA_TOKENS if detail == "ultra_high" else _GEMINI_3_TOKENS


Rule = Tiles | Patches | ClaudeImage | GeminiTiles | Gemini3

_RULES: Mapping[ImageFamily, tuple[Rule, ...]] = MappingProxyType(
    {
        ImageFamily.GPT_4O: (Tiles(85, 170),),
        ImageFamily.GPT_4O_MINI: (Tiles(2_833, 5_667),),
        ImageFamily.O_SERIES: (Tiles(75, 150),),
        ImageFamily.GPT_5: (Tiles(70, 140),),
        ImageFamily.COMPUTER_USE: (Tiles(65, 129),),
        ImageFamily.MINI: (Patches(_OPENAI_PATCH_PX, 1_536, 162),),
        ImageFamily.NANO: (Patches(_OPENAI_PATCH_PX, 1_536, 246),),
        ImageFamily.O4_MINI: (Patches(_OPENAI_PATCH_PX, 1_536, 172),),
        ImageFamily.GPT_5_2: (Patches(_OPENAI_PATCH_PX, 1_536, 120),),
        ImageFamily.MINI_5_4: (Patches(_OPENAI_PATCH_PX, 2_500, 162),),
        ImageFamily.NANO_5_4: (Patches(_OPENAI_PATCH_PX, 2_500, 246),),
        ImageFamily.GPT_5_4: (Patches(_OPENAI_PATCH_PX, 10_000, 120, most_high=2_500),),
        ImageFamily.GPT_6: (
            Patches(_OPENAI_PATCH_PX, _OPENAI_MAX_PATCHES_GPT_6, 120, most_high=2_500),
        ),
        ImageFamily.CLAUDE: (ClaudeImage(1_600),),
        ImageFamily.CLAUDE_HIGH: (ClaudeImage(4_784),),
        ImageFamily.GEMINI: (GeminiTiles(),),
        ImageFamily.GEMINI_3: (Gemini3(),),
        ImageFamily.PIXTRAL: (Patches(16, 64 * 65, 102, fit_px=1_024),),
        ImageFamily.MISTRAL: (Patches(28, 55 * 56, 102, fit_px=1_540),),
        ImageFamily.QWEN: (Patches(28, 16_384),),
        # The dearest of the ordinary rules. Not gpt-4o-mini's, whose tiles are 33 times as dear
        # to make its images cost what gpt-4o's do.
        ImageFamily.UNKNOWN: (
            Tiles(85, 170),
            Patches(_OPENAI_PATCH_PX, 2_500, 162),
            ClaudeImage(4_784),
            GeminiTiles(),
            Gemini3(),
        ),
    }
)


def image_tokens(family: ImageFamily, size: Size | None, detail: str = "auto") -> int:
    """Return the tokens of one image; `size` is (width, height) in pixels, None if not known.

    `detail` is what the client states (`low`, `high`, `original`, `ultra_high`; anything else is
    `auto`). An image of unknown size counts as the family's largest.
    """
    return max(rule.tokens(size, detail) for rule in _RULES[family])


def _parts(length: float, side: int) -> int:
    # rounded, so that 2,048 px that a scale made 2,048.0000001 are not a part more
    return max(1, math.ceil(round(length / side, 6)))
