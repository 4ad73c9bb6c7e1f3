"""The same load on stores of different sizes, and from one user or from many; rounds in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from tests.bench.generator import Generator
from tests.bench.load import Job, Result
from tests.bench.measure import CONNECTIONS, FRAMES_MODEL
from tests.bench.scale_system import ScaleBooks, ScaleSystem
from tests.bench.system import PROGRAMS, tell

SENDERS = ("sender", 200)
ONE, MANY = ("hot", 1), ("many", 1_000)
WARM_SECONDS = 60.0
# All that IA SOLARIS runs for /v1; the mock is nobody's.
OUR_PROGRAMS = tuple(name for name in PROGRAMS if name != "mock")


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement."""

    result: Result
    drain_seconds: float
    cpu_ms: dict[str, float]  # a request, its booking included

    @property
    def booked_per_second(self) -> float:
        """Requests a second until the last of them was booked."""
        return self.result.answers / (self.result.seconds + self.drain_seconds)

    @property
    def cpu_ms_of_all(self) -> float:
        """CPU of all our processes a request."""
        return sum(self.cpu_ms[name] for name in OUR_PROGRAMS)

    @property
    def total_p50(self) -> float:
        """Milliseconds of a whole answer."""
        return self.result.total_p50

    @property
    def total_p99(self) -> float:
        """Milliseconds of a whole answer."""
        return self.result.total_p99


Figure = Callable[[Sample], float]


@dataclass(slots=True)
class Pair:
    """The same load on two sides; `base` is the small side of the same rounds."""

    title: str
    base: list[Sample] = field(default_factory=list)
    rounds: list[Sample] = field(default_factory=list)
    load_seconds: float = 0.0
    file_bytes: int = 0
    memory_of_all: int = 0
    start_seconds: float = 0.0
    start_cpu_seconds: float = 0.0

    def of(self, figure: Figure) -> float:
        """Median of a figure."""
        return median(figure(one) for one in self.rounds)

    def ratio(self, figure: Figure) -> float:
        """Median of figure over the base line's, each from one round; 0 without a base line."""
        ratios = [
            figure(mine) / figure(other)
            for mine, other in zip(self.rounds, self.base, strict=True)
            if figure(other)
        ]
        return median(ratios) if ratios else 0.0

    @property
    def failures(self) -> int:
        """Answers that were not 200 or not whole."""
        return sum(sum(one.result.failures.values()) for one in (*self.rounds, *self.base))


class ScaleBench:
    """One filled system under load."""

    def __init__(self, system: ScaleSystem, generator: Generator) -> None:
        self.system = system
        self.generator = generator
        self.books = ScaleBooks()

    def warm(self, senders: tuple[str, int], connections: int = CONNECTIONS) -> None:
        """Create the senders, and let every process load what it loads lazily."""
        job = replace(self.job(senders), requests=max(200, senders[1]), connections=connections)
        self.sample(replace(job, seconds=WARM_SECONDS))

    def sample(self, job: Job) -> Sample:
        """Run a job, wait until it is booked, and note what the books must say."""
        before = self.system.cpu_seconds()
        result = self.generator.run(job)
        drain_seconds = self.books.wait_empty()
        after = self.system.cpu_seconds()
        self.expect(job, delivered=result.answers, failed=sum(result.failures.values()))
        return Sample(
            result=result,
            drain_seconds=drain_seconds,
            cpu_ms={
                name: (after[name] - before[name]) * 1000 / max(1, result.answers)
                for name in PROGRAMS
            },
        )

    def expect(self, *jobs: Job, delivered: int, failed: int) -> None:
        """Note what the books must say after these jobs, all of them ended and booked."""
        for job in jobs:
            self.books.expect_from(job.user_prefix, job.users)
        self.books.expect(self.system.take_totals(), delivered=delivered, failed=failed)

    def note_size(self, pair: Pair) -> None:
        """What the system holds and takes, after the load."""
        self.system.note_memory()
        pair.load_seconds = self.system.load_seconds
        pair.file_bytes = self.system.file_bytes
        pair.memory_of_all = self.system.memory_of_all
        pair.start_cpu_seconds = sum(self.system.start_cpu_seconds.values())

    def job(self, senders: tuple[str, int], seconds: float = 0.0) -> Job:
        """Streams of 20 frames from these users."""
        return Job(
            port=self.system.gateway_port,
            model=FRAMES_MODEL,
            stream=True,
            connections=CONNECTIONS,
            seconds=seconds,
            key=self.system.key,
            users=senders[1],
            user_prefix=senders[0],
        )


def compare_sizes(base: ScaleBench, other: ScaleBench, rounds: int, seconds: float) -> Pair:
    """The same senders on the small store and on another."""
    pair = Pair(other.system.size.title)
    _in_turn(
        pair,
        lambda: base.sample(base.job(SENDERS, seconds)),
        lambda: other.sample(other.job(SENDERS, seconds)),
        rounds,
    )
    other.note_size(pair)
    return pair


def compare_users(bench: ScaleBench, rounds: int, seconds: float) -> Pair:
    """One hot user against many; the many are the base line."""
    pair = Pair("one hot user")
    _in_turn(
        pair,
        lambda: bench.sample(bench.job(MANY, seconds)),
        lambda: bench.sample(bench.job(ONE, seconds)),
        rounds,
    )
    return pair


def base_of(pairs: Sequence[Pair], title: str) -> Pair:
    """The base line of all pairs together."""
    return Pair(title, rounds=[one for pair in pairs for one in pair.base])


def _in_turn(
    pair: Pair, base: Callable[[], Sample], other: Callable[[], Sample], rounds: int
) -> None:
    """Who comes first in one round comes last in the next."""
    for number in range(rounds):
        sides = ((pair.base, base), (pair.rounds, other))
        for samples, measure in sides if number % 2 == 0 else sides[::-1]:
            samples.append(measure())
        mine, small = pair.rounds[-1], pair.base[-1]
        tell(
            f"{pair.title}, round {number + 1}/{rounds}: {mine.booked_per_second:.0f}/s booked "
            f"({small.booked_per_second:.0f}/s), CPU {mine.cpu_ms_of_all:.2f} ms a request "
            f"({small.cpu_ms_of_all:.2f} ms)"
        )
