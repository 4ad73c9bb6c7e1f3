"""States have the same names everywhere: health, metrics, rules, doctor, the page about them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml

from infra.documents.state_texts import state_texts
from solaris.operations import health
from solaris.operations.doctor import Diagnosis
from solaris.operations.health import Finding, Health
from solaris.operations.states import REASONS, SILENT, Status
from solaris.platform.metrics import UNWELL, Metrics
from solaris.platform.texts import Locale
from tests.unit.operations.test_health import FakeCache, clock
from tests.unit.operations.test_metrics_page import page_of

FOLDER = Path(__file__).resolve().parents[3] / "infra/observability"
PARTS = ("database", "redis", "litellm", "queue", "system")


def rows() -> dict[str, list[str]]:
    """The page's table, by reason."""
    lines = (FOLDER / "STATES.md").read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_page_says_what_the_table_says() -> None:
    assert rows() == {
        code: [one.part, one.status, one.what, one.what_pt, one.remedy, one.remedy_pt]
        for code, one in REASONS.items()
    }


def test_the_site_has_the_same_words() -> None:
    """In both languages, made by `make api-types`; the site falls back on none."""
    file = FOLDER.parents[1] / "admin_site/src/features/settings/reasons.json"
    assert file.read_text(encoding="utf-8") == state_texts()
    found = json.loads(file.read_text(encoding="utf-8"))
    assert set(found) == set(REASONS)
    for texts in found.values():
        assert set(texts) == {"pt-BR", "en"}
        assert all(texts[locale][what] for locale in texts for what in ("what", "remedy"))
        assert texts["pt-BR"]["what"] != texts["en"]["what"]


def test_every_part_has_a_reason_for_its_silence() -> None:
    assert set(SILENT) == set(PARTS)
    assert {REASONS[code].part for code in SILENT.values()} == set(PARTS)
    assert all(REASONS[code].part == part for part, code in SILENT.items())


def test_whatever_is_not_healthy_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check as it fails: no state without a name, and none that is worse than it says."""

    def fails() -> Finding:
        raise ConnectionError

    report = Health(dict.fromkeys(PARTS, fails), version="1", clock=clock).report()
    for part, result in report.checks.items():
        assert result.finding.reasons == (SILENT[part],)
    assert health.check_upstream(None, None).reasons == ("upstream_missing",)
    away = health.check_redis(cast("Any", FakeCache(answers=False)))
    assert (away.reasons, away.status) == (("cache_silent",), REASONS["cache_silent"].status)


def test_metrics_tell_the_reason() -> None:
    checks: dict[str, Callable[[], Finding]] = {
        "queue": lambda: Finding(Status.DEGRADED, {}, reasons=("queue_stalled", "dead_letters")),
        "database": lambda: Finding(Status.UNHEALTHY, {}, reasons=("store_silent",)),
        "redis": lambda: Finding(Status.HEALTHY),
    }
    page = page_of(Health(checks, version="1", clock=clock), None, FakeCache(), Metrics())
    lines = [one for one in page.splitlines() if one.startswith(f"{UNWELL.name}{{")]
    assert sorted(lines) == [
        'ia_solaris_unwell{component="database",reason="store_silent"} 2',
        'ia_solaris_unwell{component="queue",reason="dead_letters"} 1',
        'ia_solaris_unwell{component="queue",reason="queue_stalled"} 1',
        'ia_solaris_unwell{component="redis",reason="none"} 0',
    ]


def test_a_rule_tells_of_each_and_names_the_page() -> None:
    loaded = yaml.safe_load((FOLDER / "alert-rules.yml").read_text("utf-8"))
    rules = {rule["alert"]: rule for group in loaded["groups"] for rule in group["rules"]}
    rule = rules["SolarisUnwell"]
    assert UNWELL.name in rule["expr"]
    assert "STATES.md" in rule["annotations"]["runbook"]


@dataclass
class Said:
    """What the running system answers."""

    body: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.body


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_the_doctor_says_the_same(locale: Locale, monkeypatch: pytest.MonkeyPatch) -> None:
    part = {"status": "degraded", "reasons": ["queue_stalled"], "detail": "not taken: usage"}
    body = {"status": "degraded", "checks": {"queue": part, "redis": {"status": "healthy"}}}
    monkeypatch.setattr(httpx, "get", lambda *_, **__: Said(body))
    nobody = cast("Any", None)
    diagnosis = Diagnosis(
        settings=nobody,
        dynamodb=nobody,
        queues=nobody,
        cache=nobody,
        keys=nobody,
        backups=nobody,
        running_url="http://127.0.0.1:1",
        locale=locale,
    )
    (check,) = diagnosis._running()
    assert not check.is_well
    assert not check.needed
    reason, is_english = REASONS["queue_stalled"], locale == "en"
    assert (reason.what if is_english else reason.what_pt) in check.detail
    assert check.remedy == f"queue_stalled: {reason.remedy if is_english else reason.remedy_pt}"
