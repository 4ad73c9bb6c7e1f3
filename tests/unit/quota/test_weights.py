"""Which weight a model has, what is held for it, and what an answer is charged."""

import pytest

from solaris.platform.model_weight import PLAIN, ModelWeight, StatedWeight, stated_weights
from solaris.quota.weights import NO_WEIGHTS, Found, Weights


def both(times: float) -> ModelWeight:
    part = round(times * 1000)
    return ModelWeight(part, part, part)


def weights(**more: object) -> Weights:
    return Weights(
        stated_weights(
            {
                "gpt-5": 5,
                "gpt-5*": 4,
                "gpt-*": 2,
                "llama*": 0,
                "azure/gpt-5": 6,
                "o3": {"prompt": 2, "completion": 8, "cached": 1},
                **more,
            }
        )
    )


@pytest.mark.parametrize(
    ("model", "times", "entry"),
    [
        ("gpt-5", 5, "gpt-5"),
        (" GPT-5 ", 5, "gpt-5"),
        ("gpt-5-mini", 4, "gpt-5*"),
        ("gpt-4o", 2, "gpt-*"),
        ("azure/gpt-5", 6, "azure/gpt-5"),
        ("openai/gpt-5", 5, "gpt-5"),
        ("us.openai.gpt-5-mini", 4, "gpt-5*"),
        ("llama-4", 0, "llama*"),
        ("mistral", 1, None),
        ("", 1, None),
    ],
)
def test_the_exact_name_then_the_longest_beginning_then_once(
    model: str, times: float, entry: str | None
) -> None:
    assert weights().find(model) == Found(both(times), entry)


def test_every_other_model_may_count_more() -> None:
    assert weights(**{"*": 3}).of("mistral") == both(3)
    assert weights(**{"*": 3}).of("llama-4") == both(0)


@pytest.mark.parametrize("model", ["meta/llama-4", "openrouter/meta/llama-4", "us.meta.llama-4"])
def test_a_resellers_model_is_not_free_because_ones_own_is(model: str) -> None:
    assert weights().of(model) == PLAIN


def test_a_request_that_names_several_holds_the_dearest() -> None:
    assert weights().held(["llama-4", "gpt-5"]) == both(5)
    assert weights().held(["gpt-5", "o3"]) == ModelWeight(5_000, 8_000, 5_000)
    assert weights().held([]) == PLAIN


@pytest.mark.parametrize(
    ("asked", "answered", "times"),
    [
        ("gpt-5", "gpt-5", 5),
        ("gpt-5", "gpt-5-2025-08-07", 5),  # a version of what was asked for
        ("gpt-5", "gpt-4o", 2),  # another, with an entry of its own
        ("gpt-4o", "azure/gpt-5", 6),
        ("gpt-5", "some-deployment", 5),  # another name of what was asked for
        ("fast", "llama-4", 0),  # a name for a free model
        ("llama-4", "mistral-large", 1),  # a free model that the upstream has replaced
        ("llama-4", "gpt-5", 5),
        ("llama-4", "llama-4:latest", 0),
        ("llama-4", "/models/llama-4", 0),
        ("llama-4", "meta/llama-4", 1),  # a reseller's, of the same name
        ("gpt-5", "openai/gpt-5", 5),
        ("openai/gpt-4o", "gpt-4o", 2),
        ("mistral", "some-deployment", 1),
    ],
)
def test_an_answer_is_charged_by_who_has_answered(asked: str, answered: str, times: float) -> None:
    assert weights().charged(asked, answered, held=both(9)) == both(times)


def test_where_nobody_says_who_has_answered_it_is_charged_as_held() -> None:
    assert weights().charged("gpt-5", None, held=both(9)) == both(9)
    assert weights().charged("gpt-5", "", held=both(9)) == both(9)


def test_without_weights_each_token_counts_once() -> None:
    assert NO_WEIGHTS.held(["gpt-5", "o3"]) == PLAIN
    assert NO_WEIGHTS.charged("a", "b", held=PLAIN) == PLAIN
    half = Weights(cached_share=500)
    assert half.of("gpt-5") == ModelWeight(cached=500)
    assert half.charged("a", "b", half.of("a")) == ModelWeight(cached=500)


def by_price(model: str, reference: str) -> StatedWeight | None:
    prices = {"dear": 10_000, "small": 500, "base": 1_000}
    if model not in prices or reference not in prices:
        return None
    part = prices[model] * 1_000 // prices[reference]
    return StatedWeight(part, part, part)


def test_a_weight_may_follow_the_prices() -> None:
    table = Weights(stated_weights({"*": "auto:base", "llama*": 0}), by_price=by_price)
    assert table.find("dear") == Found(both(10), "*", by_price=True)
    assert table.of("small") == both(0.5)
    assert table.of("llama-4") == both(0)
    assert table.find("unheard-of") == Found(PLAIN, "*", by_price=False)
    assert table.charged("small", "dear", held=both(0.5)) == both(10)
    assert table.charged("dear", "unheard-of", held=both(10)) == both(10)
    assert table.charged("small", "unheard-of", held=both(0.5)) == PLAIN


def test_a_model_without_a_price_counts_like_every_other_and_never_nothing() -> None:
    table = Weights(stated_weights({"new*": "auto:base", "*": 3}), by_price=by_price)
    assert table.find("new-model") == Found(both(3), "new*", by_price=False)


def test_of_very_many_names_each_is_as_dear_as_any() -> None:
    names = [f"llama-{n}" for n in range(1_000)]
    assert weights().held(names[:50]) == both(0)
    assert weights().held(names) == ModelWeight(6_000, 8_000, 6_000)
    assert weights().held(["llama-4"] * 1_000) == both(0)


def test_a_name_that_is_too_long_is_nobodys_and_is_not_remembered() -> None:
    table = weights(**{"*": 3})
    assert table.of("llama" + "a" * 1_000_000) == both(3)
    assert not table._known


def test_made_up_names_do_not_fill_the_memory() -> None:
    table = weights()
    for n in range(5_000):
        table.of(f"made-up-{n}")
    assert len(table._known) <= 2_000
