"""The exposition format, read back by a strict parser, and the counting behind it."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from solaris.metrics import (
    DURATION,
    FIRST_BYTE,
    MAX_LABEL_CHARACTERS,
    PUBLISHED,
    QUEUE_DEPTH,
    REFUSALS,
    REQUESTS,
    SECONDS_BUCKETS,
    TOKENS_USED,
    UP,
    Metrics,
    render,
)

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (\S+)", re.ASCII)
KINDS = {"counter", "gauge", "histogram"}

Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    help: str
    kind: str = ""
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

    def of(self, name: str) -> dict[Labels, float]:
        return {labels: value for (one, labels), value in self.samples.items() if one == name}


def parse(page: str) -> dict[str, Family]:
    """Read a page of the text format 0.0.4; raises ValueError on anything out of place."""
    if not page.endswith("\n"):
        raise ValueError("the last line needs its end")
    families: dict[str, Family] = {}
    current = ""
    for line in page.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            current, help_text = line.removeprefix("# HELP ").split(" ", 1)
            if current in families:
                raise ValueError(f"HELP twice: {current}")
            families[current] = Family(help_text)
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            if name != current or families[name].kind or kind not in KINDS:
                raise ValueError(f"TYPE out of place: {line}")
            families[name].kind = kind
        else:
            _read_sample(line, current, families)
    for name, family in families.items():
        if family.kind == "histogram":
            _check_histogram(name, family)
    return families


def _read_sample(line: str, current: str, families: dict[str, Family]) -> None:
    found = SAMPLE.fullmatch(line)
    if not found or not current or not families[current].kind:
        raise ValueError(f"no sample: {line}")
    family = families[current]
    ends = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
    if found[1] not in {current + end for end in ends}:
        raise ValueError(f"{found[1]} is outside its family {current}")
    labels = tuple((key, _plain(value)) for key, value in re.findall(LABEL, found[2] or ""))
    if len({key for key, _ in labels}) != len(labels) or (found[1], labels) in family.samples:
        raise ValueError(f"a label or a sample twice: {line}")
    family.samples[found[1], labels] = float(found[found.lastindex or 0])


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], value)


def _check_histogram(name: str, family: Family) -> None:
    series: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in family.of(f"{name}_bucket").items():
        rest = tuple(pair for pair in labels if pair[0] != "le")
        series.setdefault(rest, []).append((float(dict(labels)["le"]), value))
    counts, sums = family.of(f"{name}_count"), family.of(f"{name}_sum")
    if not series.keys() == counts.keys() == sums.keys():
        raise ValueError(f"{name}: buckets, sums and counts of different series")
    for labels, buckets in series.items():
        if any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(buckets)):
            raise ValueError(f"{name}: le must rise, counts must not fall")
        if buckets[-1] != (float("inf"), counts[labels]):
            raise ValueError(f"{name}: +Inf is not the count")


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
