"""The scenarios and their rounds: direct to the mock, then through the gateway, in turn."""

from dataclasses import dataclass, field, replace
from statistics import median

from tests.bench.books import Books
from tests.bench.generator import Generator
from tests.bench.load import Job, Result
from tests.bench.system import BenchSystem, tell

# The mock writes each frame by itself, as a real upstream does, or all of them in one write.
FRAMES_MODEL = "demo-chunks-20-0ms"
ONE_WRITE_MODEL = "demo-chunks-20"
USERS = 200
CONNECTIONS = 16
WARM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the tables."""

    name: str
    title: str
    model: str
    stream: bool
    connections: int
    users: int = USERS
    user_prefix: str = "user"


SCENARIOS = (
    Scenario("latency-buffered", "buffered", ONE_WRITE_MODEL, False, 1),
    Scenario("latency-stream", "stream, 20 frames", FRAMES_MODEL, True, 1),
    Scenario("load-buffered", "buffered", ONE_WRITE_MODEL, False, CONNECTIONS),
    Scenario("load-stream", "stream, 20 frames", FRAMES_MODEL, True, CONNECTIONS),
    Scenario(
        "load-stream-one-write",
        "stream, 20 frames in one write",
        ONE_WRITE_MODEL,
        True,
        CONNECTIONS,
    ),
    Scenario(
        "load-hot-user", "stream, 20 frames, one user", FRAMES_MODEL, True, CONNECTIONS, 1, "hot"
    ),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One scenario once: both ways, what the processes used, and how long the books took."""

    direct: Result
    gateway: Result
    drain_seconds: float
    cpu_ms: dict[str, float]  # per request of the gateway's part, its booking included
    memory_bytes: dict[str, int]

    @property
    def sustained_per_second(self) -> float:
        """Requests a second until the last of them was booked."""
        return self.gateway.answers / (self.gateway.seconds + self.drain_seconds)


@dataclass(slots=True)
class Measured:
    """The rounds of one scenario."""

    scenario: Scenario
    rounds: list[Round] = field(default_factory=list)

    def added(self, figure: str) -> float:
        """Median of gateway less direct, each pair from one round."""
        return median(_figure(r.gateway, figure) - _figure(r.direct, figure) for r in self.rounds)

    def direct(self, figure: str) -> float:
        """Median of a figure of the direct load."""
        return median(_figure(one.direct, figure) for one in self.rounds)

    def gateway(self, figure: str) -> float:
        """Median of a figure of the load through the gateway."""
        return median(_figure(one.gateway, figure) for one in self.rounds)

    def ratio(self) -> float:
        """Median of requests a second through the gateway over direct."""
        return median(
            one.gateway.per_second / one.direct.per_second if one.direct.per_second else 0.0
            for one in self.rounds
        )

    def cpu_ms(self, program: str) -> float:
        """Median CPU of a process a request."""
        return median(one.cpu_ms[program] for one in self.rounds)

    def failures(self) -> dict[str, int]:
        """Answers that were not 200 or not whole, over all rounds and both ways."""
        found: dict[str, int] = {}
        for one in self.rounds:
            for result in (one.direct, one.gateway):
                for kind, amount in result.failures.items():
                    found[kind] = found.get(kind, 0) + amount
        return found


class Bench:
    """Runs measurements against one system."""

    def __init__(self, system: BenchSystem, generator: Generator, books: Books) -> None:
        self.system = system
        self.generator = generator
        self.books = books

    def warm(self) -> None:
        """Create the users and let every process load what it loads lazily; not measured."""
        for scenario in (SCENARIOS[2], SCENARIOS[3], SCENARIOS[5]):
            self._direct(scenario, WARM_SECONDS / 2)
            self.through_gateway(self._job(scenario, WARM_SECONDS))

    def run(self, scenarios: list[Scenario], rounds: int, seconds: float) -> list[Measured]:
        """Every scenario once a round, so that what else the machine does hits all alike."""
        measured = [Measured(scenario) for scenario in scenarios]
        for number in range(rounds):
            for one in measured:
                one.rounds.append(self._round(one.scenario, seconds))
                latest = one.rounds[-1]
                tell(
                    f"round {number + 1}/{rounds} {one.scenario.name}: "
                    f"direct {latest.direct.per_second:.0f}/s, "
                    f"gateway {latest.gateway.per_second:.0f}/s, "
                    f"booked after {latest.drain_seconds:.1f} s"
                )
        return measured

    def through_gateway(self, job: Job) -> tuple[Result, float]:
        """Run a job, wait until it is booked, and note what the books must say."""
        result = self.generator.run(job)
        drain_seconds = self.books.wait_empty()
        self.books.expect(
            self.system.take_totals(),
            delivered=result.answers,
            failed=sum(result.failures.values()),
        )
        return result, drain_seconds

    def _round(self, scenario: Scenario, seconds: float) -> Round:
        direct = self._direct(scenario, seconds)
        before = self.system.cpu_seconds()
        result = self.generator.run(self._job(scenario, seconds))
        drain_seconds = self.books.wait_empty()
        after = self.system.cpu_seconds()
        self.books.expect(
            self.system.take_totals(),
            delivered=result.answers,
            failed=sum(result.failures.values()),
        )
        used = {name: (after[name] - before[name]) * 1000 for name in after}
        used["generator"] = result.cpu_seconds * 1000
        return Round(
            direct=direct,
            gateway=result,
            drain_seconds=drain_seconds,
            cpu_ms={name: spent / max(1, result.answers) for name, spent in used.items()},
            memory_bytes=self.system.memory_bytes(),
        )

    def _direct(self, scenario: Scenario, seconds: float) -> Result:
        job = replace(self._job(scenario, seconds), port=self.system.mock_port)
        result = self.generator.run(job)
        self.system.reset_mock()
        return result

    def _job(self, scenario: Scenario, seconds: float) -> Job:
        return Job(
            port=self.system.gateway_port,
            model=scenario.model,
            stream=scenario.stream,
            connections=scenario.connections,
            seconds=seconds,
            key=self.system.key,
            users=scenario.users,
            user_prefix=scenario.user_prefix,
        )


def _figure(result: Result, name: str) -> float:
    return float(getattr(result, name))
