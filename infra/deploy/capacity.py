"""How many functions the account lets run at once, which bounds the answers at once."""

from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.aws import Account
from infra.deploy.errors import DeployError

USUAL_EXECUTIONS = 1_000
# Lambda keeps 100 for functions that have none of their own; template.yaml reserves twice 20.
MIN_UNRESERVED = 100
RESERVED = 40
PARAMETER = "ReserveConcurrency"


def capacity_notes(account: Account, values: Mapping[str, str]) -> list[str]:
    """What bounds the answers at once, a line each; empty: nothing unusual.

    Raises DeployError where ReserveConcurrency asks for more than the account has. Without the
    right to ask Lambda it says nothing: no deployment fails for it.
    """
    if account.is_emulator:
        return []
    try:
        limit = account.client("lambda").get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError):
        return []
    executions = int(limit["ConcurrentExecutions"])
    if values.get(PARAMETER) == "true" and executions < MIN_UNRESERVED + RESERVED:
        msg = (
            f"{PARAMETER}=true: this account has {executions} executions at once in "
            f"{account.region}, and Lambda wants {MIN_UNRESERVED} of them beside the {RESERVED}"
        )
        raise DeployError(msg)
    if executions >= USUAL_EXECUTIONS:
        return []
    return [
        f"Lambda runs {executions} functions at once in {account.region}, each answer takes one:",
        "  aws service-quotas request-service-quota-increase --service-code lambda \\",
        f"    --quota-code L-B99A9384 --desired-value {USUAL_EXECUTIONS} --region {account.region}",
    ]
