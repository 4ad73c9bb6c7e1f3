"""The exposition format, read back by a strict parser, and the counting behind it."""

import pytest

from solaris.platform.metrics import (
    DURATION,
    FIRST_BYTE,
    MAX_LABEL_CHARACTERS,
    MAX_MODELS,
    MAX_UNANSWERED_MODELS,
    MEASURED,
    OTHER_MODELS,
    PUBLISHED,
    QUEUE_DEPTH,
    REFUSALS,
    REQUESTS,
    SECONDS_BUCKETS,
    TOKENS,
    TOKENS_CHARGED,
    TOKENS_USED,
    UP,
    Metrics,
    overflow_fields,
    render,
)
from tests.unit.platform.exposition import parse

HISTOGRAM = "# HELP h a\n# TYPE h histogram\n"


@pytest.mark.parametrize(
    "page",
    [
        "# HELP a x\n# TYPE a gauge\na 1",
        "a 1\n",
        "# TYPE a gauge\na 1\n",
        "# HELP a x\n# TYPE a gauge\n# TYPE a gauge\na 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 2\n",
        '# HELP a x\n# TYPE a gauge\na{b="\\d"} 1\n',
        '# HELP a x\n# TYPE a gauge\na{b="c"c"} 1\n',
        "# HELP a x\n# TYPE a gauge\na one\n",
        HISTOGRAM + 'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
        HISTOGRAM + 'h_bucket{le="2"} 1\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
        HISTOGRAM + 'h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
        HISTOGRAM + 'h_bucket{le="+Inf"} 1\nh_count 1\n',
    ],
)
def test_the_parser_refuses_a_page_that_is_not_well_formed(page: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse(page)


def test_a_page_without_figures_names_every_published_metric_once() -> None:
    families = parse(render({}))
    assert list(families) == [metric.name for metric in PUBLISHED]
    assert not any(family.samples for family in families.values())


def test_a_counter_is_summed_by_its_labels() -> None:
    metrics = Metrics()
    for status in ("200", "200", "429"):
        metrics.count(REQUESTS, "/v1/chat/completions", "gpt", status)
    found = parse(render(metrics.snapshot()))[REQUESTS.name].of(REQUESTS.name)
    common = (("endpoint", "/v1/chat/completions"), ("model", "gpt"))
    assert found == {(*common, ("status", "200")): 2, (*common, ("status", "429")): 1}


def test_a_histogram_puts_a_duration_into_the_first_bucket_that_holds_it() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.0051, 400.0):
        metrics.observe(DURATION, seconds, "/v1/embeddings")
    metrics.observe(DURATION, 1.0, "/v1/chat/completions")
    family = parse(render(metrics.snapshot()))[DURATION.name]
    buckets = {
        float(dict(labels)["le"]): value
        for labels, value in family.of(f"{DURATION.name}_bucket").items()
        if ("endpoint", "/v1/embeddings") in labels
    }
    assert list(buckets) == [*SECONDS_BUCKETS, float("inf")]
    assert (buckets[0.005], buckets[0.01], buckets[300.0], buckets[float("inf")]) == (1, 2, 2, 3)
    of_embeddings = (("endpoint", "/v1/embeddings"),)
    assert family.of(f"{DURATION.name}_sum")[of_embeddings] == pytest.approx(400.0101)
    assert family.of(f"{DURATION.name}_count")[of_embeddings] == 3
    assert not parse(render(metrics.snapshot()))[FIRST_BYTE.name].samples


@pytest.mark.parametrize(
    "label", ['say "hi"', "back\\slash", "two\nlines", "\\n", "ação", "a,b={}"]
)
def test_any_label_is_read_back_as_it_was(label: str) -> None:
    metrics = Metrics()
    metrics.count(REFUSALS, label)
    page = render(metrics.snapshot(), [(QUEUE_DEPTH, (label,), 1)])
    assert parse(page)[REFUSALS.name].of(REFUSALS.name) == {(("reason", label),): 1}
    assert parse(page)[QUEUE_DEPTH.name].of(QUEUE_DEPTH.name) == {(("queue", label),): 1}


