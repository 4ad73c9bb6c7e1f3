"""What lets people in (sessions, passwords, accounts, OIDC), and programs: admin keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solaris.platform.parts import part

if TYPE_CHECKING:
    from collections.abc import Callable

    from solaris.audit.parts import AuditParts
    from solaris.platform.parts import PlatformParts
    from solaris.sign_in.admin_keys.management import AdminKeys
    from solaris.sign_in.admin_keys.store import AdminKeyStore
    from solaris.sign_in.admin_keys.verifying import AdminKeyVerifier
    from solaris.sign_in.admin_store import AdminStore
    from solaris.sign_in.admins import AdminAccounts
    from solaris.sign_in.authorizer import Authorizer
    from solaris.sign_in.oidc import OidcSignIn, Place
    from solaris.sign_in.oidc_provider import OidcProvider
    from solaris.sign_in.password_hash import Passwords
    from solaris.sign_in.session_store import SessionStore
    from solaris.sign_in.sessions import Sessions
    from solaris.sign_in.sign_in import SigningIn
    from solaris.sign_in.tokens import AccessTokens


class SignInParts:
    """What lets people in: sessions, passwords, accounts, OIDC."""

    def __init__(
        self,
        *,
        platform: PlatformParts,
        audit: AuditParts,
        placing: Callable[[], Place] | None = None,
    ) -> None:
        self._placing = placing
        self.platform = platform
        self._audit = audit

    @part
    def admin_store(self) -> AdminStore:
        """The admins table."""
        from solaris.sign_in.admin_store import AdminStore

        settings = self.platform.settings
        return AdminStore(
            self.platform.dynamodb,
            admins_table=settings.table_name("admins"),
            audit_table=settings.table_name("audit"),
        )

    @part
    def session_store(self) -> SessionStore:
        """The sessions table."""
        from solaris.sign_in.session_store import SessionStore

        settings = self.platform.settings
        return SessionStore(
            self.platform.dynamodb,
            sessions_table=settings.table_name("sessions"),
            admins_table=settings.table_name("admins"),
        )

    @part
    def passwords(self) -> Passwords:
        """What hashes and verifies passwords."""
        from solaris.sign_in.password_hash import Passwords

        return Passwords()

    @part
    def access_tokens(self) -> AccessTokens:
        """What signs and reads access tokens."""
        from solaris.sign_in.tokens import AccessTokens

        return AccessTokens(self.platform.settings, self.platform.clock)

    @part
    def sessions(self) -> Sessions:
        """Who is signed in."""
        from solaris.sign_in.sessions import Sessions

        return Sessions(
            store=self.session_store,
            tokens=self.access_tokens,
            session_days=self.platform.settings.session_days,
            clock=self.platform.clock,
        )

    @part
    def admin_key_store(self) -> AdminKeyStore:
        """Admin keys, in the admins table."""
        from solaris.sign_in.admin_keys.store import AdminKeyStore

        settings = self.platform.settings
        return AdminKeyStore(
            self.platform.dynamodb,
            admins_table=settings.table_name("admins"),
            audit_table=settings.table_name("audit"),
        )

    @part
    def admin_keys(self) -> AdminKeys:
        """What makes and revokes admin keys."""
        from solaris.sign_in.admin_keys.management import AdminKeys

        return AdminKeys(
            store=self.admin_key_store, auditor=self._audit.auditor, clock=self.platform.clock
        )

    @part
    def admin_key_verifier(self) -> AdminKeyVerifier:
        """What tells good admin keys."""
        from solaris.sign_in.admin_keys.verifying import AdminKeyVerifier

        return AdminKeyVerifier(self.admin_key_store, self.platform.clock)

    @part
    def authorizer(self) -> Authorizer:
        """Who sends a request of the admin API."""
        from solaris.sign_in.authorizer import Authorizer

        return Authorizer(lambda: self.sessions, self.admin_key_verifier)

    @part
    def signing_in(self) -> SigningIn:
        """What lets people in and out."""
        from solaris.sign_in.attempts import AttemptStore
        from solaris.sign_in.devices import Devices
        from solaris.sign_in.guessing import Guesses
        from solaris.sign_in.sign_in import SigningIn

        attempts = AttemptStore(
            self.platform.dynamodb, sessions_table=self.platform.settings.table_name("sessions")
        )
        return SigningIn(
            admins=self.admin_store,
            guesses=Guesses(attempts, self.platform.clock),
            devices=Devices(self.platform.settings, self.platform.clock),
            sessions=self.sessions,
            passwords=self.passwords,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )

    @part
    def admin_accounts(self) -> AdminAccounts:
        """What makes, changes and removes admins."""
        from solaris.sign_in.admins import AdminAccounts

        return AdminAccounts(
            settings=self.platform.settings,
            admins=self.admin_store,
            passwords=self.passwords,
            auditor=self._audit.auditor,
            clock=self.platform.clock,
        )

    @part
    def oidc_provider(self) -> OidcProvider | None:
        """The OIDC provider, if one is configured."""
        settings = self.platform.settings
        if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
            return None
        from solaris.sign_in.oidc_provider import OidcProvider

        return OidcProvider(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            clock=self.platform.clock,
            trusts_emails=settings.trusts_oidc_emails,
            group_claim=settings.oidc_group_claim if settings.claim_map else None,
        )

    @part
    def oidc(self) -> OidcSignIn:
        """Sign-in by the OIDC provider, if one is configured."""
        from solaris.sign_in.oidc import OidcSignIn

        settings = self.platform.settings
        has_groups = bool(settings.claim_map) and self._placing is not None
        return OidcSignIn(
            settings=settings,
            provider=self.oidc_provider,
            accounts=self.admin_accounts,
            signing_in=self.signing_in,
            clock=self.platform.clock,
            place=self._placing() if has_groups and self._placing else None,
        )
