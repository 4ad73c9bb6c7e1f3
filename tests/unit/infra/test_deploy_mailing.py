"""What a deployment says of its mails, by SES' answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deploy.aws import Account
from infra.deploy.errors import DeployError
from infra.deploy.mailing import DEFAULT_SENDER, check_sender, mail_notes
from infra.deploy.packaging import ROOT
from infra.deploy.template import read_template
from solaris.platform.settings import Settings

SENDER = "noreply@example.com"
PRODUCTION = {"ProductionAccessEnabled": True, "SendingEnabled": True}


class Ses:
    """SES' second API: what it knows of identities, and the account's state."""

    def __init__(self, account: dict[str, Any], **identities: dict[str, Any]) -> None:
        self._account = account
        self._identities = {
            "noreply@example.com": identities.get("address"),
            "example.com": identities.get("domain"),
        }

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        found = self._identities.get(EmailIdentity)
        if found is None:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
        return found

    def get_account(self) -> dict[str, Any]:
        if not self._account:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAccount")
        return self._account


def notes(ses: Ses, *, smtp_host: str = "", endpoint: str | None = None) -> list[str]:
    account = Account("000000000000", "sa-east-1", endpoint, {"sesv2": ses})
    return mail_notes(account, from_email=SENDER, smtp_host=smtp_host)


@pytest.mark.parametrize("which", ["address", "domain"])
def test_a_verified_sender_in_production_needs_nothing(which: str) -> None:
    assert notes(Ses(PRODUCTION, **{which: {"VerifiedForSendingStatus": True}})) == []


def test_a_verified_domain_sends_for_those_below_it() -> None:
    ses = Ses(PRODUCTION, domain={"VerifiedForSendingStatus": True})
    account = Account("000000000000", "sa-east-1", None, {"sesv2": ses})
    assert mail_notes(account, from_email="noreply@mail.example.com", smtp_host="") == []


def test_a_stage_on_the_default_sender_is_told_to_take_its_own() -> None:
    account = Account("000000000000", "sa-east-1", None, {"sesv2": Ses(PRODUCTION)})
    [note] = mail_notes(account, from_email=DEFAULT_SENDER, smtp_host="")
    assert "FromEmail=noreply@your-domain" in note


def test_a_domain_that_waits_for_its_records_names_them() -> None:
    waiting = {"VerifiedForSendingStatus": False, "DkimAttributes": {"Tokens": ["a1", "b2"]}}
    found = notes(Ses(PRODUCTION, domain=waiting))
    assert "  a1._domainkey.example.com  →  a1.dkim.amazonses.com" in found
    assert "  b2._domainkey.example.com  →  b2.dkim.amazonses.com" in found


def test_an_address_waits_for_its_link() -> None:
    [note] = notes(Ses(PRODUCTION, address={"VerifiedForSendingStatus": False}))
    assert "link in its mail to noreply@example.com" in note


def test_an_unknown_sender_names_the_parameter() -> None:
    assert "SesIdentity=example.com" in notes(Ses(PRODUCTION))[-1]


def test_the_sandbox_and_a_pause_are_told() -> None:
    known = {"VerifiedForSendingStatus": True}
    assert "sandbox" in notes(Ses({"ProductionAccessEnabled": False}, domain=known))[0]
    paused = PRODUCTION | {"SendingEnabled": False}
    assert "paused" in notes(Ses(paused, domain=known))[0]


def test_who_may_not_ask_is_told_so() -> None:
    [note] = notes(Ses({}, domain={"VerifiedForSendingStatus": True}))
    assert "could not be asked" in note


def test_a_mail_server_of_ones_own_or_an_emulator_needs_no_ses() -> None:
    assert notes(Ses({}), smtp_host="smtp.example.com") == []
    assert notes(Ses({}), endpoint="http://127.0.0.1:1") == []


def test_the_default_sender_ends_a_first_deployment_before_anything_is_made() -> None:
    aws = Account("000000000000", "sa-east-1", None)
    with pytest.raises(DeployError, match="FromEmail=noreply@your-domain"):
        check_sender(aws, from_email=DEFAULT_SENDER, smtp_host="")
    check_sender(aws, from_email=SENDER, smtp_host="")
    check_sender(aws, from_email=DEFAULT_SENDER, smtp_host="smtp.example.com")
    emulator = Account("000000000000", "sa-east-1", "http://127.0.0.1:1")
    check_sender(emulator, from_email=DEFAULT_SENDER, smtp_host="")


def test_it_is_the_default_of_template_and_settings() -> None:
    declared = read_template(ROOT / "template.yaml").parameters["FromEmail"]["Default"]
    assert declared == DEFAULT_SENDER == Settings.model_fields["from_email"].default
