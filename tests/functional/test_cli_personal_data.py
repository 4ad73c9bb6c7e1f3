"""`solaris users export-data` and `delete`: a person gets their data, and is erased."""

import json
import stat
from pathlib import Path
from typing import Any

from solaris.domain.users import UserStatus
from solaris.wiring import Wiring
from tests.functional.cli_support import (
    ANA,
    ANA_ID,
    event,
    run,
    store_fixture,
    stored,
    wiring_fixture,
)

__all__ = ["store_fixture", "wiring_fixture"]


def use(wiring: Wiring, requests: int) -> None:
    wiring.files.create()
    run("users", "create", ANA, "--name", "Ana Lima")
    for n in range(requests):
        wiring.recorder.record_one(event(wiring, f"r-{n}", ip_address="10.1.1.1"))


def exported(path: Path) -> Any:
    run("users", "export-data", ANA, "--out", str(path))
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_file_is_whole_valid_and_readable_by_nobody_else(
    wiring: Wiring, tmp_path: Path
) -> None:
    use(wiring, 5)
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


def test_nobody_gets_no_file(wiring: Wiring, tmp_path: Path) -> None:
    path = tmp_path / "nobody.json"
    run("users", "export-data", "nobody@example.com", "--out", str(path), code=1)
    assert not path.exists()


def test_delete_asks_and_then_erases(wiring: Wiring, tmp_path: Path) -> None:
    use(wiring, 3)
    run("users", "delete", ANA, stdin="n\n", code=1)
    assert stored(wiring).status is UserStatus.ACTIVE
    out = run("users", "delete", ANA, "--reason", "asked for it", stdin="y\n").stdout
    assert "3 usage records anonymised" in out
    user = stored(wiring)
    assert (user.status, user.email, user.name) == (
        UserStatus.DELETED,
        f"deleted-{ANA_ID[:8]}@invalid",
        "",
    )
    found = exported(tmp_path / "after.json")
    assert {one["ipAddress"] for one in found["usage"]} == {None}
    assert ANA not in json.dumps({**found, "audit": []})
    run("users", "delete", ANA, "--yes")
