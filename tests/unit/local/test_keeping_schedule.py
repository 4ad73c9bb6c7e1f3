"""When the directory's upkeep is called on one machine."""

from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from infra.local.run.schedule import KEEP_AFTER, KEEP_EVERY, MAX_WAIT_SECONDS, keeping_thread

START = datetime(2026, 11, 15, 15, tzinfo=UTC)


class Machine(ModuleType):
    """Clock, stop and function in one: waiting moves the clock, half an hour is all there is."""

    def __init__(self) -> None:
        super().__init__("machine")
        self.now = START
        self.calls: list[timedelta] = []

    def clock(self) -> datetime:
        return self.now

    def is_set(self) -> bool:
        return self.now >= START + timedelta(minutes=30)

    def wait(self, timeout: float) -> bool:
        assert 0 <= timeout <= MAX_WAIT_SECONDS
        self.now += timedelta(seconds=max(timeout, 0.001))
        return False

    def keep_directory(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        assert event == {"source": "local"}
        assert context.get_remaining_time_in_millis() > 0
        self.calls.append(self.now - START)
        self.now += timedelta(seconds=5)
        if len(self.calls) == 1:
            raise RuntimeError("broken")
        return {"state": "done"}


def test_the_upkeep_is_called_every_ten_minutes_also_after_a_failure() -> None:
    machine = Machine()
    thread = keeping_thread(machine, machine, clock=machine.clock)
    thread.run()
    late = timedelta(seconds=5)
    first = KEEP_AFTER
    second = first + late + KEEP_EVERY
    assert machine.calls == [first, second, second + late + KEEP_EVERY]


def test_a_clock_that_is_set_back_does_not_put_the_upkeep_off() -> None:
    machine = Machine()

    def keep(event: dict[str, Any], context: Any) -> dict[str, Any]:
        machine.calls.append(machine.now - START)
        if len(machine.calls) == 1:
            machine.now -= timedelta(hours=1)
        return {"state": "done"}

    machine.keep_directory = keep  # type: ignore[method-assign]
    keeping_thread(machine, machine, clock=machine.clock).run()
    assert machine.calls[1] == KEEP_AFTER - timedelta(hours=1) + KEEP_EVERY
