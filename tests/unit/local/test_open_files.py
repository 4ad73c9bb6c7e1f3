"""Open files: what is started here may have as many as the system allows."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import __main__ as runner
from infra.local.run.preflight import MAX_OPEN_FILES, raise_open_files

ROOT = Path(__file__).resolve().parents[3]
_ASKS_A_CHILD = """
import resource, subprocess, sys
from infra.local.run.preflight import raise_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))
assert raise_open_files() == {wanted}
told = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
print(subprocess.check_output([sys.executable, "-c", told], text=True))
"""


@pytest.mark.parametrize("hard", [512, 4_096])
def test_the_soft_limit_is_raised_to_the_hard_one_for_all_that_is_started(hard: int) -> None:
    code = _ASKS_A_CHILD.format(hard=hard, wanted=hard)
    told = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT, timeout=60)
    assert int(told) == hard


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ((1_024, resource.RLIM_INFINITY), MAX_OPEN_FILES),
        ((1_024, 1_048_576), MAX_OPEN_FILES),
        ((MAX_OPEN_FILES + 1, 1_048_576), None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
    ],
)
def test_it_is_bounded_and_never_lowered(
    monkeypatch: pytest.MonkeyPatch, now: tuple[int, int], then: int | None
) -> None:
    done: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: now)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: done.append(limits))
    assert raise_open_files() == (then or now[0])
    assert done == ([] if then is None else [(then, now[1])])


def test_a_limit_that_cannot_be_changed_is_no_reason_not_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "not permitted")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_open_files() == 1_024


def test_the_runner_does_it_before_anything_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    class _EnoughError(Exception):
        pass

    def reached() -> int:
        raise _EnoughError

    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(runner, "raise_open_files", reached)
    monkeypatch.setattr(sys, "argv", ["infra.local"])
    with pytest.raises(_EnoughError):
        runner.main()


def test_the_installed_unit_allows_as_many() -> None:
    unit = (ROOT / "infra/server/ia-solaris.service").read_text(encoding="utf-8")
    assert f"LimitNOFILE={MAX_OPEN_FILES}" in unit.splitlines()
