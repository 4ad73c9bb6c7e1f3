"""Faults all day long: `make soak`.

    python -m tests.faults.soak                     20 minutes
    python -m tests.faults.soak --minutes 2 --only store-stalls

A few requests a second, streamed and buffered, without a pause; each minute a fault, all kinds in
turn. What is promised:

- no token of an answer that a client saw finished is lost, and each is booked once
- nothing is charged for what was refused
- /health/detailed tells each fault within 30 s, and no longer 60 s after its end

Within a minute after each fault everything that was seen finished so far is in the books; at the
end all three witnesses (clients, upstream, books) must agree, and `solaris reconcile` with them.

Exit code 1: a promise was broken. 3: this machine cannot run it.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Never

from solaris.platform.logs import configure_logging
from tests.faults.arena import Arena, arena
from tests.faults.books import Ledger, Verdict, held_against
from tests.faults.checks import Evidence, unbooked
from tests.faults.ills import GONE_SECONDS, ILLS, VISIBLE_SECONDS, Ill, Told, tell
from tests.faults.load import OK, Load, Seen, new_people
from tests.faults.rounds import MAX_SHOWN
from tests.faults.soak_table import Account, table
from tests.faults.tables import EMBEDDED, STORES, NotPossibleError

MINUTES, MAX_MINUTES = 20.0, 24 * 60.0
EVERY_SECONDS, FIRST_SECONDS, LEAST_SECONDS = 60.0, 10.0, 20.0
PAUSE_SECONDS = 3.0  # of each of 16 clients
BOOKED_SECONDS, POLL_SECONDS = 60.0, 2.0
PROGRESS_SECONDS = 30.0
SEED_BITS = 32
# users far from their quota are to stay so, a day long
SETTINGS = {"DEFAULT_MONTHLY_LIMIT": "1000000000", "MAX_USER_LIMIT": "10000000000"}


@dataclass(slots=True)
class Soak:
    """One run: what it was told of each fault, and what was missing after it."""

    place: Arena
    load: Load
    ledger: Ledger
    began: float
    told: list[Told] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    async def run(self, ills: list[Ill], seconds: float) -> None:
        """One fault after the other until the time is over."""
        reporting = asyncio.create_task(self._report())
        try:
            for number in range(int(seconds / EVERY_SECONDS) + 1):
                await self._wait_until(FIRST_SECONDS + number * EVERY_SECONDS)
                if seconds - self._at() < LEAST_SECONDS:
                    break
                await self._one(ills[number % len(ills)])
        finally:
            reporting.cancel()
        await self._wait_until(seconds)

    async def _one(self, ill: Ill) -> None:
        self._say(f"{ill.name} begins")
        told = await tell(self.place, ill)
        self.told.append(told)
        self._say(
            f"{ill.name} ended after {told.lasted:.1f} s; visible after {_shown(told.visible)}, "
            f"gone after {_shown(told.gone)}"
        )
        await self._booked(ill)

    async def _booked(self, ill: Ill) -> None:
        """Whatever was seen finished by now is in the books within a minute."""
        seen = [one for one in self.load.seen if one.finished]
        until = time.monotonic() + BOOKED_SECONDS
        while True:
            await asyncio.to_thread(self.ledger.gather)
            records = await asyncio.to_thread(self.ledger.records)
            lost = unbooked(seen, {one.request_id: one for one in records})
            if not lost or time.monotonic() > until:
                break
            await asyncio.sleep(POLL_SECONDS)
        self.missing += [f"a minute after {ill.name}: {one}" for one in lost]

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            seen = self.load.seen
            finished = sum(one.finished and one.status == OK for one in seen)
            self._say(f"{len(seen):,} requests, {finished:,} finished")

    async def _wait_until(self, second: float) -> None:
        await asyncio.sleep(max(0.0, second - self._at()))

    def _at(self) -> float:
        return time.monotonic() - self.began

    def _say(self, what: str) -> None:
        minutes, seconds = divmod(int(self._at()), 60)
        print(f"[{minutes:02}:{seconds:02}] {what}", flush=True)


def main() -> int:
    """Run it and print the table."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _stop)
    seed = random.getrandbits(SEED_BITS) if arguments.seed is None else arguments.seed
    configure_logging("CRITICAL")  # what it should say of the books, the table says
    print(
        f"soak of {arguments.minutes:g} minutes, seed {seed}, store {arguments.store}", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="solaris-soak-") as name:
        try:
            with arena(
                Path(name), store=arguments.store, seed=seed, seconds=0, **SETTINGS
            ) as place:
                return _run(place, seed, arguments)
        except NotPossibleError as error:
            print(f"soak: {error}", file=sys.stderr)
            return 3


