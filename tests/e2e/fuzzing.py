"""Schemathesis against a running system: `python -m tests.e2e.fuzzing --cases 10000`.

Its command line in a process of its own, because a run changes warnings, logging and random
state of its process. All checks are on; fuzzing_hooks.py has the exceptions, each with its reason.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from solaris.quota.user import user_id_for
from tests.e2e.fuzzing_hooks import ANY, ONE_IN, OWN_EMAIL, PAIRS
from tests.e2e.local_system import LocalSystem, running
from tests.e2e.mail_events import bounce

EMAIL = "fuzz@example.com"
PASSWORD = "a-long-and-lonely-password"
USER = "somebody@example.com"
# One person's two accounts, and somebody who has moved from one address to another.
TWIN, OTHER_TWIN = "twin@example.com", "twin@example.org"
MOVED, MOVED_TO = "moved@example.com", "moved@example.org"
GONE = "gone@example.com"
OTHER_ADMIN, GONE_ADMIN = "other-admin@example.com", "gone-admin@example.com"
ON_USERS = {
    ANY: {"path": {"user_id": user_id_for(USER)}, "body": {}},
    "addTokens": {"path": {"user_id": user_id_for(USER)}, "body": {"amount": 1}},
    "deleteUser": {"path": {"user_id": user_id_for(GONE)}, "body": {}},
    "mergeUser": {
        "path": {"user_id": user_id_for(TWIN)},
        "body": {"into": user_id_for(OTHER_TWIN)},
    },
    "releaseAlias": {"path": {"user_id": user_id_for(MOVED), "email": MOVED}, "body": {}},
}
ALERT_SECONDS = 60
BOUNCED = "ana@example.com"  # the document's example of an address, which is tried first
RECEIVER = "http://127.0.0.1:9/hook"  # nobody listens there (the port of `discard`)
ON_CHANNELS = (
    *("getChannel", "getChannelHistory", "testChannel", "rotateChannelSecret", "resumeChannel"),
)
RUN_SECONDS = 1800
MAX_ROUNDS = 10
HOOKS = Path(__file__).with_name("fuzzing_hooks.py")

# One person's limits lifted, one session for the whole run.
SETTINGS = {
    "ADMIN_EMAIL": EMAIL,
    "ADMIN_PASSWORD": PASSWORD,
    "ADMIN_RATE_LIMIT_PER_SECOND": "100000",
    "ADMIN_RATE_LIMIT_BURST": "100000",
    "ACCESS_TOKEN_MINUTES": "60",
    "MIN_USER_LIMIT": "0",
    "CHANNEL_ALLOWED_HOSTS": "127.0.0.0/8",
    "LOG_LEVEL": "WARNING",
}

# Phases: `stateful` follows links between operations, the only one in which use_after_free and
# ensure_resource_availability have something to check.
PHASES = "examples,coverage,fuzzing,stateful"


@dataclass(frozen=True)
class Outcome:
    """What a run did; `failures` are lines for people."""

    cases: int
    operations: int
    tested: int
    failures: list[str]
    unreached: list[str] = field(default_factory=list)
    """Operations that no well-formed request has got through."""

    output: str = ""


def prepare(system: LocalSystem) -> dict[str, Any]:
    """Make what operations find, and say what that is, as PAIRS in fuzzing_hooks.py.

    Users, one with usage and the alert that it has raised, a bounce, admins, keys, exports: of
    what an operation uses up it has one of its own, as nothing says which comes first.
    """
    for email in (TWIN, OTHER_TWIN, MOVED, GONE):
        system.cli("users", "create", email)
    system.cli("users", "move", MOVED, MOVED_TO)
    system.cli("users", "create", USER, "--limit", "1000")
    answer = httpx.post(
        f"{system.url}/v1/embeddings",
        headers={"authorization": f"Bearer {system.printed_key}", "x-user-email": USER},
        json={"model": "demo-embedding", "input": " um" * 900},
        timeout=30,
    )
    answer.raise_for_status()
    bounce(system, BOUNCED)
    with httpx.Client(
        base_url=f"{system.url}/api/admin",
        headers={"authorization": f"Bearer {sign_in(system)}"},
        timeout=30,
    ) as client:
        alert = _path("alert_id", _alert(client))
        made = ON_USERS | _made(client)
        return made | {
            "resolveAlert": alert,
            "reopenAlert": alert,
            "approveRequest": _asked(client, user_id_for(USER)),
            "denyRequest": _asked(client, user_id_for(MOVED)),
            "changeRequestPolicy": {"path": {}, "body": {"version": 0}},
        }


def _asked(client: httpx.Client, user_id: str) -> dict[str, Any]:
    """A request for tokens of a user's."""
    link = client.post(f"/users/{user_id}/link").raise_for_status().json()["url"]
    asked = client.post(
        str(client.base_url.join("/api/me/requests")),
        headers={"authorization": f"Bearer {link.partition('#')[2]}"},
        json={"tokens": 1_000, "reason": "fuzz"},
    )
    request_id = asked.raise_for_status().json()["id"]
    return {"path": {"user_id": user_id, "request_id": request_id}, "body": {}}


