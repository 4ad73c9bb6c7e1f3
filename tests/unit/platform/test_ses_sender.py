"""SES is told which configuration set a mail belongs to, if there is one."""

from email.message import EmailMessage
from typing import Any

import pytest

from solaris.platform.mail.sender import SesSender


class TakingSes:
    """A boto3 client that takes every mail; `calls` are their arguments."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def send_raw_email(self, **arguments: Any) -> dict[str, str]:
        self.calls.append(arguments)
        return {"MessageId": "1"}


@pytest.mark.parametrize("configuration_set", [None, "solaris-prod"])
def test_a_mail_names_its_configuration_set(configuration_set: str | None) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "noreply@example.com", "ana@example.com"
    ses = TakingSes()
    SesSender(ses, configuration_set).send(message)
    assert ses.calls[0].get("ConfigurationSetName") == configuration_set
    assert ("ConfigurationSetName" in ses.calls[0]) is (configuration_set is not None)
    assert ses.calls[0]["Destinations"] == ["ana@example.com"]
