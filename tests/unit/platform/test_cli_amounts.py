"""Numbers of tokens as people type them."""

import pytest
import typer

from solaris.platform.terminal.amounts import tokens


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("2000000", 2_000_000),
        ("2_000_000", 2_000_000),
        ("500k", 500_000),
        ("500K", 500_000),
        ("500 mil", 500_000),
        ("1.5M", 1_500_000),
        ("1,5mi", 1_500_000),
        ("2m", 2_000_000),
        ("-500k", -500_000),
        ("+1k", 1_000),
        (" 7 ", 7),
        ("0.001k", 1),
        ("9007199254740993", 9_007_199_254_740_993),
    ],
)
def test_forms(text: str, value: int) -> None:
    assert tokens(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k",
        "1.500",
        "1,500",
        "1.2.3k",
        "0.0001k",
        "five",
        "1e6",
        "--5",
        "5kk",
        "½M",
        "٣k",
        "9" * 19,
        f"1.{'0' * 30}1M",
    ],
)
def test_what_is_none_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="500k"):
        tokens(text)
