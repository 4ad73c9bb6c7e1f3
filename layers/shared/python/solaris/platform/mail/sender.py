"""Hands a finished message to SES, or to an SMTP server when SMTP_HOST is set.

Two ways to fail, and only two: MailRejectedError (the same message would be refused again: the
address or the sender is not accepted) and MailUnavailableError (throttling, time-out, refused
login, anything unknown: worth another try). Both carry a short `error_class` for the record.
"""

import smtplib
import ssl
from base64 import b64encode
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from solaris.platform.errors import SolarisError

SMTP_TIMEOUT_SECONDS = 10.0  # of each step: connect, greeting, TLS, login, data
IMPLICIT_TLS_PORT = 465

# What SES answers when the message itself is at fault. Everything else (throttling, a used-up
# daily quota, paused sending, missing rights, a domain that is not verified yet) may be put right
# without changing the message.
PERMANENT_SES_ERRORS = frozenset(
    {
        "InvalidParameterValue",  # an address that SES cannot read
        "MessageRejected",  # a suppressed or refused recipient, content that is taken for a virus
    }
)
# The same code for a sender that is not verified yet, and in the sandbox for a recipient ("Email
# address is not verified. The following identities failed the check …"): SES' own words, which its
# guide lists under "Amazon SES API errors".
NOT_VERIFIED, _NOT_VERIFIED_WORDS = "IdentityNotVerified", "is not verified"
_PERMANENT_REPLIES = range(500, 600)  # RFC 5321, section 4.2.1
_LOGGED_IN = 235  # RFC 4954, section 6


class MailRejectedError(SolarisError):
    """Refused for good; sending the same again is useless."""

    code = "service_unavailable"

    def __init__(self, error_class: str) -> None:
        super().__init__(error_class)
        self.error_class = error_class


class MailUnavailableError(SolarisError):
    """Not sent this time; a later try may do it."""

    code = "service_unavailable"

    def __init__(self, error_class: str) -> None:
        super().__init__(error_class)
        self.error_class = error_class


class MailSender(Protocol):
    """Sends one message to all of its `To` addresses."""

    def send(self, message: EmailMessage) -> None:
        """Raises MailRejectedError or MailUnavailableError."""


class SesSender:
    """SES by `SendRawEmail`; `client` is a boto3 SES client with this project's time-outs.

    `configuration_set` makes SES tell of bounces and complaints, where it is set up to.
    """

    def __init__(self, client: Any, configuration_set: str | None = None) -> None:
        self._client = client
        self._options = (
            {"ConfigurationSetName": configuration_set} if configuration_set is not None else {}
        )

    def send(self, message: EmailMessage) -> None:
        """Send; throttling is retried three times by boto3, then by the queue."""
        try:
            self._client.send_raw_email(
                Source=str(message["From"]),
                Destinations=recipients(message),
                RawMessage={"Data": message.as_bytes(policy=SMTP_POLICY)},
                **self._options,
            )
        except ClientError as error:
            told = error.response.get("Error", {})
            code = str(told.get("Code", "")) or "Unknown"
            if _NOT_VERIFIED_WORDS in str(told.get("Message", "")):
                raise MailUnavailableError(NOT_VERIFIED) from error
            if code in PERMANENT_SES_ERRORS:
                raise MailRejectedError(code) from error
            raise MailUnavailableError(code) from error
        except BotoCoreError as error:
            raise MailUnavailableError(type(error).__name__) from error


class SmtpSender:
    """One connection a message, each step bounded by ten seconds.

    With `use_tls` a server that offers no TLS, or a wrong certificate, is an error, never a reason
    to go on in plain text.
    """

    def __init__(
        self, host: str, port: int, *, user: str | None, password: str | None, use_tls: bool
    ) -> None:
        self._host = host
        self._port = port
        self._user = user
        self._password = password
        self._use_tls = use_tls

    def send(self, message: EmailMessage) -> None:
        """Send; a reply of 5xx to sender, recipients or data is final, except to the login."""
        try:
            server = self._connected()
            try:
                server.send_message(message)
            finally:
                _leave(server)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _smtp_error("SMTPRecipientsRefused", *codes) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            said = error.smtp_error
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            if _NOT_VERIFIED_WORDS in text:  # SES by SMTP
                raise MailUnavailableError(NOT_VERIFIED) from error
            raise _smtp_error(type(error).__name__, error.smtp_code) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise MailUnavailableError(type(error).__name__) from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context() if self._use_tls else None
        if context is not None and self._port == IMPLICIT_TLS_PORT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=SMTP_TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SMTP_TIMEOUT_SECONDS)
        try:
            if context is not None and self._port != IMPLICIT_TLS_PORT:
                server.starttls(context=context)
            if self._user is not None:
                _log_in(server, self._user, self._password or "")
        except BaseException:
            server.close()
            raise
        return server


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """smtplib's own login, which takes ASCII alone; for the rest PLAIN in UTF-8 (RFC 4616).

    Raises smtplib.SMTPException.
    """
    if (user + password).isascii():
        server.login(user, password)
        return
    server.ehlo_or_helo_if_needed()
    if "PLAIN" not in server.esmtp_features.get("auth", "").upper().split():
        msg = "a login that is not ASCII needs AUTH PLAIN"
        raise smtplib.SMTPNotSupportedError(msg)
    told = b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, reply = server.docmd("AUTH", f"PLAIN {told}")
    if code != _LOGGED_IN:
        raise smtplib.SMTPAuthenticationError(code, reply)


def recipients(message: EmailMessage) -> list[str]:
    """The plain addresses of `To`."""
    return [address.addr_spec for address in message["To"].addresses]


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; the message is accepted by then, so nothing that goes wrong here matters."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _smtp_error(name: str, *codes: int) -> SolarisError:
    if codes and all(code in _PERMANENT_REPLIES for code in codes):
        return MailRejectedError(f"{name} {codes[0]}")
    return MailUnavailableError(f"{name} {codes[0]}" if codes else name)
