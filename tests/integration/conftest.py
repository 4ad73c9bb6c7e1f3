"""A real store in processes of its own, and the money path of one stage upon it.

Every test has a stage, and so tables and queues, of its own: nothing is restarted and nothing is
cleaned. With AWS_ENDPOINT_URL set, that store is used and none is started.
"""

import itertools
import os
import socket
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.session
import pytest

from infra.deploy.emulator import INTERPRETER, command, environment
from infra.local.run.preflight import free_port as unused_port
from infra.local.run.running import running_program
from infra.local.store.embedded import running_store
from infra.local.store.mails import MAILS_FILE
from solaris.app import Parts
from solaris.gateway.admission import Admission, Ticket
from solaris.gateway.meter import Meter
from solaris.ledger.booking import REFUSALS_OWNER, REFUSED_PREFIX, LedgerEntry, group_key
from solaris.ledger.events import event_to_json
from solaris.ledger.first_byte import BUCKET_NAMES, bucket_of
from solaris.platform.aws.client import AsyncAws
from solaris.platform.aws.queues import USAGE_QUEUE, EventSender, Message
from solaris.platform.aws.tables import create_tables
from solaris.platform.books_disk import FOLDER
from solaris.platform.model_weight import PLAIN, ModelWeight
from solaris.platform.settings import Settings
from solaris.quota.day_cap import used_tokens
from solaris.quota.identity import Identity
from solaris.quota.periods import day_of, period_of
from solaris.quota.policy import block_ppm_of
from solaris.quota.reservation import Demand, Reservation
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import Plan, User, UserStatus, user_id_for

