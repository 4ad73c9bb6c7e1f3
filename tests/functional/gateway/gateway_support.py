"""The gateway of one test: the real application and HTTP client, a user in memory, no store."""

import asyncio
import json
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from solaris.gateway import tokenizer as tokens
from solaris.gateway.admission import Admission, Ticket
from solaris.gateway.app import GatewayApp
from solaris.gateway.body.bodies import Bodies
from solaris.gateway.meter import Meter
from solaris.gateway.request import Forwarder
from solaris.gateway.response_sizes import ResponseSizes
from solaris.gateway.restricted_users import check_models_of
from solaris.gateway.upstream import Upstream
from solaris.keys.authenticator import Authenticator
from solaris.keys.entrance import Entrance
from solaris.keys.key import GatewayKey, KeyKind
from solaris.ledger.weighing import Weighing
from solaris.platform.aws.documents import Document, Documents
from solaris.platform.background import drain
from solaris.platform.cache import AsyncCache
from solaris.platform.errors import QuotaExhaustedError, TokensHeldError
from solaris.platform.metrics import Metrics
from solaris.platform.rate_limit import RateLimiter
from solaris.platform.rate_rule import RateRule
from solaris.platform.settings import Settings
from solaris.quota.periods import renews_at
from solaris.quota.reservation import Reservation, expiry_of, hold_for
from solaris.quota.settlement import settle
from solaris.quota.usage import UsageEvent
from solaris.quota.user import Enforcement, Plan, User, UserStatus, user_id_for
from tests.unit.ledger.refusals_support import Store, refusals_of

NOW = datetime(2026, 11, 15, 15, tzinfo=UTC)
ANA = "ana@example.com"
ANSWER_SECONDS = 20


class MemoryMeter:
    """One user's quota in memory, by the rules of the real one; keeps the events."""

    def __init__(self, limit: int, settings: Settings) -> None:
        self._settings = settings
        self.events: list[UsageEvent] = []
        self.served: list[str] = []
        self.group_values: tuple[tuple[str, str], ...] = ()
        self.reservations: dict[str, Reservation] = {}
        self.admitted = asyncio.Event()
        self.user = User(
            user_id=user_id_for(ANA),
            email=ANA,
            name="Ana",
            status=UserStatus.ACTIVE,
            plan=Plan.BASIC,
            monthly_limit=limit,
            additional_tokens=0,
            current_usage=0,
            available_tokens=limit,
            period="2026-11",
            created_at=NOW,
            updated_at=NOW,
        )

    async def admit(self, ticket: Ticket) -> Admission:
        self.served.append(ticket.identity.email)
        self.group_values = ticket.identity.group_values
        check_models_of(self.user, ticket)
        available = self.user.available_tokens
        hold = hold_for(ticket.demand, available, strict=self._settings.strict_cap)
        if hold is None:
            if hold_for(ticket.demand, available + self.user.reserved_tokens):
                raise TokensHeldError(5)
            raise QuotaExhaustedError(
                used=self.user.current_usage,
                limit=self.user.monthly_limit,
                additional=0,
                available=available,
                renews_at=NOW,
                renews_in_seconds=1,
            )
        one = Reservation(
            request_id=ticket.request_id,
            tokens=hold.tokens,
            prompt_tokens=ticket.demand.prompt_tokens,
            created_at=ticket.received_at,
            expires_at=expiry_of(ticket.received_at),
            period="2026-11",
            model=ticket.model,
            endpoint=ticket.endpoint,
            key_id=ticket.key_id,
            weight=ticket.demand.weight,
        )
        held = {**self.user.reservations, one.request_id: one}
        self.user = replace(self.user, available_tokens=available - hold.tokens, reservations=held)
        self.admitted.set()
        return Admission(
            reservation=one,
            cap_tokens=hold.cap_tokens,
            completion_tokens=hold.completion_tokens,
            user=self.user,
            renews_at=renews_at("2026-11", self._settings.zone),
            is_over_limit=self.user.enforcement is Enforcement.WARN,
        )

    async def hold_more(self, admission: Admission, tokens: int) -> Admission:
        more = min(tokens, self.user.available_tokens)
        longer = admission.completion_tokens + more
        one = replace(admission.reservation, tokens=admission.reservation.tokens + more)
        self.user = replace(
            self.user,
            available_tokens=self.user.available_tokens - more,
            reservations={**self.user.reservations, one.request_id: one},
        )
        return replace(admission, reservation=one, completion_tokens=longer)

    async def resolve(self, event: UsageEvent) -> None:
        self.events.append(event)
        held = dict(self.user.reservations)
        one = held.pop(event.request_id)
        change = settle(reserved_tokens=one.tokens, charged_tokens=event.charged_tokens)
        self.user = replace(
            self.user,
            reservations=held,
            available_tokens=self.user.available_tokens + change.available_delta,
            current_usage=self.user.current_usage + change.usage_delta,
        )


