"""SES's own list, as botocore's model has it: what each answer means for lifting a suppression."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from solaris.alerts.ses_list import SesSuppressionList
from solaris.alerts.suppression import SesListAnswer
from solaris.platform.aws.files import is_aws
from solaris.platform.errors import MailServiceError

ANA = "ana@example.com"
CALL = "delete_suppressed_destination"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """A client of AWS itself whose answers are made here; nothing leaves this process."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = boto3.client(
        "sesv2", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def listed(stub: Stubber, *, aws: bool = True) -> SesSuppressionList:
    assert is_aws(stub.client)
    return SesSuppressionList(lambda: stub.client, is_aws=lambda client: aws and is_aws(client))


def test_an_address_is_taken_off(stub: Stubber) -> None:
    stub.add_response(CALL, {}, {"EmailAddress": ANA})
    assert listed(stub).remove(ANA) is SesListAnswer.REMOVED


def test_one_that_is_not_on_the_list_is_no_failure(stub: Stubber) -> None:
    stub.add_client_error(CALL, "NotFoundException", http_status_code=404)
    assert listed(stub).remove(ANA) is SesListAnswer.NOT_LISTED


@pytest.mark.parametrize("code", ["InternalFailure", "UnknownOperationException"])
def test_an_emulator_without_the_list_is_told_apart_from_aws(stub: Stubber, code: str) -> None:
    stub.add_client_error(CALL, code, http_status_code=501)
    assert listed(stub, aws=False).remove(ANA) is SesListAnswer.UNSUPPORTED
    stub.add_client_error(CALL, code, http_status_code=501)
    with pytest.raises(MailServiceError, match=code):
        listed(stub).remove(ANA)


@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException", ""])
@pytest.mark.parametrize("aws", [True, False])
def test_a_refusal_is_told_with_the_call_s_name(stub: Stubber, code: str, aws: bool) -> None:
    stub.add_client_error(CALL, code, http_status_code=403)
    with pytest.raises(MailServiceError, match=r"DeleteSuppressedDestination: \w+"):
        listed(stub, aws=aws).remove(ANA)
