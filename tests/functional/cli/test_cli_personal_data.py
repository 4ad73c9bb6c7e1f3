"""`solaris users export-data` and `delete`: a person gets their data, and is erased."""

import json
import stat
from pathlib import Path
from typing import Any

from solaris.app import Parts
from solaris.quota.user import UserStatus
from tests.functional.cli.cli_support import (
    ANA,
    ANA_ID,
    event,
    parts_fixture,
    run,
    store_fixture,
    stored,
)

__all__ = ["parts_fixture", "store_fixture"]


def use(parts: Parts, requests: int) -> None:
    parts.platform.files.create()
    run("users", "create", ANA, "--name", "Ana Lima")
    for n in range(requests):
        parts.ledger.recorder.record_one(event(parts, f"r-{n}", ip_address="10.1.1.1"))


def exported(path: Path) -> Any:
    run("users", "export-data", ANA, "--out", str(path))
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_file_is_whole_valid_and_readable_by_nobody_else(parts: Parts, tmp_path: Path) -> None:
    use(parts, 5)
    path = tmp_path / "ana.json"
    found = exported(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert found["account"]["email"] == ANA
    assert {one["requestId"] for one in found["usage"]} == {f"r-{n}" for n in range(5)}
    assert found["usage"][0]["ipAddress"] == "10.1.1.1"
    assert (found["keys"], found["mailSuppression"]) == ([], None)
    assert {one["action"] for one in found["audit"]} == {"user.create", "user.export_data"}
    kept = path.read_bytes()
    refused = run("users", "export-data", ANA, "--out", str(path), code=2)
    assert "exists" in refused.stderr
    assert path.read_bytes() == kept


def test_nobody_gets_no_file(parts: Parts, tmp_path: Path) -> None:
    path = tmp_path / "nobody.json"
    run("users", "export-data", "nobody@example.com", "--out", str(path), code=1)
    assert not path.exists()


def test_delete_asks_and_then_erases(parts: Parts, tmp_path: Path) -> None:
    use(parts, 3)
    run("users", "delete", ANA, stdin="n\n", code=1)
    assert stored(parts).status is UserStatus.ACTIVE
    out = run("users", "delete", ANA, "--reason", "asked for it", stdin="y\n").stdout
    assert "3 usage records anonymised" in out
    user = stored(parts)
    assert (user.status, user.email, user.name) == (
        UserStatus.DELETED,
        f"deleted-{ANA_ID[:8]}@invalid",
        "",
    )
    found = exported(tmp_path / "after.json")
    assert {one["ipAddress"] for one in found["usage"]} == {None}
    assert ANA not in json.dumps({**found, "audit": []})
    run("users", "delete", ANA, "--yes")