class Nothing:
    """Documents that nobody has written: what holds is the environment's."""

    def get(self, name: str) -> Document:
        return Document(name)


class OneKey:
    """Knows one service key."""

    def __init__(self, key: GatewayKey) -> None:
        self._key = key

    async def authenticate(self, _headers: Any) -> GatewayKey:
        return self._key


@dataclass
class Got:
    """What the client got: status, headers, the body in the parts in which it came."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    is_whole: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gateway:
    """One gateway in front of one upstream; `ask` it as Ana."""

    def __init__(
        self,
        upstream_url: str,
        *,
        limit: int = 10_000_000,
        allowed_models: tuple[str, ...] | None = None,
        enforcement: Enforcement = Enforcement.BLOCK,
        **settings: Any,
    ) -> None:
        self.settings = Settings(litellm_base_url=upstream_url, **settings)
        self.meter = MemoryMeter(limit, self.settings)
        self.meter.user = replace(self.meter.user, enforcement=enforcement)
        self.metrics = Metrics()
        self.store = Store()
        self.refusals = refusals_of(self.store)
        key = GatewayKey(
            key_hash="0",
            key_id="key_1",
            prefix="sk-",
            name="k",
            kind=KeyKind.SERVICE,
            created_at=NOW,
            allowed_models=allowed_models,
        )
        cache = AsyncCache(None)
        self.sizes = ResponseSizes(cache, "local")
        self.upstream = Upstream(
            upstream_url,
            "sk-upstream",
            connect_seconds=self.settings.upstream_connect_timeout_seconds,
            idle_seconds=self.settings.upstream_idle_timeout_seconds,
            max_connections=100,
        )
        self.bodies = Bodies(
            max_bytes=self.settings.max_unfinished_body_bytes,
            max_open=self.settings.max_unfinished_bodies_per_address,
        )
        self.entrance = entrance = Entrance(
            authenticator=cast("Authenticator", OneKey(key)),
            limiter=RateLimiter(cache, "local", RateRule(10_000, 10_000)),
            settings=self.settings,
            clock=lambda: NOW,
        )
        self.app = GatewayApp(
            Forwarder(
                settings=self.settings,
                entrance=entrance,
                meter=cast("Meter", self.meter),
                weighing=Weighing(self.settings, cast("Documents", Nothing())),
                upstream=self.upstream,
                sizes=self.sizes,
                metrics=self.metrics,
            ),
            entrance=entrance,
            bodies=self.bodies,
            settings=self.settings,
            metrics=self.metrics,
            refusals=self.refusals,
            clock=self._clock,
        )
        self._asked = 0

    def _clock(self) -> datetime:
        self._asked += 1
        return NOW + timedelta(milliseconds=self._asked)

    async def ask(
        self,
        body: Any,
        path: str = "/v1/chat/completions",
        *,
        leave: Callable[[Got], bool] | None = None,
        leave_after: float | None = None,
        query: str = "",
        got: Got | None = None,
        method: str = "POST",
    ) -> Got:
        """Ask once and return when all is settled.

        The client hangs up when `leave` says so after a part, or after so many seconds.
        """
        got = Got() if got is None else got
        gone = asyncio.Event()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        incoming = iter([{"type": "http.request", "body": data, "more_body": False}])

        async def receive() -> MutableMapping[str, Any]:
            for message in incoming:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                got.status = message["status"]
                got.headers = {name.decode(): v.decode() for name, v in message["headers"]}
                return
            if message.get("body"):
                got.parts.append(message["body"])
            got.is_whole = not message.get("more_body", False)
            if leave is not None and leave(got):
                gone.set()

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"x-user-email", ANA.encode()), (b"authorization", b"Bearer sk")],
            "client": ("127.0.0.1", 1),
        }
        if leave_after is not None:
            asyncio.get_running_loop().call_later(leave_after, gone.set)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.app(scope, receive, send)
            assert await drain(ANSWER_SECONDS) == 0
        return got

    @property
    def event(self) -> UsageEvent:
        """The one event that was resolved."""
        (event,) = self.meter.events
        return event

    async def close(self) -> None:
        await self.upstream.close()


def load_tokenizer() -> None:
    """Counts in tests are exact from the first request on."""
    tokens.count_tokens("ready")
