"""Token counts: exact where the tables are loaded, CONTRACT's rule otherwise, never a wait."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.upstream import tokens


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


@pytest.mark.parametrize(
    ("characters", "expected"),
    [(0, 120), (400, 120), (401, 121), (404, 122), (4_000, 1_200), (65_537, 19_662)],
)
def test_the_characters_rule(characters: int, expected: int) -> None:
    assert tokens.estimate_from_characters(characters) == expected


@given(st.integers(min_value=0, max_value=10**9))
def test_the_characters_rule_is_the_smallest_whole_number_not_below(characters: int) -> None:
    figure = tokens.estimate_from_characters(characters)
    assert figure >= 120
    assert figure * 10 >= characters * 3
    assert figure == 120 or (figure - 1) * 10 < characters * 3


def test_an_estimate_is_exact_up_to_the_limit_and_by_characters_above_it() -> None:
    tokens.count_tokens("load the tables")
    assert tokens.is_loaded()
    short = "word " * (tokens.EXACT_LIMIT_BYTES // 5)
    assert tokens.estimate(short, 7) == tokens.count_tokens(short) + 7
    long = "w" * (tokens.EXACT_LIMIT_BYTES + 1)
    assert tokens.estimate(long, 7) == tokens.estimate_from_characters(len(long)) + 7


def test_an_estimate_does_not_wait_for_the_tables_and_starts_their_loading_once(
    slow_load: SlowLoad,
) -> None:
    assert tokens.estimate("x" * 1_000, 5) == 305
    assert tokens.estimate("x" * 1_000) == 300
    tokens.warm_up()
    assert not tokens.is_loaded()
    loaders = loader_threads()
    assert [one.daemon for one in loaders] == [True]

    slow_load.may_load.set()
    loaders[0].join(10)
    assert tokens.is_loaded()
    assert tokens.estimate("x" * 1_000, 5) == 1_005
    tokens.warm_up()
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
