"""Token counts without the network: exact by OpenAI's o200k_base, else by CONTRACT's rule.

The tables take 0.5 s to load and 146 MB to hold, so they load once, on first use or by
`warm_up`, and no request waits for them: until they are there an estimate counts characters.
"""

import threading
from collections.abc import Callable, Iterator

EXACT_LIMIT_BYTES = 64 * 1024
MINIMUM_TOKENS = 100

# bpe_openai refuses 1,000,000 characters and 200,000 tokens in one call. A character is at most
# four bytes and so at most four tokens: a slice of this many characters always passes.
_SLICE_CHARACTERS = 50_000


class _Tables:
    """The tokenizer's tables, loaded at most once in a process."""

    def __init__(self) -> None:
        self.encode: Callable[[str], list[int]] | None = None
        self._loading = threading.Lock()
        self._starting = threading.Lock()
        self._started = False

    def load(self) -> Callable[[str], list[int]]:
        """Return the tokenizer; the first caller loads it and the others wait for that one."""
        if self.encode is not None:
            return self.encode
        with self._loading:
            if self.encode is None:
                # The import itself reads the tables: at the top it would slow every cold start.
                from bpe_openai import get_encoding  # noqa: PLC0415

                self.encode = get_encoding("o200k_base").encode_ordinary
            return self.encode

    def start_loading(self) -> None:
        """Load in a thread of its own, once; returns at once."""
        with self._starting:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self.load, name="tokenizer-load", daemon=True).start()


_tables = _Tables()


def is_loaded() -> bool:
    """True once `count_tokens` answers without loading anything."""
    return _tables.encode is not None


def warm_up() -> None:
    """Start loading the tables in a daemon thread and return at once; a repeat does nothing."""
    if not is_loaded():
        _tables.start_loading()


def count_tokens(text: str) -> int:
    """Count o200k_base tokens; blocks for 0.5 s where the tables are not loaded yet.

    Exact up to 50,000 characters. A longer text is counted in slices cut before a space, where
    the tokenizer cuts too; only one without any space may be a token off at a cut.
    """
    encode = _tables.load()
    if len(text) <= _SLICE_CHARACTERS:
        return len(encode(text))
    return sum(len(encode(piece)) for piece in _slices(text))


def estimate_from_characters(characters: int) -> int:
    """Tokens by CONTRACT's rule: characters / 4, at least 100, plus 20 %, rounded up."""
    # max(100, c / 4) * 1.2 in whole numbers, so that no float rounds an exact figure up.
    return max(MINIMUM_TOKENS * 6 // 5, -(-characters * 3 // 10))


def estimate(text: str, overhead_tokens: int = 0) -> int:
    """Estimate the tokens of `text` plus `overhead_tokens`, in at most some milliseconds.

    Exact where the tables are loaded and the text is short (64 K characters stand for 64 kB:
    encoding it only to weigh it would cost more than the difference is worth). CONTRACT's rule
    otherwise; tables that are missing start to load for the requests to come.
    """
    if not is_loaded():
        warm_up()
    elif len(text) <= EXACT_LIMIT_BYTES:
        return count_tokens(text) + overhead_tokens
    return estimate_from_characters(len(text)) + overhead_tokens


def _slices(text: str) -> Iterator[str]:
    """Cut a text into slices of at most `_SLICE_CHARACTERS`, before a space where there is one."""
    start = 0
    while len(text) - start > _SLICE_CHARACTERS:
        end = start + _SLICE_CHARACTERS
        cut = text.rfind(" ", start + 1, end)
        end = cut if cut > 0 else end
        yield text[start:end]
        start = end
    yield text[start:]
