"""What a deployment says of the account's executions, and of what an emulator cannot."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy import emulated
from infra.deploy.aws import Account
from infra.deploy.capacity import MIN_UNRESERVED, RESERVED, capacity_notes
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ROOT
from infra.deploy.template import read_template

DOCUMENT = read_template(ROOT / "template.yaml").document
ASKED = {"ReserveConcurrency": "true"}


class Lambda:
    """An account's limits; None: nobody may ask."""

    def __init__(self, executions: int | None) -> None:
        self.executions = executions

    def get_account_settings(self) -> dict[str, Any]:
        if self.executions is None:
            refusal: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(refusal, "GetAccountSettings")
        return {"AccountLimit": {"ConcurrentExecutions": self.executions}}


def account(executions: int | None, endpoint: str | None = None) -> Account:
    return Account("000000000000", "sa-east-1", endpoint, {"lambda": Lambda(executions)})


def test_a_new_account_is_told_how_to_get_more() -> None:
    notes = capacity_notes(account(10), {})
    assert "10 functions at once in sa-east-1" in notes[0]
    assert "L-B99A9384" in notes[-1]


@pytest.mark.parametrize("executions", [1_000, 5_000, None])
def test_nothing_is_said_of_a_usual_one_nor_of_what_nobody_may_ask(executions: int | None) -> None:
    assert capacity_notes(account(executions), ASKED) == []


def test_an_emulator_has_no_quota() -> None:
    assert capacity_notes(account(10, "http://127.0.0.1:4566"), ASKED) == []


def test_reserving_more_than_there_is_ends_before_anything_is_made() -> None:
    with pytest.raises(DeployError, match="ReserveConcurrency=true: this account has 139"):
        capacity_notes(account(139), ASKED)
    assert capacity_notes(account(139), {"ReserveConcurrency": "false"})
    assert capacity_notes(account(140), ASKED)


def test_it_is_what_the_template_reserves() -> None:
    reserved = [
        one["Properties"]["ReservedConcurrentExecutions"]["Fn::If"][1]
        for one in DOCUMENT["Resources"].values()
        if "ReservedConcurrentExecutions" in one.get("Properties", {})
    ]
    assert sum(reserved) == RESERVED
    assert (
        str(MIN_UNRESERVED + RESERVED)
        in DOCUMENT["Parameters"]["ReserveConcurrency"]["Description"]
    )


def test_an_emulator_s_differences_are_listed_with_their_reasons() -> None:
    lines = emulated.differences(emulated.defaults())
    for name, (value, why) in emulated.OTHERWISE.items():
        assert f"{name}={value}: {why}" in lines
        parameter = DOCUMENT["Parameters"][name]
        assert value in parameter["AllowedValues"]
        assert value != parameter["Default"]
    assert len(lines) == len(emulated.OTHERWISE) + len(emulated.ONLY_ON_AWS)


def test_what_is_as_on_aws_is_not_listed() -> None:
    lines = emulated.differences(emulated.defaults() | {"DeletionProtection": "true"})
    assert not [line for line in lines if line.startswith("DeletionProtection")]
