"""SES's own list of addresses that an account does not write to any more.

SES puts an address there on a permanent bounce or a complaint, by itself, and then takes mail for
it without sending it. Whoever lifts a suppression here has to take it off there too.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from solaris.alerts.suppression import SesListAnswer
from solaris.platform.errors import MailServiceError

_NOT_LISTED = "NotFoundException"
# How stand-ins for AWS say that they do not know the call.
_NOT_IMPLEMENTED = frozenset({"InternalFailure", "UnknownOperationException", "NotImplemented"})


class SesSuppressionList:
    """`make_client` gives a boto3 SESv2 client: made at each call, which is rare.

    `is_aws` says whether it talks to AWS itself, where every refusal is meant.
    """

    def __init__(self, make_client: Callable[[], Any], *, is_aws: Callable[[Any], bool]) -> None:
        self._make_client = make_client
        self._is_aws = is_aws

    def remove(self, email: str) -> SesListAnswer:
        """Take an address off the list. Raises MailServiceError when SES refuses or is away."""
        client = self._make_client()
        try:
            client.delete_suppressed_destination(EmailAddress=email)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "")) or "Unknown"
            if code == _NOT_LISTED:
                return SesListAnswer.NOT_LISTED
            if code in _NOT_IMPLEMENTED and not self._is_aws(client):
                return SesListAnswer.UNSUPPORTED
            raise MailServiceError(f"DeleteSuppressedDestination: {code}") from error
        except BotoCoreError as error:
            name = type(error).__name__
            raise MailServiceError(f"DeleteSuppressedDestination: {name}") from error
        return SesListAnswer.REMOVED
