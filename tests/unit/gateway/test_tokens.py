"""Token counts: exact up to a million characters, sampled and never below beyond."""

import base64
import random
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solaris.gateway import tokenizer as tokens


class SlowLoad:
    """Tables that load when the test says so; every character is a token."""

    def __init__(self) -> None:
        self.may_load = threading.Event()
        self.threads: list[str] = []

    def __call__(self) -> Callable[[str], int]:
        assert self.may_load.wait(10)
        self.threads.append(threading.current_thread().name)
        return len


@pytest.fixture
def slow_load(monkeypatch: pytest.MonkeyPatch) -> SlowLoad:
    slow = SlowLoad()
    monkeypatch.setattr(tokens, "_tables", tokens._Tables())
    monkeypatch.setattr(tokens, "_load_o200k_base", slow)
    return slow


def loader_threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "tokenizer-load"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),
        ("<|endoftext|>", 7),  # a client's text is never a special token
        ("Olá, você está aí?", 6),
    ],
)
def test_counts_are_those_of_o200k_base(text: str, count: int) -> None:
    assert tokens.count_tokens(text) == count


def test_a_text_of_any_length_is_counted() -> None:
    # bpe_openai's own Encoding refuses 1,000,000 characters.
    assert tokens.count_tokens("word " * 250_000) == 250_001


@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_counts_equal_those_of_the_public_tokenizer() -> None:
    from bpe_openai import get_encoding  # noqa: PLC0415 - 0.5 s, for this test only

    encode = get_encoding("o200k_base").encode_ordinary
    for text in ("Três  linhas\r\n\n\tcom 12345 números…", "日本語 🇧🇷 x", '{"a":[1,2.5e3,null]}'):
        assert tokens.count_tokens(text) == len(encode(text))


def test_characters_no_tokenizer_can_take_are_counted_all_the_same() -> None:
    assert tokens.count_tokens("a\ud800b") > 0


WORD_LIST = """
uma palavra depois da outra relatório tokens quota gateway the quick brown fox jumps over lazy
dogs internacionalização 1234 56,7% R$ João São Paulo (veja) item; naïve ação. Über 日本
"""
WORDS = WORD_LIST.split()


SEEDS = st.integers(0, 2**32).map(random.Random)


def prose(seed: random.Random, size: int) -> str:
    return " ".join(seed.choices(WORDS, k=size // 6))


def csv(seed: random.Random, size: int) -> str:
    rows = (
        f"{row},{seed.random():.6f},{seed.randrange(10**6)},BR-{row % 27:02d}"
        for row in range(size // 28)
    )
    return "\n".join(rows)


def of_range(first: int, last: int) -> Callable[[random.Random, int], str]:
    letters = [chr(code) for code in range(first, last + 1)]
    return lambda seed, size: "".join(seed.choices(letters, k=size))


def in_base64(seed: random.Random, size: int) -> str:
    return base64.b64encode(seed.randbytes(size * 3 // 4)).decode()


KINDS: dict[str, Callable[[random.Random, int], str]] = {
    "prose": prose,
    "csv": csv,
    "cjk": of_range(0x4E00, 0x9FFF),
    "rare cjk": of_range(0x20000, 0x2A6DF),
    "emoji": of_range(0x1F300, 0x1F6FF),
    "base64": in_base64,
    "spaces": lambda _, size: " " * size,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 1, 70_000, 300_000])
def test_an_estimate_is_exact_up_to_a_million_characters(kind: str, size: int) -> None:
    text = KINDS[kind](random.Random(size), size)
    exact = tokens.count_tokens(text)
    pieces = size // tokens.PIECE_CHARACTERS
    is_cut_between_words = kind in ("prose", "csv")
    most = exact if is_cut_between_words else exact + 2 * pieces
    assert exact + 7 <= tokens.estimate(text, 7) <= most + 7


MARKS = [
    " ",
    "  ",
    "\n",
    "\r\n",
    "\n\n  ",
    "\t",
    "/",
    ".\n",
    "!/",
    "'s",
    "-",
    "\u00a0",
    "\u3000",
    "\x85",
]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(WORDS + MARKS) | st.text(max_size=4), max_size=30).map("".join))
def test_a_cut_between_words_changes_no_count(text: str) -> None:
    exact = tokens.count_tokens(text)
    for cut in tokens._BETWEEN_WORDS.finditer(text):
        parts = text[: cut.start()], text[cut.start() :]
        assert sum(map(tokens.count_tokens, parts)) == exact


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_beyond_the_limit_is_never_below_and_little_above(kind: str) -> None:
    text = KINDS[kind](random.Random(3), 1_200_000)
    assert len(text) > tokens.EXACT_LIMIT_CHARACTERS
    exact = tokens.count_tokens(text)
    assert exact <= tokens.estimate(text) <= exact * 1.35


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=6), SEEDS)
def test_a_mixture_beyond_the_limit_is_never_below(kinds: list[str], seed: random.Random) -> None:
    texts = [KINDS[kind](seed, seed.randrange(5_000, 200_000)) for kind in kinds]
    text = "\n".join(texts)
    text *= -(-(tokens.EXACT_LIMIT_CHARACTERS + 1) // len(text))
    assert tokens.estimate(text) >= tokens.count_tokens(text)


@settings(max_examples=10, deadline=None)
@given(st.integers(10_000, 200_000), st.floats(0, 1), SEEDS)
def test_a_dense_part_somewhere_in_a_long_text_is_met(
    size: int, place: float, seed: random.Random
) -> None:
    plain = prose(seed, 2_400_000)
    at = int(len(plain) * place)
    text = plain[:at] + KINDS["rare cjk"](seed, size) + plain[at:]
    assert tokens.estimate(text) >= tokens.count_tokens(text)


def test_a_very_long_text_takes_no_longer_than_a_long_one() -> None:
    text = prose(random.Random(5), 2_000_000) * 10
    tokens.count_tokens("load the tables")
    start = time.perf_counter()
    assert tokens.estimate(text) > len(text) // 10
    assert time.perf_counter() - start < 2  # 0.1 s; the machine may be busy


def test_halves_of_surrogate_pairs_are_estimated_at_any_length() -> None:
    assert tokens.estimate("a\ud800b" * 400_000) > 0


def test_an_estimate_loads_the_tables_and_counts_exactly(slow_load: SlowLoad) -> None:
    slow_load.may_load.set()
    assert tokens.estimate("x" * 1_000, 5) == 1_005
    assert tokens.is_loaded()
    tokens.warm_up()
    assert slow_load.threads == [threading.current_thread().name]


def test_warming_up_returns_at_once_and_loads_once(slow_load: SlowLoad) -> None:
    tokens.warm_up()
    tokens.warm_up()
    assert not tokens.is_loaded()
    loaders = loader_threads()
    assert [one.daemon for one in loaders] == [True]
    slow_load.may_load.set()
    loaders[0].join(10)
    assert tokens.is_loaded()
    assert slow_load.threads == ["tokenizer-load"]


def test_many_threads_load_the_tables_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_tables", tokens._Tables())
    start = threading.Barrier(8)
    counts: list[int] = []

    loads: list[str] = []

    def load_len() -> Callable[[str], int]:
        loads.append("once")
        return len

    monkeypatch.setattr(tokens, "_load_o200k_base", load_len)

    def count() -> None:
        start.wait(10)
        counts.append(tokens.count_tokens("hello world"))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [11] * 8
    assert loads == ["once"]


def test_a_missing_tokenizer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match="bpe_openai"):
        tokens._load_o200k_base()
