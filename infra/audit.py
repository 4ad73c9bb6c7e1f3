"""Known vulnerabilities of what is locked: `make audit`, or `python -m infra.audit UV NPM`.

Asks PyPI (pip-audit) and npm. A mirror need not have that data: what could not be asked is told
apart from what was found, and is never taken for nothing found.

    0 asked, nothing found    1 something was found    3 not everything could be asked
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-cloud.lock")
NPM_FOLDERS = ("admin_site", "infra/local/store/tables")
SECONDS = 600
FOUND, NOT_ASKED = 1, 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one list says: what was found, and why it says nothing, if so."""

    found: tuple[str, ...] = ()
    not_asked: str = ""


def of_python(answer: str) -> Verdict:
    """Read pip-audit's JSON."""
    told = _object(answer)
    packages = told.get("dependencies")
    if not packages:
        return Verdict(not_asked="no answer")
    skipped = [one for one in packages if "skip_reason" in one]
    found = tuple(
        f"{one['name']} {one['version']}: {vulnerability['id']}"
        for one in packages
        for vulnerability in one.get("vulns", ())
    )
    if not skipped:
        return Verdict(found)
    first = skipped[0]["skip_reason"]
    return Verdict(found, f"{len(skipped)} of {len(packages)} packages: {first}")


def of_npm(answer: str) -> Verdict:
    """Read npm's JSON."""
    told = _object(answer)
    if "vulnerabilities" not in told:
        error = told.get("error") or {}
        said = told.get("message") or (error.get("summary") if isinstance(error, dict) else error)
        return Verdict(not_asked=str(said or "no answer"))
    return Verdict(
        tuple(f"{name}: {one['severity']}" for name, one in told["vulnerabilities"].items())
    )


def _object(answer: str) -> dict[str, Any]:
    try:
        told = json.loads(answer)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def tell(verdicts: dict[str, Verdict]) -> int:
    """Print what each list says; returns the exit code."""
    for name, verdict in verdicts.items():
        for one in verdict.found:
            _say(f"[solaris] {name}: FOUND {one}")
        if verdict.not_asked:
            _say(f"[solaris] {name}: COULD NOT BE ASKED ({verdict.not_asked})")
        elif not verdict.found:
            _say(f"[solaris] {name}: nothing known")
    if any(one.found for one in verdicts.values()):
        return FOUND
    if any(one.not_asked for one in verdicts.values()):
        _say("[solaris] this says nothing about what could not be asked: SECURITY.md, “The audit”")
        return NOT_ASKED
    return 0


def main() -> int:
    """Ask for every lock file; the arguments are the commands of uv and npm."""
    uv, npm = sys.argv[1:3]
    audit = [uv, "tool", "run", "--quiet", "pip-audit", "--disable-pip", "-f", "json"]
    options = ["--progress-spinner", "off", "-r"]
    verdicts = {name: of_python(_said([*audit, *options, name])) for name in PYTHON_LOCKS}
    for folder in NPM_FOLDERS:
        asked = [npm, "--prefix", folder, "audit", "--json", "--package-lock-only"]
        verdicts[folder] = of_npm(_said(asked))
    return tell(verdicts)


if __name__ == "__main__":
    sys.exit(main())
