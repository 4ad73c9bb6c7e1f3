"""A strict reader of Prometheus' text format 0.0.4, for tests."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (\S+)", re.ASCII)
KINDS = {"counter", "gauge", "histogram", "untyped"}

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
