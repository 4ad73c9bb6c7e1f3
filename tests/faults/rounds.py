"""One round: new users, load with a fault in it, then the books; and the table of all rounds."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from tests.faults.arena import Arena
from tests.faults.books import Ledger, Verdict, held_against
from tests.faults.load import MODELS, OK, Load, People, new_people
from tests.faults.machine import Machine
from tests.faults.scenarios import Scenario

LOAD_SECONDS = 4.0
MAX_SHOWN = 10
HEADERS = (
    *("round", "fault", "requests", "finished", "broken", "refused", "records"),
    *("replayed", "expired", "differences", "seconds"),
)
_WIDTHS = (5, 22, 8, 8, 7, 7, 8, 8, 8, 11, 8)


@dataclass(slots=True)
class Row:
    """One line of the table. `broken`: no answer or half of one; `refused`: a status, an error."""

    number: int
    fault: str
    load: Load
    verdict: Verdict
    seconds: float
    notes: list[str] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        """What does not hold; a system that was not served again is one."""
        found = list(self.verdict.differences)
        if not self.load.is_served_again:
            found.append("no request was answered after the fault")
        return found

    def cells(self) -> tuple[str, ...]:
        """The line, by the headers."""
        seen = self.load.seen
        finished = sum(one.status == OK and one.finished for one in seen)
        refused = sum(one.status not in (0, OK) for one in seen)
        broken = sum(one.is_broken and one.status in (0, OK) for one in seen)
        counted = (len(seen), finished, broken, refused)
        verdict = self.verdict
        booked = (verdict.records, verdict.replayed, verdict.expired, len(self.differences))
        return (
            str(self.number),
            self.fault,
            *(str(one) for one in (*counted, *booked)),
            f"{self.seconds:.1f}",
        )


def line(cells: tuple[str, ...]) -> str:
    """Cells in columns: the fault to the left, figures to the right."""
    padded = [
        cell.ljust(width) if number == 1 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    ]
    return "  ".join(padded)


class Rounds:
    """Rounds on one system, chosen by one seed."""

    def __init__(self, seed: int, *, seconds: float = LOAD_SECONDS) -> None:
        self._chance = random.Random(seed)
        self._seconds = seconds
        self._bag: list[str] = []
        self._number = 0

    def kill(self, machine: Machine, name: str | None = None) -> Row:
        """Kill -9 of one program, a random one unless named, at a random moment."""
        victim = name or self._next_victim(machine)
        moment = self._chance.uniform(0.1, 0.8) * self._seconds

        async def during() -> None:
            await asyncio.sleep(moment)
            await asyncio.to_thread(machine.kill_9, victim)

        started = time.monotonic()
        load, people = self._load(machine)
        asyncio.run(load.run(self._seconds, during))
        verdict = held_against(machine, people, load.seen, replay_first=self._chance.random() < 0.5)
        row = self._row(f"kill -9 {victim}", load, verdict, started)
        row.notes.append(f"served again after {load.recovery_seconds:.1f} s")
        return row

    def scenario(self, arena: Arena, scenario: Scenario) -> Row:
        """One of the other faults."""
        started = time.monotonic()
        load, people = self._load(arena.machine, scenario)
        arena.done.clear()
        arena.missed.clear()

        async def whole() -> None:
            await load.run(self._seconds, lambda: scenario.during(arena))
            if scenario.after is not None:
                await scenario.after(arena)

        asyncio.run(whole())
        verdict = held_against(
            arena.machine,
            people,
            load.seen,
            silent=scenario.silent,
            parts=arena.parts,
            ledger=Ledger(arena.machine, people, arena.upstream.garbled),
        )
        if scenario.silent and verdict.replayed:
            verdict.differences.append(f"{verdict.replayed} events were in the gateway's log alone")
        verdict.differences += arena.missed
        row = self._row(scenario.name, load, verdict, started)
        row.notes += arena.done
        return row

    def _load(self, machine: Machine, scenario: Scenario | None = None) -> tuple[Load, People]:
        people = new_people()
        machine.welcome(people)
        machine.system.reset_demo()
        key = machine.system.printed_key
        assert key is not None, "a new directory prints its key"
        models = MODELS if scenario is None else scenario.models
        load = Load(
            machine.system.url,
            key,
            people,
            seed=self._chance.randrange(2**32),
            models=models,
            pause_seconds=0.0 if scenario is None else scenario.pause_seconds,
        )
        return load, people

    def _next_victim(self, machine: Machine) -> str:
        """At random, and each as often as the others: a bag that is filled when it is empty.

        So no program ends five times within a minute, at which its supervisor would give up.
        """
        if not self._bag:
            self._bag = list(machine.killable)
            self._chance.shuffle(self._bag)
        return self._bag.pop()

    def _row(self, fault: str, load: Load, verdict: Verdict, started: float) -> Row:
        self._number += 1
        return Row(self._number, fault, load, verdict, time.monotonic() - started)
