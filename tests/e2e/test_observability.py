"""The dashboard and the alert rules ask for metrics and labels that the running system has."""

import json
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import httpx
import promql_parser as promql
import pytest
import yaml

from solaris.platform.metrics import (
    ADMIN_REQUESTS,
    ALERT_MAILS,
    ALERTS,
    COST,
    FIRST_BYTE,
    LOGIN_FAILURES,
    MEASURED,
    PUBLISHED,
    REFUSALS,
    TOKENS_CHARGED,
    UNMAPPED_GROUPS,
    UNWELL,
    USERS,
    Definition,
)
from tests.e2e.local_system import ROOT, LocalSystem
from tests.unit.platform.exposition import Family, parse

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "infra" / "observability"
COUNTED_SECONDS = 20
# Prometheus' own: `up` of each target, and the labels that it adds to every series.
FOREIGN_METRICS = {"up"}
SCRAPE_LABELS = {"job", "instance"}
GRAFANA_VARIABLES = {"$__rate_interval": "5m", "$job": "ia-solaris"}
NEEDED = (ADMIN_REQUESTS, ALERTS, ALERT_MAILS, COST, FIRST_BYTE, LOGIN_FAILURES, REFUSALS, USERS)
# A model with a price (conftest.py), so that there is a cost.
MODEL = "demo-priced"

# Metrics that the dashboard does without, and why.
LEFT_OUT = {
    UNWELL.name: "each reason is an alert (SolarisUnwell); the timeline shows who answers",
    UNMAPPED_GROUPS.name: "counted once a process and header: the log says what to map",
}

Pages = dict[str, Family]


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
    return loaded