def test_a_label_cannot_reach_into_another_and_is_cut_at_its_limit() -> None:
    metrics = Metrics()
    metrics.count(REQUESTS, "a\x1fb", "m" * 500, "200")
    found = parse(render(metrics.snapshot()))[REQUESTS.name].of(REQUESTS.name)
    expected = (("endpoint", "a b"), ("model", "m" * MAX_LABEL_CHARACTERS), ("status", "200"))
    assert found == {expected: 1}


def test_gauges_come_with_their_headers_once() -> None:
    gauges = [(UP, ("redis",), 0.0), (UP, ("queue",), 1.0), (TOKENS_USED, (), 10_000_000_000_000)]
    families = parse(render({}, gauges))
    assert families[UP.name].kind == "gauge"
    assert families[UP.name].of(UP.name) == {
        (("component", "redis"),): 0,
        (("component", "queue"),): 1,
    }
    assert families[TOKENS_USED.name].of(TOKENS_USED.name) == {(): 10_000_000_000_000}


def test_what_was_handed_over_is_handed_over_once_and_can_be_put_back() -> None:
    metrics = Metrics()
    metrics.count(REFUSALS, "invalid_api_key", amount=2)
    taken = metrics.take_unpublished()
    assert list(taken.values()) == [2]
    assert metrics.take_unpublished() == {}
    metrics.put_back(taken)
    metrics.count(REFUSALS, "invalid_api_key")
    assert list(metrics.take_unpublished().values()) == [3]
    assert list(metrics.snapshot().values()) == [3]


def test_every_metric_has_a_name_of_its_own_and_the_products_prefix() -> None:
    known = [metric.name for metric in (*PUBLISHED, *MEASURED)]
    assert len(set(known)) == len(known)
    assert all(name.startswith("ia_solaris_") for name in known)


def test_models_beyond_the_most_are_counted_as_other() -> None:
    metrics = Metrics()
    known = [metrics.model_label(f"m{n}", answered=True) for n in range(MAX_MODELS)]
    assert known == [f"m{n}" for n in range(MAX_MODELS)]
    assert metrics.model_label("one-more", answered=True) == OTHER_MODELS
    assert metrics.model_label("m7", answered=False) == "m7"


def test_models_that_nobody_answered_for_leave_room_for_those_that_exist() -> None:
    metrics = Metrics()
    labels = {metrics.model_label(f"made-up-{n}", answered=False) for n in range(10 * MAX_MODELS)}
    assert len(labels - {OTHER_MODELS}) == MAX_UNANSWERED_MODELS
    assert metrics.model_label("gpt", answered=True) == "gpt"


def test_a_long_name_is_one_model_however_it_goes_on() -> None:
    metrics = Metrics()
    start = "m" * MAX_LABEL_CHARACTERS
    assert {metrics.model_label(start + end, answered=True) for end in "abc"} == {start}


def test_a_correction_downwards_is_set_off_against_what_comes_later() -> None:
    metrics = Metrics()
    totals = []
    for amount in (100, -30, 10, 25, -5, 5):
        metrics.count(TOKENS_CHARGED, "gpt", amount=amount)
        totals.append(metrics.snapshot()[f"{TOKENS_CHARGED.name}\x1fgpt"])
    assert totals == [100, 100, 100, 105, 105, 105]
    assert sum(metrics.take_unpublished().values()) == 105


def test_what_has_no_room_is_counted_with_the_other_models_and_its_other_labels() -> None:
    metrics = Metrics()
    metrics.count(REQUESTS, "/v1/embeddings", "made-up", "200")
    metrics.count(TOKENS, "made-up", "prompt")
    metrics.count(REFUSALS, "invalid_api_key")
    found = overflow_fields(metrics.take_unpublished())
    assert found == {
        f"{REQUESTS.name}\x1f/v1/embeddings\x1fmade-up\x1f200": (
            f"{REQUESTS.name}\x1f/v1/embeddings\x1fother\x1f200"
        ),
        f"{TOKENS.name}\x1fmade-up\x1fprompt": f"{TOKENS.name}\x1fother\x1fprompt",
        f"{REFUSALS.name}\x1finvalid_api_key": f"{REFUSALS.name}\x1finvalid_api_key",
    }
