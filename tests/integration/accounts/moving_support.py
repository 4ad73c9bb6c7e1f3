"""What the tests of moved and merged accounts share."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from solaris.accounts.moving import Mover
from solaris.accounts.updates import UserUpdate
from solaris.gateway.admission import Admission
from solaris.platform.actor import Actor
from solaris.quota.user import user_id_for
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, MoneyPath

NEW = "ana.lima@example.org"
BIA = "bia@example.com"
ANA_ID, NEW_ID, BIA_ID = (user_id_for(one) for one in (ANA, NEW, BIA))
BOSS = Actor(name="boss@example.com")


@pytest.fixture
def api(money: MoneyPath) -> Iterator[Api]:
    money.parts.platform.files.create()
    api = Api(money)
    yield api
    api.close()


@pytest.fixture
def mover(api: Api) -> Mover:
    return api.parts.accounts.mover


def move(mover: Mover, user_id: str, email: str) -> None:
    mover.update(user_id, UserUpdate(email=email), actor=BOSS, reason="married")


def booked(money: MoneyPath, admission: Admission, completion: int = 50) -> None:
    """The admission's request, settled where it was reserved."""
    event = money.event(admission.reservation, completion=completion)
    assert money.record(replace(event, user_id=admission.user.user_id)) == []


async def spend(money: MoneyPath, email: str, completion: int = 50) -> Admission:
    admission = await money.admit(email, prompt=100)
    booked(money, admission, completion)
    return admission


def item(money: MoneyPath, user_id: str) -> Any:
    user = money.parts.quota.users.get(user_id)
    assert user is not None
    return user


def usage(money: MoneyPath) -> int:
    """The month's usage of everybody."""
    return sum(user.current_usage for user in money.parts.quota.users.scan())
