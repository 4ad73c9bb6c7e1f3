"""What is publicly known of a model by its name: maxima, context, reasoning, how it sees images.

Figures are upper bounds: where a family's members or hosts differ, the largest. Sources, read in
November 2026: the vendors' model pages (developers.openai.com/api/docs/models,
platform.claude.com/docs models overview, ai.google.dev/gemini-api/docs/models,
api-docs.deepseek.com, docs.mistral.ai) and, for what these do not tell, `limit.output` of
github.com/anomalyco/models.dev. genai-prices carries context windows but no maximum output.
Families of open weights are as their largest host serves them; those of which no host says a
maximum (Llama, Gemma) are left out, and the operator names theirs in MODEL_MAX_OUTPUT_TOKENS.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from types import MappingProxyType

from solaris.quota.model_names import bare_names

DEFAULT_CONTEXT_TOKENS = 128_000
_MAXIMUM_OUTPUT_TOKENS: Mapping[str, int] = MappingProxyType(
    {
        # OpenAI
        "gpt-3.5": 4_096,
        "gpt-3.5-turbo-16k": 16_385,
        "gpt-35": 4_096,  # Azure's spelling
        "gpt-35-turbo-16k": 16_385,
        "gpt-4": 8_192,
        "gpt-4-32k": 32_768,
        "gpt-4.1": 32_768,
        "gpt-4.5": 16_384,
        "gpt-4o": 16_384,
        "gpt-4o-64k": 64_000,
        "chatgpt-4o": 16_384,
        "gpt-audio": 16_384,
        "gpt-5": 128_000,
        "gpt-5-pro": 272_000,
        "gpt-6": 128_000,
        "gpt-oss": 131_072,
        "codex-mini": 100_000,
        "o1": 100_000,
        "o3": 100_000,
        "o4": 100_000,
        # Anthropic; 3.7 by the header `output-128k-2025-02-19`, and 300,000 only in batches
        "claude": 128_000,
        "claude-instant": 4_096,
        "claude-2": 4_096,
        "claude-3": 4_096,
        "claude-3-5": 8_192,
        "claude-3-7": 128_000,
        "claude-4": 64_000,
        "claude-opus-4": 32_000,
        "claude-opus-4-5": 64_000,
        "claude-opus-4-6": 128_000,
        "claude-opus-4-7": 128_000,
        "claude-opus-4-8": 128_000,
        "claude-sonnet-4": 64_000,
        "claude-sonnet-4-6": 128_000,
        "claude-haiku-4": 64_000,
        # Google; Gemini 4 goes on beyond a segment only in its own APIs
        "gemini": 65_536,
        "gemini-1.0": 8_192,
        "gemini-1.5": 8_192,
        "gemini-2.0": 8_192,
        "gemini-2.0-flash-thinking": 65_536,
        # DeepSeek: `deepseek-chat` and `deepseek-reasoner` are names of V4 by now
        "deepseek": 384_000,
        "deepseek-r1": 163_840,
        "deepseek-v3": 163_840,
        "deepseek.r1": 163_840,  # Bedrock's spelling
        "deepseek.v3": 163_840,
        # Mistral bounds an answer by the context alone
        "mistral": 262_144,
        "mistral-large-4": 1_048_576,
        "ministral": 262_144,
        "codestral": 262_144,
        "devstral": 262_144,
        "magistral": 131_072,
        "pixtral": 131_072,
        "open-mistral": 131_072,
        "open-mixtral": 65_536,
        # xAI bounds an answer by the context alone
        "grok-2": 131_072,
        "grok-3": 131_072,
        "grok-4": 256_000,
        # Alibaba
        "qwen-max": 32_768,
        "qwen-plus": 32_768,
        "qwen-flash": 32_768,
        "qwen-turbo": 16_384,
        "qwen3": 262_144,
        "qwen3.5": 65_536,
        "qwen3.6": 65_536,
        "qwen3.7": 65_536,
        # Moonshot, Zhipu, MiniMax, Cohere
        "kimi-k2": 262_144,
        "kimi-k2.5": 262_144,
        "glm-4.5": 98_304,
        "glm-4.6": 131_072,
        "glm-4.7": 131_072,
        "glm-5": 131_072,
        "minimax-m2": 131_072,
        "minimax-m3": 131_072,
        "command-a": 64_000,
        "command-r": 4_096,
    }
)

# Context windows that genai-prices lacks, or has from an older model of the same name.
_CONTEXT_TOKENS: Mapping[str, int] = MappingProxyType(
    {
        "gpt-4.1": 1_047_576,
        "gpt-5.4": 1_050_000,
        "gpt-5.4-mini": 400_000,
        "gpt-5.4-nano": 400_000,
        "gpt-5.5": 1_050_000,
        "gpt-5.6": 1_050_000,
        "gpt-6": 1_050_000,
        "gemini": 1_048_576,
        "gemini-1.0": 32_768,
        "deepseek": 1_000_000,
        "deepseek-r1": 163_840,
        "deepseek.r1": 163_840,
        "deepseek-v3": 163_840,
        "deepseek.v3": 163_840,
    }
)

# Vendors whose own figure goes before a reseller's, as genai-prices names them.
_VENDORS = (
    *("openai", "anthropic", "google", "deepseek", "mistral", "x-ai", "moonshotai", "zai"),
    *("cohere", "minimax", "meta", "perplexity", "openrouter", "aws", "azure", "groq"),
)

_REASONING = re.compile(
    r"o\d(?![0-9a-z])"
    # GPT from 5 on; two digits end at 29, because Azure writes gpt-35-turbo for 3.5
    r"|gpt-(?:[5-9]|[12]\d)(?!\d)"
    r"|(?:gpt-oss|codex|computer-use|deepseek[-.]r\d|deepseek-v[4-9]|deepseek-flash|qwq|qvq|qwen3"
    r"|grok-3-mini|grok-[4-9]|grok-code|grok-build|magistral|kimi-k(?:2\.\d|[3-9])"
    r"|glm-(?:4\.[5-9]|[5-9])|minimax-m|claude-(?:fable|mythos))(?![a-z])"
    r"|gemini-(?:flash|pro)(?:-lite)?-latest"
    r"|.*(?:reasoner|reasoning|thinking|deep-research)"
)


class ImageFamily(StrEnum):
    """Models that count an image by the same rule (gateway/body/image_tokens.py)."""

    GPT_4O = "gpt-4o"
    GPT_4O_MINI = "gpt-4o-mini"
    O_SERIES = "o-series"
    GPT_5 = "gpt-5"
    GPT_5_2 = "gpt-5.2"
    GPT_5_4 = "gpt-5.4"
    GPT_6 = "gpt-6"
    MINI = "mini"
    NANO = "nano"
    MINI_5_4 = "gpt-5.4-mini"
    NANO_5_4 = "gpt-5.4-nano"
    O4_MINI = "o4-mini"
    COMPUTER_USE = "computer-use"
    CLAUDE = "claude"
    CLAUDE_HIGH = "claude-high-resolution"
    GEMINI = "gemini"
    GEMINI_3 = "gemini-3"
    PIXTRAL = "pixtral"
    MISTRAL = "mistral"
    QWEN = "qwen"
    UNKNOWN = "unknown"


_IMAGE_FAMILIES: Mapping[str, ImageFamily] = MappingProxyType(
    {
        "gpt-4": ImageFamily.GPT_4O,
        "gpt-4o": ImageFamily.GPT_4O,
        "chatgpt-4o": ImageFamily.GPT_4O,
        "gpt-4o-mini": ImageFamily.GPT_4O_MINI,
        "gpt-4.1": ImageFamily.GPT_4O,
        "gpt-4.1-mini": ImageFamily.MINI,
        "gpt-4.1-nano": ImageFamily.NANO,
        "gpt-4.5": ImageFamily.GPT_4O,
        "o1": ImageFamily.O_SERIES,
        "o3": ImageFamily.O_SERIES,
        "o4": ImageFamily.O4_MINI,
        "codex-mini": ImageFamily.O4_MINI,
        "computer-use": ImageFamily.COMPUTER_USE,
        "gpt-5": ImageFamily.GPT_5,
        "gpt-5-mini": ImageFamily.MINI,
        "gpt-5-nano": ImageFamily.NANO,
        "gpt-5.1-codex-mini": ImageFamily.MINI,
        "gpt-5.2": ImageFamily.GPT_5_2,
        "gpt-5.3": ImageFamily.GPT_5_2,
        "gpt-5.4": ImageFamily.GPT_5_4,
        "gpt-5.4-mini": ImageFamily.MINI_5_4,
        "gpt-5.4-nano": ImageFamily.NANO_5_4,
        "gpt-5.5": ImageFamily.GPT_5_4,
        "gpt-5.6": ImageFamily.GPT_6,
        "gpt-6": ImageFamily.GPT_6,
        "claude": ImageFamily.CLAUDE_HIGH,
        "claude-3": ImageFamily.CLAUDE,
        "claude-4": ImageFamily.CLAUDE,
        "claude-opus-4": ImageFamily.CLAUDE,
        "claude-sonnet-4": ImageFamily.CLAUDE,
        "claude-haiku-4": ImageFamily.CLAUDE,
        "claude-opus-4-7": ImageFamily.CLAUDE_HIGH,
        "claude-opus-4-8": ImageFamily.CLAUDE_HIGH,
        "gemini": ImageFamily.GEMINI_3,
        "gemini-1.0": ImageFamily.GEMINI,
        "gemini-1.5": ImageFamily.GEMINI,
        "gemini-2.0": ImageFamily.GEMINI,
        "gemini-2.5": ImageFamily.GEMINI,
        "pixtral": ImageFamily.PIXTRAL,
        "mistral": ImageFamily.MISTRAL,
        "ministral": ImageFamily.MISTRAL,
        "magistral": ImageFamily.MISTRAL,
        "qwen": ImageFamily.QWEN,
        "qwen-vl": ImageFamily.QWEN,
        "qwen2-vl": ImageFamily.QWEN,
        "qwen2.5-vl": ImageFamily.QWEN,
        "qwen3-vl": ImageFamily.QWEN,
        "qwen3.5": ImageFamily.QWEN,
        "qwen3.6": ImageFamily.QWEN,
        "qwen3.7": ImageFamily.QWEN,
    }
)


def maximum_output_tokens(model: str, overrides: Mapping[str, int]) -> int | None:
    """Return the most tokens that one answer of the model may have; None when not known.

    `overrides` is the setting MODEL_MAX_OUTPUT_TOKENS: the exact name goes first, then the longest
    `prefix*`, then `*`, each for the name as the client writes it and for its last path segment.
    """
    names = (model.strip().lower(), *bare_names(model))
    own = {name.strip().lower(): tokens for name, tokens in overrides.items()}
    for name in names:
        if name in own:
            return own[name]
    stars = sorted((name[:-1] for name in own if name.endswith("*")), key=len, reverse=True)
    for prefix in stars:
        if any(name.startswith(prefix) for name in names):
            return own[prefix + "*"]
    known = _longest_prefix(bare_names(model), _MAXIMUM_OUTPUT_TOKENS)
    return None if known is None else _MAXIMUM_OUTPUT_TOKENS[known]


def context_tokens(model: str) -> int:
    """Return the model's context window in tokens, 128,000 when not known; never raises.

    Never less than the model's maximum output. The first call takes 0.3 s to load the prices.
    """
    known = known_context_tokens(model) or DEFAULT_CONTEXT_TOKENS
    return max(known, maximum_output_tokens(model, {}) or 0)


@lru_cache(maxsize=1024)
def known_context_tokens(model: str) -> int | None:
    """Return the model's context window in tokens, None when not known; never raises.

    By genai-prices, the vendor's figure before a reseller's, or a family's own where that is more.
    """
    names = bare_names(model)
    family = _longest_prefix(names, _CONTEXT_TOKENS)
    listed = next((found for name in names if (found := _listed_context(name))), None)
    known = max(listed or 0, 0 if family is None else _CONTEXT_TOKENS[family])
    return max(known, maximum_output_tokens(model, {}) or 0) if known else None


@lru_cache(maxsize=1024)
def is_reasoning_model(model: str) -> bool:
    """True for a model that spends tokens on reasoning of which a client may see nothing.

    Claude 3.7 to 4.x think only where the body asks for it (`thinking`): false for those, and
    true from 5 on, where thinking is adaptive and on by default.
    """
    names = bare_names(model)
    if any("non-reasoning" in name or "non-thinking" in name for name in names):
        return False
    return any(
        _REASONING.match(name) or _is_gemini_that_thinks(name) or _is_claude_that_thinks(name)
        for name in names
    )


@lru_cache(maxsize=1024)
def image_family(model: str) -> ImageFamily:
    """Return by which rule the model counts images."""
    known = _longest_prefix(bare_names(model), _IMAGE_FAMILIES)
    return ImageFamily.UNKNOWN if known is None else _IMAGE_FAMILIES[known]


def _is_gemini_that_thinks(name: str) -> bool:
    version = _version_after(name, "gemini-")
    return version is not None and version >= (2, 5)


def _is_claude_that_thinks(name: str) -> bool:
    versions = (_version_after(name, f"claude-{line}") for line in ("opus", "sonnet", "haiku"))
    return any(version is not None and version >= (5,) for version in versions)


def _listed_context(name: str) -> int | None:
    # 0.3 s and 20 MB to import: only processes that ask pay for it.
    try:
        from genai_prices.data import providers  # noqa: PLC0415
    except ImportError:
        return None
    by_id = {provider.id: provider for provider in providers}
    for vendor in (*_VENDORS, *by_id):
        if vendor not in by_id:
            continue
        # not the package's own lookup: it remembers every name that it did not find
        for listed in by_id[vendor].models:
            if listed.context_window and listed.is_match(name):
                return int(listed.context_window)
    return None


def _longest_prefix(names: Iterable[str], prefixes: Iterable[str]) -> str | None:
    """Return the longest of the prefixes with which one of the names begins, else None.

    A prefix ends where a word or a number does: `o1` is the beginning of `o1-pro`, not of `o1js`.
    """
    known = sorted(prefixes, key=len, reverse=True)
    wanted = tuple(names)
    return next((prefix for prefix in known if any(_begins(name, prefix) for name in wanted)), None)


def _version_after(name: str, word: str) -> tuple[int, ...] | None:
    """Return the version that follows `word` in a name: (2, 5) for `gemini-2.5-pro`.

    At most two parts of at most two digits: what is longer is a date or a size.
    """
    if not name.startswith(word):
        return None
    parts = re.split(r"[.-]", name[len(word) :].lstrip("-"))
    numbers = takewhile(lambda part: part.isascii() and part.isdigit() and len(part) <= 2, parts)  # noqa: PLR2004 - as above
    return tuple(int(part) for part in numbers)[:2] or None


def _begins(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and not name[len(prefix) : len(prefix) + 1].isalnum()
