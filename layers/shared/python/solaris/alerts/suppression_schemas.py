"""Models of addresses that get no mail, after a bounce or a complaint."""

from pydantic import Field

from solaris.alerts.suppression import SesListAnswer, Suppression, SuppressionReason
from solaris.alerts.suppressions import Lifted
from solaris.platform.web.schemas import ApiModel, Instant


class MailSuppression(ApiModel):
    """Why an address gets no mail."""

    reason: SuppressionReason
    detail: str = Field(
        description="What the other mail server said; empty when it said nothing.",
        examples=["General: smtp; 550 5.1.1 user unknown"],
    )
    suppressed_at: Instant = Field(description="When it first bounced or complained.")

    @classmethod
    def of(cls, suppression: Suppression) -> "MailSuppression":
        """As the services give it."""
        return cls(
            reason=suppression.reason,
            detail=suppression.detail,
            suppressed_at=suppression.suppressed_at,
        )


class SuppressedAddress(MailSuppression):
    """An address that gets no mail: a user's, or an admin's."""

    email: str

    @classmethod
    def of(cls, suppression: Suppression) -> "SuppressedAddress":
        """As the services give it."""
        return cls(
            email=suppression.email,
            reason=suppression.reason,
            detail=suppression.detail,
            suppressed_at=suppression.suppressed_at,
        )


class LiftedSuppression(ApiModel):
    """An address that gets mail again."""

    email: str
    ses_list: SesListAnswer = Field(
        description="SES's own suppression list: the address was `removed` from it or was "
        "`not_listed`; `unsupported`: an emulator that has no such list; `not_used`: mail goes out "
        "by SMTP."
    )

    @classmethod
    def of(cls, lifted: Lifted) -> "LiftedSuppression":
        """As the service gives it."""
        return cls(email=lifted.email, ses_list=lifted.ses_list)
