"""Token counts without the network: exact by OpenAI's o200k_base, else by CONTRACT's rule.

The tables take 0.05 to 0.2 s to load, which holds the GIL, and 70 MB to keep. So they load once,
on first use or by `warm_up`, best called at the start; no request waits for them: until they are
there an estimate counts characters.
"""

import threading
from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

EXACT_LIMIT_BYTES = 64 * 1024
MINIMUM_TOKENS = 100


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


def estimate_from_characters(characters: int) -> int:
    """Tokens by CONTRACT's rule: characters / 4, at least 100, plus 20 %, rounded up."""
    # max(100, c / 4) * 1.2 in whole numbers, so that no float rounds an exact figure up.
    return max(MINIMUM_TOKENS * 6 // 5, -(-characters * 3 // 10))


def estimate(text: str, overhead_tokens: int = 0) -> int:
    """Estimate the tokens of `text` plus `overhead_tokens`, in at most some milliseconds.

    Exact where the tables are loaded and the text is short (64 K characters stand for 64 kB:
    encoding a text only to weigh it would cost more than the difference is worth). CONTRACT's
    rule otherwise; tables that are missing start to load for the requests to come.
    """
    if not is_loaded():
        warm_up()
    elif len(text) <= EXACT_LIMIT_BYTES:
        return count_tokens(text) + overhead_tokens
    return estimate_from_characters(len(text)) + overhead_tokens


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
