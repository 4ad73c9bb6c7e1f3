"""Token counts without the network, by OpenAI's o200k_base.

The tables take 0.05 to 0.2 s to load, which holds the GIL, and 70 MB to keep. So they load once,
on first use or by `warm_up`, best called at the start.

The compiled tokenizer holds the GIL while it counts (measured: two threads take twice as long as
one, and a third thread stands still meanwhile). A thread of its own alone would not keep an event
loop alive: `estimate` therefore counts a long text in pieces of 16 K characters, a millisecond
or two each, between which other threads run.
"""

import math
import random
import re
import threading
from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from itertools import pairwise

EXACT_LIMIT_CHARACTERS = 1_000_000
PIECE_CHARACTERS = 16 * 1024

# Beyond the limit a slice of each stratum is counted: 2 MB take 0.03 to 0.2 s whatever the length.
STRATA = 512
SAMPLED_BYTES = 2_000_000

# Where o200k_base's own pattern always begins a new word, whatever stands around it: a space after
# something that is none, and a letter or digit that begins a line. A cut there changes no count.
_BETWEEN_WORDS = re.compile(r"(?<=\S) |(?<=\n)(?=[^\W_])")
_LONGEST_WORD = 4_096


class _Tables:
    """The tokenizer's tables, loaded at most once in a process."""

    def __init__(self) -> None:
        self.count: Callable[[str], int] | None = None
        self._loading = threading.Lock()
        self._starting = threading.Lock()
        self._started = False

    def load(self) -> Callable[[str], int]:
        """Return the tokenizer; the first caller loads it and the others wait for that one."""
        if self.count is not None:
            return self.count
        with self._loading:
            if self.count is None:
                self.count = _load_o200k_base()
            return self.count

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
    return _tables.count is not None


def warm_up() -> None:
    """Start loading the tables in a daemon thread and return at once; a repeat does nothing."""
    if not is_loaded():
        _tables.start_loading()


def count_tokens(text: str) -> int:
    """Count o200k_base tokens exactly; blocks for up to 0.2 s where the tables are not loaded yet.

    Special tokens (`<|endoftext|>`) are plain text here, as they are in a client's message.
    """
    count = _tables.load()
    try:
        return count(text)
    except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 cannot hold
        return count(text.encode("utf-8", "replace").decode())


def estimate(text: str, overhead_tokens: int = 0) -> int:
    """Estimate the tokens of `text` plus `overhead_tokens`, never below their exact count.

    Exact up to 1,000,000 characters, except that a text without spaces or line breaks may count
    one token more for each 16 K characters; sampled beyond. Loads the tables where they are not
    loaded yet. Takes 1 to 2 ms for 16 K characters and at most some 0.2 s: callers on an event
    loop leave long texts to a thread.
    """
    if len(text) <= EXACT_LIMIT_CHARACTERS:
        return _count_in_pieces(text) + overhead_tokens
    return _sample(text) + overhead_tokens


def _count_in_pieces(text: str) -> int:
    counted = start = 0
    while len(text) - start > PIECE_CHARACTERS + _LONGEST_WORD:
        at = start + PIECE_CHARACTERS
        cut = _BETWEEN_WORDS.search(text, at, at + _LONGEST_WORD)
        if cut is None:
            counted += 1  # the halves of a word may merge to one token less than the whole
        end = at if cut is None else cut.start()
        counted += count_tokens(text[start:end])
        start = end
    return counted + count_tokens(text[start:] if start else text)


def _sample(text: str) -> int:
    """Count a slice at a random place of each stratum and scale it by the stratum's length.

    Each stratum takes the dearest of its own ratio and its neighbours': what is dear somewhere is
    met at least beside it, and chance errs upwards. The places are random so that nobody can
    write a text that is cheap just where it is looked at; a single dear passage shorter than a
    stratum (40 kB of 20 MB) may still be missed. Lengths are in bytes of UTF-8, by which languages
    differ by a factor of five (0.2 to 1 token a byte), not twenty as by characters.
    """
    data = text.encode("utf-8", "replace")
    bounds = [len(data) * stratum // STRATA for stratum in range(STRATA + 1)]
    ratios = [_ratio_of_slice(data, *bound) for bound in pairwise(bounds)]
    dearest = (max(ratios[max(0, at - 1) : at + 2]) for at in range(STRATA))
    lengths = (end - start for start, end in pairwise(bounds))
    return math.ceil(sum(ratio * length for ratio, length in zip(dearest, lengths, strict=True)))


def _ratio_of_slice(data: bytes, start: int, end: int) -> float:
    """Tokens a byte in a random slice of `data[start:end]`, cut between characters."""
    length = min(end - start, SAMPLED_BYTES // STRATA)
    first = _character_at(data, start + random.randrange(end - start - length + 1))
    last = _character_at(data, first + length)
    return count_tokens(data[first:last].decode("utf-8", "replace")) / (last - first)


def _character_at(data: bytes, at: int) -> int:
    """Where the character that `at` lies in is over, or `at` itself where one begins."""
    while at < len(data) and data[at] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8's inner bytes
        at += 1
    return min(at, len(data))


def _load_o200k_base() -> Callable[[str], int]:
    """Load the compiled tokenizer of bpe_openai and nothing else of that package.

    Its Python side reads the same tables again into dicts that only tiktoken's other calls need:
    another 80 MB and 0.3 s, with a deprecation warning. Raises ImportError where it is missing.
    """
    package = find_spec("bpe_openai")
    folders = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("_bindings", folders) if folders else None
    if spec is None or spec.loader is None:
        raise ImportError("bpe_openai has no compiled tokenizer (_bindings)")
    bindings = module_from_spec(spec)
    spec.loader.exec_module(bindings)
    count: Callable[[str], int] = bindings.tokenizer_for_encoding("o200k_base").count
    count("ready")  # the tables themselves load with the first text
    return count
