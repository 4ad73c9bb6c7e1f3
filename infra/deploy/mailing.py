"""Whether SES will deliver this stage's mails, and the next step when it will not.

A new account is in SES' sandbox, where only verified addresses get mail, and a sender must be
verified: neither is the stack's to decide.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.aws import Account, error_code
from infra.deploy.errors import DeployError

DEFAULT_SENDER = "noreply@iasolaris.com"
_NOT_FOUND = "NotFoundException"
_OWN_SENDER = (
    "the mails need a sender of yours: --parameter FromEmail=noreply@your-domain --parameter "
    "SesIdentity=your-domain (registers the domain with SES), or a mail server: --parameter "
    "SmtpHost=…"
)


def check_sender(account: Account, *, from_email: str, smtp_host: str) -> None:
    """Raises DeployError when the sender is the default, whose domain is not the customer's."""
    if not account.is_emulator and not smtp_host and from_email == DEFAULT_SENDER:
        raise DeployError(_OWN_SENDER)


def mail_notes(account: Account, *, from_email: str, smtp_host: str) -> list[str]:
    """What is missing until mails are delivered, a line each; empty: nothing, or SMTP is used.

    Without the right to ask SES it says so instead: no deployment fails for it.
    """
    if account.is_emulator or smtp_host:
        return []
    client = account.client("sesv2")
    try:
        notes = _sender_notes(client, from_email, account.region)
        found = client.get_account()
    except (BotoCoreError, ClientError) as error:
        return [f"SES could not be asked whether it sends mails of {from_email}: {error}"]
    if not found.get("ProductionAccessEnabled"):
        notes += [
            f"SES in {account.region} is in the sandbox: 200 mails a day, to verified addresses.",
            "Ask for production access (the answer takes about a day):",
            "  aws sesv2 put-account-details --production-access-enabled \\",
            f"    --mail-type TRANSACTIONAL --website-url https://… --region {account.region}",
        ]
    elif not found.get("SendingEnabled", True):
        notes.append(f"SES in {account.region} has paused sending: its console says why")
    return notes


def _sender_notes(client: Any, from_email: str, region: str) -> list[str]:
    if from_email == DEFAULT_SENDER:
        return [_OWN_SENDER]
    domain = from_email.partition("@")[2]
    labels = domain.split(".")
    # a verified domain may send for those below it
    parents = [".".join(labels[start:]) for start in range(1, len(labels) - 1)]
    found = [_identity(client, name) for name in (from_email, domain, *parents)]
    if any(one is not None and one.get("VerifiedForSendingStatus") for one in found):
        return []
    tokens = (found[1] or {}).get("DkimAttributes", {}).get("Tokens", [])
    if tokens:
        return [
            f"SES waits for these CNAME records of {domain} before it sends mails of {from_email}:",
            *(f"  {one}._domainkey.{domain}  →  {one}.dkim.amazonses.com" for one in tokens),
        ]
    if found[0] is not None:
        return [f"SES waits for the link in its mail to {from_email} to be opened"]
    return [
        f"SES in {region} does not know {from_email}, so no mail is sent. Register its domain:",
        f"  make deploy STAGE=… ARGS='--parameter SesIdentity={domain}'",
    ]


def _identity(client: Any, name: str) -> dict[str, Any] | None:
    """What SES knows of an address or a domain; None: nothing."""
    try:
        answer: dict[str, Any] = client.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error_code(error) == _NOT_FOUND:
            return None
        raise
    return answer
