"""How weights are written and counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.model_weight import (
    ModelWeight,
    StatedWeight,
    stated_weight,
    stated_weights,
)

PARTS = st.integers(0, 1_000_000)
TOKENS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("written", "weight"),
    [
        (5, ModelWeight(5_000, 5_000, 2_500)),
        (0, ModelWeight(0, 0, 0)),
        (0.001, ModelWeight(1, 1, 1)),
        ({"prompt": 2, "completion": 8}, ModelWeight(2_000, 8_000, 1_000)),
        ({"prompt": 2, "completion": 8, "cached": 0.25}, ModelWeight(2_000, 8_000, 250)),
    ],
)
def test_what_is_written_is_what_counts(written: Any, weight: ModelWeight) -> None:
    """Where cached tokens are not stated they count half a prompt token here."""
    stated = stated_weight(written)
    assert stated.weight(500) == weight
    assert stated.written() == written


@pytest.mark.parametrize(
    "written",
    [
        *(-1, -0.001, 1_000.5, 0.0001, True, None, [], "five", "nan", "inf", "auto:", "auto: "),
        *({}, {"prompt": 1}, {"prompt": 1, "completion": -2}),
        {"prompt": 1, "completion": 1, "output": 2},
    ],
)
def test_what_is_no_weight_is_refused_by_its_name(written: Any) -> None:
    with pytest.raises(ValueError, match="gpt-5"):
        stated_weights({"gpt-5": written})


@pytest.mark.parametrize("names", [["GPT-5", "gpt-5 "], [""], [" "], ["gpt*4"], ["*x"]])
def test_names_that_mean_nothing_or_the_same_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        stated_weights(dict.fromkeys(names, 1))


def test_a_reference_is_read_and_written() -> None:
    assert stated_weight("auto:gpt-4o-mini") == StatedWeight(reference="gpt-4o-mini")
    assert stated_weight("auto:gpt-4o-mini").written() == "auto:gpt-4o-mini"


@given(st.builds(ModelWeight, PARTS, PARTS, PARTS), TOKENS, TOKENS, TOKENS)
def test_a_charge_is_the_exact_sum_rounded_up_once(
    weight: ModelWeight, asked: int, answered: int, of_cache: int
) -> None:
    charged = weight.charge(asked, answered, of_cache)
    part = min(of_cache, asked)
    exact = weight.prompt * (asked - part) + weight.cached * part + weight.completion * answered
    assert 1_000 * (charged - 1) < exact <= 1_000 * charged


@given(PARTS, PARTS, TOKENS, st.integers(0, 10**9))
def test_an_answer_within_a_charge_is_the_longest(
    prompt: int, completion: int, asked: int, charged: int
) -> None:
    weight = ModelWeight(prompt, completion)
    longest = weight.answer_within(charged, asked)
    if longest is None:
        assert completion == 0
    elif longest or weight.charge(asked, 0) <= charged:
        assert weight.charge(asked, longest) <= charged < weight.charge(asked, longest + 1)
