"""`make audit`: what could not be asked is never taken for nothing found."""

import json

import pytest

from infra.audit import FOUND, NOT_ASKED, Verdict, of_npm, of_python, tell

CLEAN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def test_pip_audit_is_read() -> None:
    assert of_python(json.dumps({"dependencies": [CLEAN]})) == Verdict()
    found = of_python(json.dumps({"dependencies": [CLEAN, BAD]}))
    assert found == Verdict(("b 2: PYSEC-1", "b 2: PYSEC-2"))
    half = of_python(json.dumps({"dependencies": [CLEAN, BAD, SKIPPED]}))
    assert (half.found, half.not_asked) == (found.found, "1 of 3 packages: not found")


def test_npm_is_read() -> None:
    assert of_npm('{"vulnerabilities": {}}') == Verdict()
    assert of_npm('{"vulnerabilities": {"x": {"severity": "high"}}}') == Verdict(("x: high",))
    assert of_npm('{"message": "405 Method Not Allowed", "error": {}}').not_asked.startswith("405")
    assert of_npm('{"error": {"summary": "audit endpoint returned an error"}}').not_asked


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", "{}", '{"dependencies": []}'])
def test_no_answer_is_none(answer: str) -> None:
    assert of_python(answer).not_asked
    assert of_npm(answer).not_asked


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict(), Verdict()], 0),
        ([Verdict(), Verdict(not_asked="405")], NOT_ASKED),
        ([Verdict(("b 2: PYSEC-1",)), Verdict(not_asked="405")], FOUND),
    ],
)
def test_the_exit_code_tells_the_worst(
    verdicts: list[Verdict], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell({str(number): one for number, one in enumerate(verdicts)}) == code
    said = capsys.readouterr().out
    assert said.count("nothing known") == verdicts.count(Verdict())
    assert ("COULD NOT BE ASKED" in said) is any(one.not_asked for one in verdicts)
