"""Admins: passwords, sessions, OIDC, lockout."""
