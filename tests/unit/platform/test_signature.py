"""The request path's signature is botocore's own, byte for byte."""

import time
from datetime import UTC, datetime

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

from solaris.platform.aws.signature import Signer

TARGET = "DynamoDB_20120810.UpdateItem"
JSON = "application/x-amz-json-1.0"
MOMENTS = [datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)]


class Rotating:
    """Credentials that are other ones at every look."""

    def __init__(self) -> None:
        self.looks = 0

    def get_frozen_credentials(self) -> object:
        self.looks += 1
        return Credentials("id", f"secret {self.looks}").get_frozen_credentials()


def stop_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(auth, "get_current_datetime", lambda: moment)
    monkeypatch.setattr(time, "gmtime", moment.timetuple)


def by_botocore(credentials: Credentials, url: str, data: bytes) -> dict[str, str]:
    request = AWSRequest(
        "POST", url, headers={"X-Amz-Target": TARGET, "Content-Type": JSON}, data=data
    )
    auth.SigV4Auth(credentials, "dynamodb", "sa-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.mark.parametrize("token", [None, "a+session/token=="])
@pytest.mark.parametrize(
    "url",
    [
        "https://dynamodb.sa-east-1.amazonaws.com/",
        "https://dynamodb.sa-east-1.amazonaws.com:443/",
        "http://127.0.0.1:4566/",
        "http://[::1]:4566/",
        "https://vpce.example/a path/",
    ],
)
def test_it_signs_as_botocore_does(
    monkeypatch: pytest.MonkeyPatch, url: str, token: str | None
) -> None:
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token)
    signer = Signer(credentials, "dynamodb", "sa-east-1", url)
    for moment in MOMENTS:
        stop_clock(monkeypatch, moment)
        for data in (b"{}", '{"name": "José"}'.encode()):
            signed = signer.headers(TARGET, JSON, data)
            signed.pop("host")  # botocore leaves it to the client
            assert signed == by_botocore(credentials, url, data)


def test_renewed_credentials_sign_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://127.0.0.1:4566/"
    signer = Signer(Rotating(), "dynamodb", "sa-east-1", url)
    stop_clock(monkeypatch, MOMENTS[0])
    for look in (1, 2):
        signed = signer.headers(TARGET, JSON, b"{}")["authorization"]
        expected = by_botocore(Credentials("id", f"secret {look}"), url, b"{}")
        assert signed == expected["authorization"]


def test_no_credentials_are_said_to_be_missing() -> None:
    with pytest.raises(NoCredentialsError):
        Signer(None, "sqs", "sa-east-1", "http://127.0.0.1/").headers(TARGET, JSON, b"")