def _made(client: httpx.Client) -> dict[str, Any]:
    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = client.post(path, json=body).raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    def key(name: str) -> str:
        return str(post("/keys", {"name": name, "kind": "service"})["id"])

    def export() -> str:
        body = {"type": "users", "format": "csv", "background": True}
        return str(post("/reports/export", body)["id"])

    def channel(name: str) -> dict[str, Any]:
        body = {"name": name, "kind": "webhook", "url": RECEIVER}
        return _path("channel_id", str(post("/channels", body)["id"]))

    for email in (OTHER_ADMIN, GONE_ADMIN):
        post("/admins", {"email": email, "role": "viewer"})
    kept = _path("key_id", key("kept"))
    kept_channel = channel("kept")
    receiver = {"body": {"url": RECEIVER, "kind": "webhook"}}
    admin_key = post("/admin-keys", {"scopes": ["users:read"]})
    return {
        "getKey": kept,
        "updateKey": kept,
        "revokeKey": _path("key_id", key("revoked")),
        "deleteKey": _path("key_id", key("deleted")),
        "revokeAdminKey": _path("key_id", admin_key["adminKey"]["id"]),
        "getExport": _path("export_id", export()),
        "deleteExport": _path("export_id", export()),
        "updateAdmin": _path("email", OTHER_ADMIN),
        "resetAdminPassword": _path("email", OTHER_ADMIN),
        "deleteAdmin": _path("email", GONE_ADMIN),
        "liftMailSuppression": _path("email", BOUNCED),
        "createChannel": {"path": {}} | receiver,
        "updateChannel": kept_channel | {"body": {"url": RECEIVER}},
        "deleteChannel": channel("deleted"),
        **dict.fromkeys(ON_CHANNELS, kept_channel),
    }


def _path(name: str, value: str) -> dict[str, Any]:
    return {"path": {name: value}, "body": {}}


def _alert(client: httpx.Client) -> str:
    """The id of the alert that the usage raises."""
    deadline = time.monotonic() + ALERT_SECONDS
    while not (found := client.get("/alerts").raise_for_status().json()["items"]):
        if time.monotonic() > deadline:
            raise TimeoutError("no alert was recorded")
        time.sleep(0.1)
    return str(found[0]["id"])


def sign_in(system: LocalSystem) -> str:
    """A session of the run's own admin, for all rounds: changePassword soon locks the address."""
    answer = httpx.post(
        f"{system.url}/api/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=30
    )
    answer.raise_for_status()
    token: str = answer.json()["token"]
    return token


def is_signed_in(system: LocalSystem, token: str) -> bool:
    """Whether the session has outlived the run: else most answers were 401, and proved nothing."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{system.url}/api/auth/me", headers=headers).status_code == httpx.codes.OK


def run(
    system: LocalSystem,
    token: str,
    found: dict[str, Any],
    *,
    seed: int,
    max_examples: int,
    one_in: int = 1,
) -> Outcome:
    """Run all checks on all operations, at most `max_examples` random cases an operation.

    Of the systematic cases one in `one_in` is sent; `found` is what prepare() made.
    """
    with tempfile.TemporaryDirectory() as folder:
        config, report = Path(folder, "schemathesis.toml"), Path(folder, "report.json")
        config.write_text(
            f'hooks = "{HOOKS}"\n[auth.openapi.bearerAuth]\nbearer = "{token}"\n', encoding="utf-8"
        )
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", f"{system.url}/api/openapi.json", "--checks", "all"),
                *("--phases", PHASES, "--max-examples", str(max_examples)),
                *("--seed", str(seed), "--generation-database", "none"),
                # one worker: with more, who creates what another finds is left to chance, and
                # Python 3.11's ast.parse, which Hypothesis calls, is not safe in threads
                *("--workers", "1", "--continue-on-failure", "--no-color"),
                *("--request-timeout", "30", "--report", "json", "--output-sanitize", "false"),
                *("--report-json-path", str(report)),
            ],
            cwd=folder,
            env=os.environ | {OWN_EMAIL: EMAIL, ONE_IN: str(one_in), PAIRS: json.dumps(found)},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        output = done.stdout + done.stderr
        if not report.exists():
            return Outcome(0, 0, 0, [f"schemathesis ended with {done.returncode}"], output=output)
        told: dict[str, Any] = json.loads(report.read_text("utf-8"))
    failures = [
        f"{one['code']} {one['title']} ({one['count']}): {', '.join(one['operations'])}"
        for one in told["failures"]
    ]
    failures += [f"{one['title']} ({one['count']})" for one in told["errors"]]
    if done.returncode and not failures:
        failures.append(f"schemathesis ended with {done.returncode}")
    if not is_signed_in(system, token):
        failures.append("the run has ended its own session")
    return Outcome(
        cases=told["test_cases"]["generated"],
        operations=told["operations"]["total"],
        tested=told["operations"]["tested"],
        failures=failures,
        unreached=sorted(_unreached(told["valid_rates"])),
        output=output,
    )


def _unreached(rates: dict[str, dict[str, dict[str, int]]]) -> list[str]:
    return [
        operation
        for operation, phases in rates.items()
        if not any(rate["accepted"] for rate in phases.values())
    ]


def main() -> int:
    """Run rounds with random seeds until there were enough cases; 1 when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=None, help="repeat a round")
    arguments = parser.parse_args()
    cases, failed = 0, False
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), **SETTINGS) as system,
    ):
        found = prepare(system)
        token = sign_in(system)
        for _ in range(MAX_ROUNDS):
            seed = arguments.seed if arguments.seed is not None else random.randrange(2**32)
            print(f"seed {seed} …", flush=True)
            outcome = run(system, token, found, seed=seed, max_examples=60)
            cases += outcome.cases
            failed |= bool(outcome.failures)
            print(
                f"seed {seed}: {outcome.cases} cases on {outcome.tested} of "
                f"{outcome.operations} operations, {len(outcome.failures)} kinds of failure"
            )
            if outcome.failures:
                print(outcome.output)
                print("\n".join(outcome.failures))
                break
            if arguments.seed is not None or cases >= arguments.cases:
                break
    print(f"{cases} cases, {'FAILED' if failed else 'nothing found'}")
    return int(failed or cases < arguments.cases)


if __name__ == "__main__":
    sys.exit(main())
