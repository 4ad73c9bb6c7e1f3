"""Admins: versions, what is audited of them, and who becomes what by OIDC; settings around them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from solaris.platform.actor import Role
from solaris.platform.settings import Settings
from solaris.sign_in.admin import changed, figures, new_admin, role_at_first_sign_in, with_password

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
LONG = "s" * 32
ANA = new_admin("ana@example.com", name="Ana", role=Role.ADMIN, password_hash="hash", now=NOW)


def test_another_role_or_password_ends_sessions_and_another_name_does_not() -> None:
    assert changed(ANA, name="Ana L.", role=None, now=LATER).token_version == ANA.token_version
    demoted = changed(ANA, name=None, role=Role.VIEWER, now=LATER)
    assert demoted.token_version == ANA.token_version + 1
    assert with_password(ANA, "other", LATER).token_version == ANA.token_version + 1
    assert {one.version for one in (demoted, with_password(ANA, "x", LATER))} == {2}


def test_a_change_to_what_is_there_already_is_none() -> None:
    assert changed(ANA, name="Ana", role=Role.ADMIN, now=LATER) is ANA
    assert changed(ANA, name=None, role=None, now=LATER) is ANA


def test_somebody_who_comes_back_has_a_token_version_that_they_never_had() -> None:
    before = replace(ANA, token_version=ANA.token_version + 20)
    again = new_admin(ANA.email, name="", role=Role.ADMIN, password_hash=None, now=LATER)
    assert again.token_version > before.token_version


def test_the_audit_log_never_gets_the_hash() -> None:
    assert figures(ANA) == {"name": "Ana", "role": "admin", "has_password": True}


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("boss@example.org", Role.ADMIN),
        ("bia@example.com", Role.VIEWER),
        ("zoe@example.com", Role.AUDITOR),
        ("auditor@evil.org", None),
        ("bia@sub.example.com", None),
        ("bia@notexample.com", None),
        ("eve@evil.org", None),
        ("boss@example.org.evil.org", None),
    ],
)
def test_oidc_lets_in_only_named_addresses_and_whole_domains(email: str, role: Role | None) -> None:
    admins, domains = ("boss@example.org",), ("example.com",)
    auditors = ("boss@example.org", "zoe@example.com")
    found = role_at_first_sign_in(
        email, admin_emails=admins, auditor_emails=auditors, viewer_domains=domains
    )
    assert found is role


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"solaris_stage": "prod", "secret_key": "s" * 31}, "SECRET_KEY must have at least 32"),
        (
            {"solaris_stage": "prod", "secret_key": LONG, "secret_key_previous": ("short",)},
            "SECRET_KEY_PREVIOUS must have at least 32",
        ),
        ({"solaris_stage": "local", "secret_key": "s" * 31}, "SECRET_KEY must have at least 32"),
        (
            {"solaris_stage": "local", "secret_key": LONG, "secret_key_previous": ("short",)},
            "SECRET_KEY_PREVIOUS must have at least 32",
        ),
        ({"solaris_stage": "prod"}, "SECRET_KEY has no default"),
        ({"admin_email": "admin"}, "is not an e-mail address: 'admin'"),
        ({"admin_password": "short"}, "ADMIN_PASSWORD must be 12 to 128"),
        ({"admin_password": "password1234"}, "ADMIN_PASSWORD must be 12 to 128"),
        ({"public_url": "ia.example.com"}, "is not an http(s) URL"),
        ({"public_url": "ftp://ia.example.com"}, "is not an http(s) URL"),
        ({"oidc_issuer": "https://a:b@id.example.com"}, "is not an http(s) URL"),
        ({"oidc_issuer": "https://id.example.com"}, "set all or none"),
        ({"oidc_client_id": "x", "oidc_client_secret": "y"}, "set all or none"),
        ({"oidc_admin_emails": "boss"}, "is not an e-mail address: 'boss'"),
        ({"oidc_viewer_domains": "@x"}, "is not an e-mail domain"),
    ],
)
def test_a_wrong_setting_is_refused_and_says_what_is_wrong(
    given: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"admin_email": "admin@localhost"},
        {"public_url": "https://ia.example.com"},
        {"solaris_stage": "local", "secret_key": LONG},
        {"solaris_stage": "local"},
        {"solaris_stage": "prod", "secret_key": LONG, "secret_key_previous": (LONG,)},
        {
            "oidc_issuer": "https://id.example.com/realms/x",
            "oidc_client_id": "x",
            "oidc_client_secret": "y",
            "oidc_admin_emails": "Boss@example.com, bia@example.com",
        },
    ],
    ids=str,
)
def test_right_settings_are_taken(given: dict[str, Any]) -> None:
    assert Settings(**given).admin_email
