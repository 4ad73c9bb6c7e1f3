"""Prometheus' own checker has no complaint of the rules, the scrape file and the metrics' page."""

import shutil
import subprocess

import httpx
import pytest

from tests.e2e.local_system import ROOT, LocalSystem

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "infra" / "observability"


def promtool(*arguments: str, stdin: str = "") -> str:
    """What it says, on both outputs; the test fails when it has a complaint."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not there (Debian: in the package prometheus)")
    done = subprocess.run(
        [program, *arguments],
        input=stdin,
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "what", [("rules", "alert-rules.yml"), ("config", "prometheus.yml")], ids=lambda what: what[0]
)
def test_promtool_takes_our_files(what: tuple[str, str]) -> None:
    said = promtool("check", *what, *(["--lint=all", "--lint-fatal"] if what[0] == "rules" else []))
    assert "SUCCESS" in said


def test_promtool_has_no_complaint_of_the_metrics(system: LocalSystem) -> None:
    """A person and a refusal first, so that the page holds what a day leaves on it."""
    headers = {"authorization": f"Bearer {system.printed_key}", "x-user-email": "tool@example.com"}
    body = {"model": "demo-priced", "messages": [{"role": "user", "content": "Oi"}]}
    for asked in ({}, {"model": 1}):
        httpx.post(
            f"{system.url}/v1/chat/completions", json=body | asked, headers=headers, timeout=120
        )
    page = httpx.get(f"{system.url}/metrics", timeout=120).text
    assert promtool("check", "metrics", stdin=page) == ""


def test_promtool_would_complain() -> None:
    with pytest.raises(AssertionError, match="no help text"):
        promtool("check", "metrics", stdin="# TYPE things_total counter\nthings_total 1\n")