def _run(place: Arena, seed: int, arguments: argparse.Namespace) -> int:
    wanted = [one for one in ILLS if not arguments.only or one.name in arguments.only]
    ills = [one for one in wanted if not one.lacks(place)]
    skipped = [f"{one.name}: {why}" for one in wanted if (why := one.lacks(place))]
    if not ills:
        raise NotPossibleError("; ".join(skipped))
    people = new_people()
    place.machine.welcome(people)
    key = place.machine.system.printed_key
    assert key is not None, "a new directory prints its key"
    load = Load(place.machine.system.url, key, people, seed=seed, pause_seconds=PAUSE_SECONDS)
    ledger = Ledger(place.machine, people, place.upstream.garbled)
    soak = Soak(place, load, ledger, time.monotonic())
    seconds = arguments.minutes * 60
    asyncio.run(load.run(seconds, lambda: soak.run(ills, seconds)))
    print("the load has ended; the books are held against all", flush=True)
    verdict = held_against(place.machine, people, load.seen, ledger=ledger)
    return _result(soak, load.seen, verdict, skipped)


def _result(soak: Soak, seen: list[Seen], verdict: Verdict, skipped: list[str]) -> int:
    assert verdict.evidence is not None
    account = Account.of(verdict.evidence)
    for one in (*table(account, soak.told, verdict), *(f"skipped: {one}" for one in skipped)):
        print(one)
    broken = [
        *(problem for one in soak.told for problem in one.problems),
        *soak.missing,
        *verdict.differences,
    ]
    for problem in broken[:MAX_SHOWN]:
        print(f"  {problem}")
    if len(broken) > MAX_SHOWN:
        print(f"  … and {len(broken) - MAX_SHOWN} more")
    if not broken:
        print("every promise was kept", flush=True)
        return 0
    kept = _keep(soak.place, verdict.evidence, broken)
    print(f"{len(broken)} promises broken; logs and evidence are kept in {kept}", flush=True)
    return 1


def _keep(place: Arena, evidence: Evidence, broken: list[str]) -> Path:
    """What somebody needs who looks for the cause; theirs to delete."""
    folder = Path(tempfile.mkdtemp(prefix="solaris-soak-broken-"))
    shutil.copytree(place.machine.system.data_dir / "logs", folder / "logs")
    (folder / "supervisor.log").write_text("".join(place.machine.output), encoding="utf-8")
    found = {
        "broken": broken,
        "users": map(str, evidence.users),
        "records": map(str, sorted(evidence.records, key=lambda one: one.created_at)),
        "seen": map(str, evidence.seen),
        "upstream": map(str, evidence.exchanges),
    }
    for name, lines in found.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.soak",
        description=f"Load, and a fault each minute: visible within {VISIBLE_SECONDS:g} s, gone "
        f"{GONE_SECONDS:g} s after it, nothing lost, nothing charged for refusals.",
    )
    parser.add_argument("--minutes", type=_minutes, default=MINUTES, help=f"({MINUTES:g})")
    parser.add_argument("--seed", type=int, help="as an earlier run printed it")
    parser.add_argument("--store", choices=STORES, default=EMBEDDED)
    names = [one.name for one in ILLS]
    parser.add_argument("--only", choices=names, action="append", help="may be repeated")
    return parser.parse_args()


def _minutes(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_MINUTES:
        raise argparse.ArgumentTypeError(f"between 0 and {MAX_MINUTES:g}")
    return value


def _stop(number: int, _frame: object) -> Never:
    """Leave by way of every block, which ends what was started."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
