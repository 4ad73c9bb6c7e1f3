"""What every SDK is asked to do, and what it and the books have to say afterwards.

One subclass of `Matrix` a file and API. A person of their own for each test; the upstream's ledger
tells what was really answered.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.local_system import LocalSystem
from tests.sdks.environments import Came, Sdk
from tests.sdks.upstream import FINAL, GREETING, MODEL, TOO_LONG, TOO_LONG_MODEL, SdkUpstream

TEXT = "Olá! Como é o mar?"
PLACE = {"city": "Recife", "degrees": 31}
CITY = {"city": "Recife"}


@dataclass
class Neighbourhood:
    """The running system and the upstream behind it."""

    system: LocalSystem
    upstream: SdkUpstream


@dataclass
class Caller:
    """One person who uses one SDK."""

    sdk: Sdk
    around: Neighbourhood
    email: str

    def __post_init__(self) -> None:
        """From here on, the upstream's answers are this person's."""
        self._before = len(self.around.upstream.ledger)
        self._refused = self.around.upstream.refused

    def asks(self, kind: str, model: str = MODEL) -> Came:
        """Run the SDK's program once."""
        system = self.around.system
        who = {"url": system.url, "key": str(system.printed_key), "email": self.email}
        return self.sdk.run({"kind": kind, "model": model, "text": TEXT, **who})

    @property
    def answered(self) -> list[Any]:
        """What the upstream has answered this person."""
        return self.around.upstream.ledger[self._before :]

    @property
    def refused(self) -> int:
        """How often the upstream has refused this person."""
        return self.around.upstream.refused - self._refused

    def booked(self, came: Came, answers: int, *, more: int = 0) -> None:
        """The books, the upstream and what the SDK states (less `more`) have the same figures."""
        assert came.error is None, came.error
        assert len(self.answered) == answers
        shown = self.around.system.booked_user(self.email, records=answers)
        spent = sum(one.total for one in self.answered)
        assert (shown["currentUsage"], shown["reservedTokens"]) == (spent, 0)
        told = [(one["promptTokens"], one["completionTokens"]) for one in shown["usage"]]
        assert sorted(told) == sorted((one.prompt, one.completion) for one in self.answered)
        assert [one["estimated"] for one in shown["usage"]] == [False] * answers
        if came.data is None or not self.sdk.hides_usage_of_data:
            assert came.tokens == spent + more

    def nothing_booked(self) -> None:
        """No token, and none held."""
        shown = self.around.system.booked_user(self.email, records=0)
        assert (shown["currentUsage"], shown["reservedTokens"]) == (0, 0)
        assert self.answered == []


class Matrix:
    """The six things; `sdk` is set by the subclass."""

    sdk: Sdk

    @pytest.fixture
    def caller(self, around: Neighbourhood) -> Caller:
        """Somebody whom the gateway does not know yet."""
        return Caller(self.sdk, around, f"sdk-{uuid.uuid4().hex[:8]}@example.com")

    def test_a_chat_is_answered_and_booked(self, caller: Caller) -> None:
        came = caller.asks("chat")
        caller.booked(came, answers=1)
        assert came.text == GREETING

    def test_a_stream_comes_in_pieces_and_is_booked(self, caller: Caller) -> None:
        came = caller.asks("stream")
        caller.booked(came, answers=1, more=self.sdk.more_in_streams)
        assert came.text == GREETING
        assert came.pieces > 1
        assert caller.answered[0].stream

    def test_a_tool_is_called_and_both_answers_are_booked(self, caller: Caller) -> None:
        came = caller.asks("tool")
        caller.booked(came, answers=2)
        assert came.arguments == CITY
        assert came.text == f"{FINAL} sol em Recife"

    def test_data_of_a_schema_come_and_are_booked(self, caller: Caller) -> None:
        came = caller.asks("structured")
        caller.booked(came, answers=1)
        assert came.data == PLACE

    def test_the_model_s_own_refusal_is_told_once_and_costs_nothing(self, caller: Caller) -> None:
        came = caller.asks("chat", model=TOO_LONG_MODEL)
        assert came.error is not None
        assert TOO_LONG in came.error
        assert came.status == 400
        assert caller.refused == 1
        caller.nothing_booked()

    @pytest.mark.parametrize("kind", ["chat", "stream"])
    def test_a_used_up_quota_is_told_in_our_words(self, caller: Caller, kind: str) -> None:
        caller.around.system.cli("users", "create", caller.email, "--limit", "1")
        came = caller.asks(kind)
        assert came.error is not None
        assert "Limite de tokens esgotado. Usados 0 de 1." in came.error
        assert came.status == 429
        caller.nothing_booked()
