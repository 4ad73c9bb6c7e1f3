"""A store that came back empty is noticed and prepared anew, once."""

import threading

import pytest

from infra.local.run.prepare import prepare_patiently, secrets_made
from infra.local.run.recreate import Keeper
from solaris.operations.first_start import InitResult
from solaris.platform.aws.client import AwsCallError
from solaris.platform.errors import StoreUnavailableError
from solaris.platform.settings import Settings

RESULT = InitResult(new_key=None, key_id="key_1")


class FakeQueues:
    """Queues that are there, gone, or out of reach."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = threading.Semaphore(0)

    def depth(self, queue: str) -> int:
        self.asked.release()
        if self.error is not None:
            raise self.error
        return 0


class FakeStore:
    """Counts how often it is prepared; preparing brings the queues back."""

    def __init__(self, queues: FakeQueues) -> None:
        self.prepared = 0
        self.told: list[InitResult] = []
        self._queues = queues

    def prepare(self) -> InitResult:
        self.prepared += 1
        self._queues.error = None
        return RESULT


def keeper(queues: FakeQueues, store: FakeStore, seconds: float = 10) -> Keeper:
    return Keeper(queues, store.prepare, store.told.append, check_seconds=seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "code",
    [
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "com.amazonaws.sqs#QueueDoesNotExist",
    ],
)
def test_a_missing_queue_prepares_everything_once(code: str) -> None:
    queues = FakeQueues()
    store = FakeStore(queues)
    queues.error = AwsCallError(code, "no such queue")
    assert keeper(queues, store).look()
    assert not keeper(queues, store).look()
    assert (store.prepared, store.told) == (1, [RESULT])


@pytest.mark.parametrize(
    "error", [AwsCallError("AccessDenied", "no"), StoreUnavailableError("away")]
)
def test_other_trouble_prepares_nothing(error: Exception) -> None:
    queues = FakeQueues()
    store = FakeStore(queues)
    queues.error = error
    with pytest.raises(type(error)):
        keeper(queues, store).look()
    assert store.prepared == 0


def test_it_goes_on_looking_while_the_store_is_away() -> None:
    queues = FakeQueues()
    queues.error = StoreUnavailableError("away")
    stop = threading.Event()
    keeper(queues, FakeStore(queues), seconds=0.001).start(stop)
    for _ in range(3):
        assert queues.asked.acquire(timeout=10)
    stop.set()


def settings(**values: str) -> Settings:
    return Settings.model_validate(values)


def test_only_what_was_generated_is_shown() -> None:
    made = InitResult("sk-made", "key_1", "admin@localhost", "generated")
    shown = "\n".join(secrets_made(settings(), made))
    assert "sk-made" in shown
    assert "admin@localhost / generated" in shown
    given = InitResult("sk-given-by-variable", "key_1", "admin@localhost", None)
    own = settings(solaris_gateway_key="sk-given-by-variable")
    shown = "\n".join(secrets_made(own, given))
    assert "sk-given" not in shown
    assert "SOLARIS_GATEWAY_KEY" in shown
    assert "ADMIN_PASSWORD" in shown
    assert secrets_made(own, RESULT) == []


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_parts: object) -> InitResult:
        raise StoreUnavailableError("nobody listens")

    monkeypatch.setattr("infra.local.run.prepare.prepare", away)
    with pytest.raises(StoreUnavailableError):
        prepare_patiently(None, 0, lambda _line: None)  # type: ignore[arg-type]


def test_it_waits_for_a_store_that_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def away_twice(_parts: object) -> InitResult:
        if len(tries) < 2:
            raise StoreUnavailableError("nobody listens")
        return RESULT

    monkeypatch.setattr("infra.local.run.prepare.prepare", away_twice)
    monkeypatch.setattr("infra.local.run.prepare.RETRY_SECONDS", 0)
    assert prepare_patiently(None, 60, tries.append) is RESULT  # type: ignore[arg-type]
    assert len(tries) == 2