MAILS_VARIABLE = "SOLARIS_TEST_MAILS"  # the file of this project's own store
ANA = "ana@example.com"
MODEL_MAXIMUM = 16_384  # of gpt-4o-mini, which these requests ask for
NOON = datetime(2026, 11, 15, 15, 0, 0, 123_000, tzinfo=UTC)
FIGURES = (
    "requests",
    "errors",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "charged_tokens",
    "cost_micros",
    "cost_nanos",
    "unpriced_requests",
)
COUNTED = ("requests", "errors", "unpriced_requests", "over_limit_requests")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a store that lives as long as the session; boto3's variables point to it.

    This project's own, as `make up` starts it, unless AWS_ENDPOINT_URL names another.
    """
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        # PynamoDB makes a session a table, each of which reads botocore's 2 MB of models again
        shared: dict[str | None, Any] = {}  # a session keeps the first key that it has seen

        def session_of_the_key() -> Any:
            key = os.environ.get("AWS_ACCESS_KEY_ID")
            if key not in shared:
                shared[key] = botocore.session.get_session()
            return shared[key]

        patch.setattr("pynamodb.connection.base.get_session", session_of_the_key)
        variables = {
            "AWS_ACCESS_KEY_ID": os.environ.get("AWS_ACCESS_KEY_ID", "test"),
            "AWS_SECRET_ACCESS_KEY": os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
            "AWS_REGION": "us-east-1",
        }
        if "AWS_ENDPOINT_URL" not in os.environ:
            data_dir = tmp_path_factory.mktemp("store")
            variables = stack.enter_context(running_store(data_dir))
            patch.setenv(MAILS_VARIABLE, str(data_dir / FOLDER / MAILS_FILE))
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the first key that it has seen
        yield os.environ["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="session")
def cloud_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a stand-in for all of AWS, in an environment of its own: `make emulator`'s."""
    if not INTERPRETER.is_file():
        pytest.skip("needs .venv/cloud (make test installs it)")
    port, folder = unused_port(), tmp_path_factory.mktemp("cloud")
    url = f"http://127.0.0.1:{port}"
    with running_program("ministack", command(port), url, environment(port, folder)):
        yield url


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class MoneyPath:
    """Reserve, record and look: one stage as a test sees it."""

    parts: Parts
    clock: Clock
    aws: AsyncAws
    meter: Meter

    @classmethod
    def of(cls, parts: Parts, clock: Clock, aws: AsyncAws | None = None) -> "MoneyPath":
        """Build the meter with a clock of the test's (parts's own tells the real time)."""
        aws = aws or parts.platform.aws
        meter = Meter(
            settings=parts.settings,
            aws=aws,
            users=parts.quota.users,
            changes=parts.quota.changes,
            sender=EventSender(aws, parts.settings.queue_name(USAGE_QUEUE)),
            recorder=parts.ledger.recorder,
            ended_grants=parts.ledger.ended_grants,
            clock=clock,
            plans=parts.quota.plans,
            rates=parts.keys.user_rates,
        )
        return cls(parts, clock, aws, meter)

    def settings(self, **changes: Any) -> "MoneyPath":
        """The same stage after a restart with other settings."""
        parts = Parts(Settings(**(self.parts.settings.model_dump() | changes)))
        return MoneyPath.of(parts, self.clock, self.aws)

    @property
    def period(self) -> str:
        return period_of(self.clock(), self.parts.settings.zone)

    async def admit(
        self,
        email: str = ANA,
        *,
        prompt: int = 10,
        most: int | None = None,
        completes: bool = True,
        request_id: str = "",
        weight: ModelWeight = PLAIN,
    ) -> Admission:
        return await self.meter.admit(
            Ticket(
                request_id=request_id or f"req-{uuid.uuid4().hex}",
                identity=Identity(email, "Somebody"),
                demand=Demand(prompt, most, completes, MODEL_MAXIMUM, weight=weight),
                model="gpt-4o-mini",
                endpoint="/v1/chat/completions",
                key_id="key_1",
                received_at=self.clock(),
            )
        )

    def user(self, email: str = ANA) -> User:
        user = self.parts.quota.users.get(user_id_for(email))
        assert user is not None
        return user

    def put_user(self, email: str = ANA, **changes: Any) -> User:
        """Create a user with the limit and the like of the test's choosing."""
        fields: dict[str, Any] = {
            "user_id": user_id_for(email),
            "email": email,
            "name": "Somebody",
            "status": UserStatus.ACTIVE,
            "plan": Plan.BASIC,
            "monthly_limit": 1_000_000,
            "additional_tokens": 0,
            "current_usage": 0,
            "available_tokens": 0,
            "period": self.period,
            "created_at": self.clock(),
            "updated_at": self.clock(),
            "block_ppm": block_ppm_of(self.parts.settings),
        }
        user = User(**(fields | changes))
        user = replace(user, available_tokens=user.quota.available_tokens)
        assert self.parts.quota.users.create(user)
        return user

    def spend(self, tokens: int, email: str = ANA) -> None:
        """Book usage, so that the books agree from the start."""
        event = self.event(None, email, prompt=tokens)
        self.parts.ledger.ledger.record(LedgerEntry(event, cost_micros=0, day=self.day(event)))

    def event(
        self,
        reservation: Reservation | None,
        email: str = ANA,
        *,
        prompt: int | None = None,
        completion: int = 0,
        outcome: Outcome = Outcome.SETTLED,
        **changes: Any,
    ) -> UsageEvent:
        """The event that resolves a reservation, or one that never had any."""
        if prompt is None:
            prompt = 0 if reservation is None else reservation.prompt_tokens
        counts = TokenCounts() if outcome is Outcome.RELEASED else TokenCounts(prompt, completion)
        event = UsageEvent(
            request_id=reservation.request_id if reservation else f"req-{uuid.uuid4().hex}",
            user_id=user_id_for(email),
            period=reservation.period if reservation else self.period,
            outcome=outcome,
            created_at=reservation.created_at if reservation else self.clock(),
            model="gpt-4o-mini",
            endpoint="/v1/chat/completions",
            counts=counts,
            charged_tokens=counts.total_tokens,
            reserved_tokens=reservation.tokens if reservation else 0,
            status_code=502 if outcome is Outcome.RELEASED else 200,
            day=reservation.day if reservation else None,
            group_id=reservation.group_id if reservation else None,
        )
        return replace(event, **changes)

    def day(self, event: UsageEvent) -> str:
        day = max(day_of(event.created_at, self.parts.settings.zone), f"{event.period}-01")
        return max(day, event.day or "")

    def record(self, *events: UsageEvent) -> list[str]:
        """Deliver events as one batch; returns the request ids of those that failed."""
        return self.parts.ledger.recorder.record_messages(
            [Message(event.request_id, event_to_json(event)) for event in events]
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table, as plain values."""
        pages = self.parts.platform.dynamodb.get_paginator("scan").paginate(
            TableName=self.parts.settings.table_name(table), ConsistentRead=True
        )
        items = itertools.chain.from_iterable(page["Items"] for page in pages)
        return [{name: _plain(value) for name, value in item.items()} for item in items]

    def assert_books_balance(self) -> None:
        """Hold users, closed months, records and counters against each other, all of them.

        available == quota; what a day's cap has left == its limit - what is charged and held of it;
        usage of every open and closed month == the sum of its records and of
        the amounts of its usage resets (negative) and merges;
        every counter, by user, by group and summed over the system's shards == the sum of its
        records, with the buckets of first bytes;
        the hours of the system's counters == their days.
        """
        used: dict[tuple[str, str], int] = defaultdict(int)
        counted: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for record in self.rows("usage"):
            used[record["user_id"], record["period"]] += record["charged_tokens"]
            created_at = datetime.fromisoformat(record["created_at"])
            day = max(day_of(created_at, self.parts.settings.zone), f"{record['period']}-01")
            # later where it counts for the cap of a day that another request has turned
            day = max(day, record.get("day_shard", "").partition("#")[0])
            model = "-" if record["outcome"] == "released" else record["model"]
            for owner, key in _counted_in(record, f"{day}#{model}"):
                sums = counted[owner, key]
                for name in FIGURES:
                    if name not in COUNTED:
                        sums[name] += record.get(name, 0)
                sums["unpriced_requests"] += record.get("unpriced", False)
                sums["over_limit_requests"] += record.get("over_limit", False)
                sums[_bucket(owner, record)] += 1
                sums["requests"] += 1
                sums["errors"] += record["status_code"] >= 400
        for row in self.rows("transactions"):
            if row["kind"] in {"usage_reset", "merge"}:
                used[row["user_id"], row["period"]] += row["amount"]
        stated = {
            (row["user_id"], row["period"]): row["current_usage"]
            for row in self.rows("periods")
            if not row["user_id"].startswith("system#")
        }
        for user in self.parts.quota.users.scan():
            assert user.available_tokens == user.quota.available_tokens
            assert used_tokens(user) == _charged_on(user, counted)
            assert (user.user_id, user.period) not in stated
            stated[user.user_id, user.period] = user.current_usage
        assert _not_zero(stated) == _not_zero(used)
        found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        counters = [
            row
            for row in self.rows("counters")
            if row["owner"] != REFUSALS_OWNER and not row["owner"].startswith(REFUSED_PREFIX)
        ]
        for row in counters:
            is_system = row["owner"].startswith("system#")
            kind = row["owner"].partition("#")[0]
            assert (kind == "user") is ("day_shard" in row)
            owner = row["owner"] if kind == "user" else kind
            sums = found[owner, row["day_model"]]
            for name in (*FIGURES, *BUCKET_NAMES):
                sums[name] += row.get(name, 0)
            if is_system:
                for total, of_hour in (("charged_tokens", "tokens_"), ("requests", "requests_")):
                    hours = [value for name, value in row.items() if name.startswith(of_hour)]
                    assert sum(hours) == row[total]
        assert _figures(found) == _figures(counted)


def _counted_in(record: dict[str, Any], day_model: str) -> list[tuple[str, str]]:
    """Owner and key of the counters that a record is part of."""
    owners = [(f"user#{record['user_id']}", day_model), ("system", day_model)]
    if "group_id" in record:
        day, _, model = day_model.partition("#")
        owners.append(("groups", group_key(day, record["group_id"], model)))
    return owners


def _charged_on(user: User, counted: dict[tuple[str, str], dict[str, int]]) -> int:
    """What the records charge of the day that a user's cap is of; 0 without one."""
    return sum(
        sums["charged_tokens"]
        for (owner, day_model), sums in counted.items()
        if owner == f"user#{user.user_id}" and day_model.partition("#")[0] == user.cap_day
    )


def _bucket(owner: str, record: dict[str, Any]) -> str:
    """Where a record's first byte is counted: in the system's counters alone, else in none."""
    ms = record.get("first_byte_ms")
    return bucket_of(ms) if owner == "system" and ms is not None else "none"


def _plain(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    return int(inner) if kind == "N" else inner


def _not_zero(figures: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: value for key, value in figures.items() if value}


def _figures(sums: dict[tuple[str, str], dict[str, int]]) -> dict[tuple[str, str], dict[str, int]]:
    """Counters without those that a correction has brought back to nothing."""
    return {
        key: {name: values[name] for name in (*FIGURES, *BUCKET_NAMES)}
        for key, values in sums.items()
        if any(values[name] for name in FIGURES)
    }


@pytest.fixture
def stage() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def parts(emulator: str, stage: str) -> AsyncIterator[Parts]:
    """All parts of a fresh stage, tables and queues included."""
    made = Parts(
        Settings(
            solaris_stage=stage,
            secret_key="integration-tests-only-0123456789",
            aws_region="us-east-1",
            redis_url=None,
            redis_host=None,
        )
    )
    create_tables()
    made.platform.queues.create_all()
    yield made
    await made.close()


@pytest.fixture
def money(parts: Parts) -> Iterator[MoneyPath]:
    """The money path; whatever a test did, the books balance after it."""
    path = MoneyPath.of(parts, Clock())
    yield path
    path.assert_books_balance()


@pytest.fixture
def calls(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the DynamoDB and SQS operations that the emulator gets from here on."""
    seen: list[str] = []
    attempt: Callable[..., Any] = parts.platform.aws._attempt

    async def counted(service: str, operation: str, data: bytes) -> Any:
        seen.append(operation)
        return await attempt(service, operation, data)

    monkeypatch.setattr(parts.platform.aws, "_attempt", counted)

    def before_send(event_name: str, **_: Any) -> None:
        seen.append(event_name.rpartition(".")[2])

    parts.platform.dynamodb.meta.events.register("before-send.dynamodb.*", before_send)
    return seen


@pytest.fixture
def free_port() -> Iterator[int]:
    """A loopback port that refuses connections: bound, so that nobody takes it, never listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