def rules() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((FOLDER / "alert-rules.yml").read_text("utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def queries() -> list[tuple[str, str, str]]:
    """Title, expression and legend of every query of the dashboard."""
    return [
        (panel["title"], target["expr"], target["legendFormat"])
        for panel in dashboard()["panels"]
        for target in panel.get("targets", [])
    ]


def plain(expression: str) -> str:
    """An expression with Grafana's variables filled in."""
    for variable, value in GRAFANA_VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def expressions() -> dict[str, str]:
    asked = {f"rule {rule['alert']}": rule["expr"] for rule in rules()}
    for number, (title, expression, _) in enumerate(queries()):
        asked[f"panel {title} {number}"] = plain(expression)
    return asked


def nodes(tree: Any) -> Iterator[Any]:
    """A parsed expression and everything in it."""
    yield tree
    children = [
        *(getattr(tree, name, None) for name in ("lhs", "rhs", "expr", "param", "vector_selector")),
        *getattr(tree, "args", ()),
    ]
    for child in children:
        if child is not None:
            yield from nodes(child)


def selectors(tree: Any) -> list[Any]:
    return [one for one in nodes(tree) if isinstance(one, promql.VectorSelector)]


def labels_of(pages: Pages) -> dict[str, set[str]]:
    """Every sample name of the page with its labels."""
    found: dict[str, set[str]] = defaultdict(set)
    for family in pages.values():
        for name, labels in family.samples:
            found[name] |= {key for key, _ in labels}
    return found


def traffic(system: LocalSystem) -> None:
    """Something of everything that is counted."""
    name = uuid.uuid4().hex[:8]
    few, many = f"few-{name}@example.com", f"many-{name}@example.com"
    system.cli("users", "create", few, "--limit", "1000")
    key = f"Bearer {system.printed_key}"
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Oi"}]}
    with httpx.Client(base_url=system.url, timeout=30) as client:
        chat = "/v1/chat/completions"
        headers = {"authorization": key, "x-user-email": many, "x-user-department": name}
        assert client.post(chat, json=body, headers=headers).status_code == 200
        headers = {"authorization": key, "x-user-email": few}
        over = {"model": "demo-embedding", "input": " um" * 900}  # over the threshold
        assert client.post("/v1/embeddings", json=over, headers=headers).status_code == 200
        assert client.post(chat, json=body).status_code == 401
        wrong = {"email": "nobody@example.com", "password": "not-the-password"}
        assert client.post("/api/auth/login", json=wrong).status_code == 401
    system.cli("reconcile")
    system.cli("backup", str(system.data_dir / f"{name}.gz"))


def sample_count(pages: Pages, metric: Definition) -> int:
    return len(pages[metric.name].samples)


@pytest.fixture(scope="module")
def pages(system: LocalSystem) -> Pages:
    """The page of a system that has had traffic, once all of it is counted."""
    traffic(system)
    deadline = time.monotonic() + COUNTED_SECONDS
    while True:
        found = parse(httpx.get(f"{system.url}/metrics", timeout=15).text)
        missing = [metric.name for metric in NEEDED if not sample_count(found, metric)]
        if not missing:
            return found
        assert time.monotonic() < deadline, f"never counted: {missing}"


def test_the_page_has_every_metric_and_no_other(pages: Pages) -> None:
    assert set(pages) == {metric.name for metric in (*PUBLISHED, *MEASURED)}


def test_every_metric_has_the_labels_it_is_defined_with(pages: Pages) -> None:
    for metric in (*PUBLISHED, *MEASURED):
        samples = pages[metric.name].samples
        assert samples, f"{metric.name} was never counted"
        for _, labels in samples:
            assert {key for key, _ in labels} - {"le"} == set(metric.labels)


@pytest.mark.parametrize("where", sorted(expressions()))
def test_an_expression_asks_for_metrics_and_labels_that_exist(where: str, pages: Pages) -> None:
    tree = promql.parse(expressions()[where])
    known = labels_of(pages)
    found = selectors(tree)
    assert found
    within: set[str] = set(SCRAPE_LABELS)
    for selector in found:
        assert selector.name in known.keys() | FOREIGN_METRICS, selector.name
        labels = known.get(selector.name, set()) | SCRAPE_LABELS
        within |= labels
        for matcher in selector.matchers.matchers:
            assert matcher.name in labels, f"{selector.name} has no label {matcher.name}"
    for node in nodes(tree):
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql.AggregateExpr) and modifier is not None:
            own = set().union(*(known.get(one.name, set()) for one in selectors(node.expr)))
            assert set(modifier.labels) <= own | SCRAPE_LABELS, where
        elif isinstance(node, promql.BinaryExpr) and modifier and modifier.matching:
            assert set(modifier.matching.labels) <= within, where


def matched_values(selector: Any, pages: Pages) -> list[str]:
    """Fixed values that a selector asks of labels whose values are known before any traffic."""
    return [
        matcher.value
        for matcher in selector.matchers.matchers
        if matcher.name in ("queue", "component") and matcher.op == promql.MatchOp.Equal
    ]


@pytest.mark.parametrize("where", sorted(expressions()))
def test_a_queue_or_component_that_is_asked_for_exists(where: str, pages: Pages) -> None:
    for selector in selectors(promql.parse(expressions()[where])):
        for value in matched_values(selector, pages):
            values = {v for _, labels in pages[selector.name].samples for _, v in labels}
            assert value in values


@pytest.mark.parametrize("where", sorted(expressions()))
def test_a_rate_is_taken_of_counters_only(where: str, pages: Pages) -> None:
    kinds = {name: family.kind for name, family in pages.items()}
    for node in nodes(promql.parse(expressions()[where])):
        if isinstance(node, promql.Call) and node.func.name in ("rate", "increase"):
            for selector in selectors(node):
                base = selector.name.removesuffix("_bucket")
                assert kinds[base] in ("counter", "histogram"), selector.name


def test_a_legend_names_labels_that_its_query_leaves() -> None:
    for title, expression, legend in queries():
        named = {part.split("}}")[0].strip() for part in legend.split("{{")[1:]}
        kept = {
            label
            for node in nodes(promql.parse(plain(expression)))
            if isinstance(node, promql.AggregateExpr) and node.modifier is not None
            for label in node.modifier.labels
        }
        assert named <= kept, title


def test_every_metric_is_on_the_dashboard_or_left_out_for_a_reason() -> None:
    asked = {
        selector.name.removesuffix("_bucket")
        for _, expression, _ in queries()
        for selector in selectors(promql.parse(plain(expression)))
    }
    assert asked | LEFT_OUT.keys() == {metric.name for metric in (*PUBLISHED, *MEASURED)}
    assert not asked & LEFT_OUT.keys()


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    board = dashboard()
    panels = board["panels"]
    assert board["schemaVersion"] >= 39
    assert len({panel["id"] for panel in panels}) == len(panels)
    variables = {one["name"]: one for one in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_what_it_is_and_where_to_begin(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["for"]
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert all(rule["annotations"].values())


def test_rules_have_names_of_their_own() -> None:
    named = [rule["alert"] for rule in rules()]
    assert len(set(named)) == len(named)


def test_the_scrape_config_reads_the_rules_and_the_page() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    assert [(FOLDER / name).exists() for name in config["rule_files"]] == [True]
    (job,) = config["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    jobs = {
        matcher.value
        for rule in rules()
        for selector in selectors(promql.parse(rule["expr"]))
        for matcher in selector.matchers.matchers
        if matcher.name == "job"
    }
    assert jobs == {job["job_name"]}


def test_tokens_are_counted_as_they_are_booked(system: LocalSystem, pages: Pages) -> None:
    """A model of its own: what its counter says is what its users were charged."""
    model = f"demo-tokens-{200 + uuid.uuid4().int % 1000}"
    email = f"books-{uuid.uuid4().hex[:8]}@example.com"
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": email}
    body = {"model": model, "messages": [{"role": "user", "content": "Oi"}]}

    def charged() -> float:
        page = parse(httpx.get(f"{system.url}/metrics", timeout=15).text)
        return page[TOKENS_CHARGED.name].of(TOKENS_CHARGED.name).get((("model", model),), 0)

    before = charged()
    for _ in range(3):
        sent = httpx.post(f"{system.url}/v1/chat/completions", json=body, headers=headers)
        assert sent.status_code == 200
    booked = system.booked_user(email, records=3)["currentUsage"]
    assert booked > 0
    deadline = time.monotonic() + COUNTED_SECONDS
    while (counted := charged() - before) != booked and time.monotonic() < deadline:
        pass
    assert counted == booked
