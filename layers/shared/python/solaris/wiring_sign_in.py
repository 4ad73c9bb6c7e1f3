"""The parts that let people in: sessions, passwords, accounts, OIDC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from solaris.services.auditing import Auditor
from solaris.settings import Settings
from solaris.storage.admins import AdminStore
from solaris.storage.attempts import AttemptStore
from solaris.storage.sessions import SessionStore

if TYPE_CHECKING:
    from solaris.services.admin_accounts import AdminAccounts
    from solaris.services.hashing import Passwords
    from solaris.services.oidc import OidcSignIn
    from solaris.services.sessions import Sessions
    from solaris.services.signing_in import SigningIn
    from solaris.services.tokens import AccessTokens


class SignInParts:
    """What Wiring inherits; `clock` gives the time in UTC."""

    settings: Settings
    clock: Callable[[], datetime]

    @cached_property
    def dynamodb(self) -> Any:
        """The one client of DynamoDB."""
        raise NotImplementedError

    @cached_property
    def auditor(self) -> Auditor:
        """What writes down who did what."""
        raise NotImplementedError

    @cached_property
    def admins(self) -> AdminStore:
        """The admins table."""
        settings = self.settings
        return AdminStore(
            self.dynamodb,
            admins_table=settings.table_name("admins"),
            audit_table=settings.table_name("audit"),
        )

    @cached_property
    def session_store(self) -> SessionStore:
        """The sessions table."""
        settings = self.settings
        return SessionStore(
            self.dynamodb,
            sessions_table=settings.table_name("sessions"),
            admins_table=settings.table_name("admins"),
        )

    @cached_property
    def passwords(self) -> Passwords:
        """What hashes and verifies passwords."""
        from solaris.services.hashing import Passwords

        return Passwords()

    @cached_property
    def access_tokens(self) -> AccessTokens:
        """What signs and reads access tokens."""
        from solaris.services.tokens import AccessTokens

        return AccessTokens(self.settings, self.clock)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        from solaris.services.sessions import Sessions

        return Sessions(
            store=self.session_store,
            tokens=self.access_tokens,
            session_days=self.settings.session_days,
            clock=self.clock,
        )

    @cached_property
    def signing_in(self) -> SigningIn:
        """What lets people in and out."""
        from solaris.services.devices import Devices
        from solaris.services.guessing import Guesses
        from solaris.services.signing_in import SigningIn

        attempts = AttemptStore(self.dynamodb, sessions_table=self.settings.table_name("sessions"))
        return SigningIn(
            admins=self.admins,
            guesses=Guesses(attempts, self.clock),
            devices=Devices(self.settings, self.clock),
            sessions=self.sessions,
            passwords=self.passwords,
            auditor=self.auditor,
            clock=self.clock,
        )

    @cached_property
    def admin_accounts(self) -> AdminAccounts:
        """What makes, changes and removes admins."""
        from solaris.services.admin_accounts import AdminAccounts

        return AdminAccounts(
            settings=self.settings,
            admins=self.admins,
            passwords=self.passwords,
            auditor=self.auditor,
            clock=self.clock,
        )

    @cached_property
    def oidc(self) -> OidcSignIn:
        """Sign-in by the OIDC provider, if one is configured."""
        from solaris.services.oidc import OidcSignIn
        from solaris.services.oidc_provider import OidcProvider

        settings = self.settings
        provider = None
        if settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret:
            provider = OidcProvider(
                issuer=settings.oidc_issuer,
                client_id=settings.oidc_client_id,
                client_secret=settings.oidc_client_secret,
                clock=self.clock,
                trusts_emails=settings.trusts_oidc_emails,
            )
        return OidcSignIn(
            settings=settings,
            provider=provider,
            accounts=self.admin_accounts,
            signing_in=self.signing_in,
            clock=self.clock,
        )
