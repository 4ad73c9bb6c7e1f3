"""`solaris models`: weights set, tried out, removed, refused."""

import json

from solaris.app import Parts
from tests.functional.cli.cli_support import (
    ANA,
    error_of,
    event,
    parts_fixture,
    run,
    store_fixture,
)

__all__ = ["parts_fixture", "store_fixture"]

PT = "pt-BR"


def weights() -> dict[str, object]:
    found: dict[str, object] = json.loads(run("models", "weights", "--json").stdout)
    return found


def test_a_weight_is_set_shown_and_removed(parts: Parts) -> None:
    assert "each token counts once" in run("models", "weights").stdout
    out = run("models", "set-weight", "GPT-5*", "5", "--reason", "list price").stdout
    assert "gpt-5* counts 5×" in out
    run("models", "set-weight", "o3", "2", "--completion", "8", "--cached", "0.5")
    run("models", "set-weight", "llama*", "0")
    assert weights()["weights"] == {
        "gpt-5*": 5,
        "o3": {"prompt": 2, "completion": 8, "cached": 0.5},
        "llama*": 0,
    }
    shown = run("models", "weights", lang=PT).stdout
    assert "2× + 8× (cache 0,5×)" in shown
    assert "de graça" in shown
    assert "peso de o3 removido" in run("models", "remove-weight", "o3", lang=PT).stdout
    assert "o3" not in str(weights())
    assert parts.ledger.weighing.stated().version == 4


def test_a_dry_run_says_what_would_change_and_changes_nothing(parts: Parts) -> None:
    run("users", "create", ANA)
    parts.ledger.recorder.record_one(event(parts, "req-1", 1_000))
    out = run("models", "set-weight", "*", "2.5", "--dry-run").stdout
    assert "1,000 tokens charged, would have been 2,500 (150.0 % more)" in out
    assert "users over their quota: 0 of 1; because of this: 0" in out
    assert weights() == {"version": 0, "changedBy": None, "weights": {}}
    found = json.loads(run("models", "set-weight", "*", "0.5", "--dry-run", "--json").stdout)
    assert (found["wouldCharge"], found["percent"]) == (500, -50)
    assert "1.000" in run("models", "list", lang=PT).stdout


def test_what_is_no_weight_is_refused(parts: Parts) -> None:
    for wrong in ("-1", "2000", "five", "auto:", "0.0001"):
        error = error_of("models", "set-weight", "--", "big", wrong)
        assert "weight" in error or "auto:" in error
    assert "três decimais" in error_of("models", "set-weight", "big", "muito", lang=PT)
    assert "no weight for big" in error_of("models", "remove-weight", "big")
    assert parts.ledger.weighing.stated().version == 0
