"""Every setting, typed, read from the environment once and validated at the start.

A wrong value stops the start with one line that names the variable. SETTINGS.md lists them all; a
test compares the two.
"""

import re
from datetime import tzinfo
from functools import cached_property, lru_cache
from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self, get_origin
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AliasChoices,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from solaris.platform.email import canonical_domain, valid_email
from solaris.platform.errors import ConfigurationError
from solaris.platform.exchange import Currency, ExchangeRates, parse_rates
from solaris.platform.model_weight import stated_weights
from solaris.platform.password_rules import password_problem
from solaris.platform.rate_rule import RateRule
from solaris.platform.settings_secret import VARIABLE, secret_settings
from solaris.platform.settings_values import (
    UNKNOWN_MODEL_TOKENS,
    AutoProvision,
    ClaimEntry,
    GroupMap,
    ModelPrice,
    is_host_or_network,
    machine_address,
    parse_claim_map,
    parse_group_map,
)
from solaris.platform.web.trusted_proxies import LOCAL_NETWORKS, Front

MIN_ORIGIN_CHARACTERS = 32

_List = Annotated[tuple[str, ...], NoDecode]


class FrontSettings(BaseSettings):
    """Proxies in front, and the secret by which CloudFront is known."""

    trusted_proxies: int = Field(default=0, ge=0, le=5)
    trusted_proxy_addresses: _List = LOCAL_NETWORKS
    origin_secret: str | None = Field(default=None, repr=False, min_length=MIN_ORIGIN_CHARACTERS)
    origin_secret_previous: _List = Field(default=(), max_length=2, repr=False)

    @field_validator("trusted_proxy_addresses", "origin_secret_previous", mode="before")
    @classmethod
    def _parts(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxy_addresses")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one)
            except ValueError as error:
                msg = f"is neither an address nor a network: {one!r} (example: 10.0.0.0/8)"
                raise ValueError(msg) from error
        return value

    @field_validator("origin_secret_previous")
    @classmethod
    def _are_long(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(one) < MIN_ORIGIN_CHARACTERS for one in value):
            msg = f"each must have at least {MIN_ORIGIN_CHARACTERS} characters"
            raise ValueError(msg)
        return value

    @property
    def front(self) -> Front:
        """What stands in front; a previous secret counts beside a present one alone."""
        current = self.origin_secret
        return Front(
            proxies=self.trusted_proxies,
            networks=tuple(ip_network(one) for one in self.trusted_proxy_addresses),
            secrets=(current, *self.origin_secret_previous) if current else (),
        )


def upstream_url(value: str) -> str:
    """Return the address of an upstream; raises ValueError for one that cannot be called."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"is not an http(s) URL: {value!r}"
        raise ValueError(msg)
    if parts.username or parts.password:
        msg = "must not hold a user or password; the key goes into LITELLM_API_KEY"
        raise ValueError(msg)
    return value


def site_url(value: str) -> str:
    """Return the address of a site or an issuer; raises ValueError for anything more than that."""
    parts = urlsplit(value)
    has_more = parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not parts.hostname or has_more:
        msg = f"is not an http(s) URL: {value!r} (example: https://ia.example.com)"
        raise ValueError(msg)
    return value


def mail_address(value: str) -> str:
    """Return the one spelling of an e-mail address; raises ValueError for what is none."""
    address = valid_email(value)
    if address is None:
        msg = f"is not an e-mail address: {value!r}"
        raise ValueError(msg)
    return address


def mail_domain(value: str) -> str:
    """Return the one spelling of a mail domain; raises ValueError for what is none."""
    domain = canonical_domain(value)
    if domain is None:
        msg = f"is not an e-mail domain: {value!r} (example: example.com)"
        raise ValueError(msg)
    return domain


# RFC 9110, section 5.6.2; in lower case
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
# HS256 wants a key as long as its hash (RFC 7518, section 3.2)
MIN_JWT_SECRET_CHARACTERS = 32


class IdentitySettings(FrontSettings):
    """Identity headers, Open WebUI's signature, the OIDC provider."""

    identity_email_headers: _List = ("x-user-email", "x-openwebui-user-email")
    identity_name_headers: _List = ("x-user-name", "x-openwebui-user-name")
    identity_group_headers: _List = Field(default=(), max_length=10)
    identity_group_map: str = ""
    identity_from_body: bool = False
    openwebui_jwt_secret: str | None = Field(
        default=None, repr=False, min_length=MIN_JWT_SECRET_CHARACTERS
    )
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = Field(default=None, repr=False)
    oidc_admin_emails: _List = ()
    oidc_auditor_emails: _List = ()
    oidc_viewer_domains: _List = ()
    oidc_trusted_email_issuers: _List = ()
    oidc_group_claim: str = Field(default="groups", min_length=1, max_length=200)
    oidc_group_map: str = ""
    oidc_token_header: str | None = None
    oidc_token_audiences: _List = Field(default=(), max_length=10)

    @field_validator(
        "identity_email_headers",
        "identity_name_headers",
        "identity_group_headers",
        "oidc_admin_emails",
        "oidc_auditor_emails",
        "oidc_viewer_domains",
        mode="before",
    )
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("identity_group_headers")
    @classmethod
    def _header_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not _HEADER_NAME.fullmatch(one):
                msg = f"is not the name of a header: {one!r} (example: x-user-group)"
                raise ValueError(msg)
        return value

    @field_validator("identity_group_map")
    @classmethod
    def _maps_groups(cls, value: str) -> str:
        parse_group_map(value)
        return value

    @cached_property
    def group_map(self) -> GroupMap:
        """Which values of IDENTITY_GROUP_HEADERS stand for which group."""
        return parse_group_map(self.identity_group_map)

    @field_validator("oidc_group_map")
    @classmethod
    def _maps_claims(cls, value: str) -> str:
        parse_claim_map(value)
        return value

    @cached_property
    def claim_map(self) -> tuple[ClaimEntry, ...]:
        """Which values of OIDC_GROUP_CLAIM stand for which group, the first that fits."""
        return parse_claim_map(self.oidc_group_map)

    @field_validator("oidc_token_header", mode="before")
    @classmethod
    def _in_lower_case(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("oidc_token_header")
    @classmethod
    def _is_a_header_of_ones_own(cls, value: str | None) -> str | None:
        # what else is read of a request, or passed on, is called otherwise
        if value is not None and not (_HEADER_NAME.fullmatch(value) and value.startswith("x-")):
            msg = f"is not the name of a header that begins with x-: {value!r}"
            raise ValueError(msg)
        return value

    @field_validator("oidc_trusted_email_issuers", "oidc_token_audiences", mode="before")
    @classmethod
    def _issuers(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("openwebui_jwt_secret", mode="before")
    @classmethod
    def _as_open_webui_reads_it(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("oidc_viewer_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(mail_domain(one) for one in value)

    @field_validator("oidc_admin_emails", "oidc_auditor_emails")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(mail_address(one) for one in value)

    @field_validator("oidc_issuer", "oidc_trusted_email_issuers")
    @classmethod
    def _sites(cls, value: Any) -> Any:
        if isinstance(value, str):
            return site_url(value)
        return value and tuple(site_url(one) for one in value)

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        parts = self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret
        if len({bool(one) for one in parts}) > 1:
            msg = "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: set all or none"
            raise ValueError(msg)
        if self.oidc_group_map and not self.oidc_issuer:
            msg = "OIDC_GROUP_MAP needs OIDC_ISSUER, whose tokens it reads"
            raise ValueError(msg)
        if self.oidc_token_header and not self.oidc_group_map:
            msg = "OIDC_TOKEN_HEADER needs OIDC_GROUP_MAP, for which it is read"
            raise ValueError(msg)
        return self

    @property
    def trusts_oidc_emails(self) -> bool:
        """Whether the provider's addresses count although it does not say that they are verified.

        The issuer is named by its whole address: another provider does not inherit the trust.
        """
        trusted = {one.rstrip("/") for one in self.oidc_trusted_email_issuers}
        return (self.oidc_issuer or "").rstrip("/") in trusted


class CurrencySettings(IdentitySettings):
    """The books are in US dollars; CURRENCY is what people see, by EXCHANGE_RATES."""

    currency: Currency = "USD"
    exchange_rates: str = ""

    @field_validator("exchange_rates")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        parse_rates(value)
        return value

    @model_validator(mode="after")
    def _has_a_rate(self) -> Self:
        if self.currency != "USD" and not parse_rates(self.exchange_rates):
            msg = (
                f"CURRENCY={self.currency} needs a rate: set EXCHANGE_RATES to the first day and "
                f"what a dollar costs from then on, as EXCHANGE_RATES=2026-10-01=5.42"
            )
            raise ValueError(msg)
        return self

    @cached_property
    def exchange(self) -> ExchangeRates:
        """What costs are shown in."""
        rates = () if self.currency == "USD" else parse_rates(self.exchange_rates)
        return ExchangeRates(self.currency, rates)


LOCAL_SECRET = "local-only"  # noqa: S105 - refused outside the local stage

MIN_SECRET_CHARACTERS = 32

# letters of any script: identity takes international domains as they are written
# without these the secret itself cannot be read
_NEEDED_FIRST = frozenset({"solaris_secrets", "aws_region"})
_QUOTED = re.compile(r'"(\w+)"')

CommaList = Annotated[tuple[str, ...], NoDecode]


class Settings(CurrencySettings):
    """All settings; the variable's name is the field's in capitals. Times are seconds."""

    # an error would else show what was given, and Lambda writes it into its log
    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    # Where it runs
    solaris_stage: str = Field(default="local", pattern=r"^[a-z][a-z0-9-]{0,30}$")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    solaris_data_dir: str = ".solaris"
    min_free_disk_mb: int = Field(default=0, ge=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    debug: bool = False
    cloudwatch_metrics: bool = False
    secret_key: str = Field(default=LOCAL_SECRET, repr=False)
    locale: Literal["pt-BR", "en"] = "pt-BR"
    period_timezone: str = "America/Sao_Paulo"
    aws_region: str = Field(
        default="us-east-1", validation_alias=AliasChoices("aws_region", "aws_default_region")
    )
    solaris_secrets: str | None = Field(default=None, max_length=2048)
    files_bucket: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")

    # Upstream
    litellm_base_url: str | None = None
    litellm_api_key: str | None = Field(default=None, repr=False)
    openai_api_key: str | None = Field(default=None, repr=False)
    upstream_connect_timeout_seconds: float = Field(default=5, gt=0, le=60)
    upstream_idle_timeout_seconds: float = Field(default=600, gt=0, le=900)
    upstream_max_connections: int = Field(default=1000, ge=1, le=10_000)
    upstream_keep_alive_seconds: float = Field(default=30.0, ge=0.1, le=3600)
    upstream_drain_seconds: float = Field(default=300, ge=0, le=900)
    upstream_drain_max_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    upstream_drain_max_open: int = Field(default=200, ge=0, le=10_000)
    upstream_stream_options: bool = True
    sse_comment_seconds: float = Field(default=15, gt=0, le=300)
    pass_body_fields: CommaList = ()
    hidden_models: CommaList = ()
    max_body_bytes: int = Field(default=20 * 1024 * 1024, ge=1024)
    max_unfinished_body_bytes: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    max_unfinished_bodies_per_address: int = Field(default=100, ge=1, le=10_000)
    models_cache_seconds: float = Field(default=5, ge=0, le=300)
    flat_token_charges: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)

    # Limits on requests
    auto_provision: AutoProvision = AutoProvision.ACTIVE
    allowed_email_domains: CommaList = ()
    rate_limit_per_second: float = Field(default=10, gt=0)
    rate_limit_burst: int = Field(default=20, ge=1)
    unauthorized_per_minute: int = Field(default=60, ge=1, le=100_000)

    # Quota
    default_monthly_limit: int = Field(default=1_000_000, ge=0)
    min_user_limit: int = Field(default=100_000, ge=0)
    max_user_limit: int = Field(default=10_000_000, ge=1)
    alert_threshold: float = Field(default=0.8, gt=0, le=1)
    critical_threshold: float = Field(default=0.95, gt=0, le=1)
    block_threshold: float = Field(default=1.0, gt=0, le=1)
    plan_trial_limit: int = Field(default=100_000, ge=0)
    plan_basic_limit: int = Field(default=1_000_000, ge=0)
    plan_pro_limit: int = Field(default=5_000_000, ge=0)
    plan_enterprise_limit: int = Field(default=10_000_000, ge=0)
    cached_token_weight: float = Field(default=1.0, ge=0, le=1)
    model_weights: dict[str, Any] = Field(default_factory=dict)
    strict_cap: bool = False
    model_max_output_tokens: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    unknown_model_max_output_tokens: int = Field(default=UNKNOWN_MODEL_TOKENS, ge=256)
    model_prices: dict[str, ModelPrice] = Field(default_factory=dict)

    # Redis: a cache that is safe to lose
    redis_url: str | None = Field(default=None, repr=False)
    redis_host: str | None = None
    redis_port: int = Field(default=6379, ge=1, le=65535)
    redis_db: int = Field(default=0, ge=0)
    redis_password: str | None = Field(default=None, repr=False)

    # Mail
    from_email: str = "noreply@iasolaris.com"
    admin_alert_emails: Annotated[CommaList, Field(max_length=50)] = ()  # SES's recipients a mail
    monthly_summary: bool = True
    company_monthly_ceiling: int = Field(default=0, ge=0, le=10**15)
    support_email: str | None = None
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: str | None = Field(default=None, repr=False)
    smtp_tls: bool = True
    channel_allowed_hosts: Annotated[CommaList, Field(max_length=50)] = ()
    ses_configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")

    # Admin API
    secret_key_previous: CommaList = Field(default=(), max_length=5, repr=False)
    public_url: str | None = None
    cors_allowed_origins: CommaList = ()
    admin_rate_limit_per_second: float = Field(default=5, gt=0)
    admin_rate_limit_burst: int = Field(default=10, ge=1)
    manager_grant_ceiling: int = Field(default=100_000, ge=0, le=10**12)
    access_token_minutes: int = Field(default=15, ge=1, le=60)
    session_days: int = Field(default=14, ge=1, le=90)

    # First start
    solaris_gateway_key: str | None = Field(default=None, min_length=16, repr=False)
    admin_email: str = "admin@localhost"
    admin_password: str | None = Field(default=None, repr=False)

    @field_validator(
        "allowed_email_domains",
        "admin_alert_emails",
        "channel_allowed_hosts",
        "cors_allowed_origins",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("secret_key_previous", "pass_body_fields", "hidden_models", mode="before")
    @classmethod
    def _split_as_written(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_email_domains")
    @classmethod
    def _are_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(mail_domain(one) for one in value)

    @field_validator("channel_allowed_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not is_host_or_network(one):
                msg = f"is neither a host's name nor a network: {one!r} (example: 10.1.0.0/16)"
                raise ValueError(msg)
        return value

    @field_validator("from_email", "support_email", "admin_alert_emails", "admin_email")
    @classmethod
    def _are_addresses(cls, value: Any) -> Any:
        if isinstance(value, str):
            return mail_address(value)
        return value and tuple(mail_address(one) for one in value)

    @field_validator("period_timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = f"is not a time zone: {value!r} (example: America/Sao_Paulo)"
            raise ValueError(msg) from error
        return value

    @field_validator("litellm_base_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        return None if value is None else upstream_url(value)

    @field_validator("public_url")
    @classmethod
    def _is_address_of_a_site(cls, value: str | None) -> str | None:
        return None if value is None else site_url(value).rstrip("/")

    @field_validator("model_weights")
    @classmethod
    def _weights(cls, value: dict[str, Any]) -> dict[str, Any]:
        stated_weights(value)
        return value

    @field_validator("flat_token_charges")
    @classmethod
    def _paths_under_v1(cls, value: dict[str, int]) -> dict[str, int]:
        for path in value:
            if not path.startswith("/v1/"):
                msg = f"names a path that is not under /v1/: {path!r}"
                raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_user_limit > self.max_user_limit:
            msg = "MIN_USER_LIMIT is greater than MAX_USER_LIMIT"
            raise ValueError(msg)
        if self.alert_threshold > self.critical_threshold:
            msg = "ALERT_THRESHOLD is greater than CRITICAL_THRESHOLD"
            raise ValueError(msg)
        if self.smtp_host and bool(self.smtp_user) != bool(self.smtp_password):
            msg = "SMTP_USER and SMTP_PASSWORD: set both or neither"
            raise ValueError(msg)
        if self.solaris_stage != "local" and self.secret_key == LOCAL_SECRET:
            msg = "SECRET_KEY has no default outside the local stage"
            raise ValueError(msg)
        # the local stage's default, which no process signs with, is told apart by its text
        given = () if self.secret_key == LOCAL_SECRET else (self.secret_key,)
        for name, secrets in (
            ("SECRET_KEY", given),
            ("SECRET_KEY_PREVIOUS", self.secret_key_previous),
        ):
            if any(len(one) < MIN_SECRET_CHARACTERS for one in secrets):
                msg = f"{name} must have at least {MIN_SECRET_CHARACTERS} characters"
                raise ValueError(msg)
        problem = password_problem(self.admin_password or "", self.admin_email)
        if self.admin_password is not None and problem is not None:
            msg = f"ADMIN_PASSWORD must be 12 to 128 characters and no common password ({problem})"
            raise ValueError(msg)
        return self

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone in which months begin."""
        return ZoneInfo(self.period_timezone)

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """What signs (the first) and what still verifies (all)."""
        return (self.secret_key, *self.secret_key_previous)

    @property
    def token_issuer(self) -> str:
        """Who has signed a token of this stage."""
        return f"ia-solaris:{self.solaris_stage}"

    @property
    def own_address(self) -> str:
        """Where people and programs reach the system: PUBLIC_URL, else this machine's own port.

        Without a slash at its end.
        """
        return self.public_url or machine_address(self.host, self.port)

    @property
    def known_address(self) -> str | None:
        """The same for mails; None where it is only this machine's, and readers are elsewhere."""
        is_known = self.public_url is not None or self.solaris_stage == "local"
        return self.own_address if is_known else None

    @property
    def rate_rule(self) -> RateRule:
        """Requests that one user may make."""
        return RateRule(self.rate_limit_per_second, self.rate_limit_burst)

    @property
    def wrong_key_rule(self) -> RateRule:
        """Wrong keys that one address may send."""
        return RateRule(self.unauthorized_per_minute / 60, self.unauthorized_per_minute)

    @property
    def upstream_url(self) -> str | None:
        """Base URL of the upstream up to and including `/v1`; None when none is configured.

        A bare host gets `/v1`; a URL with a path is used as it stands.
        """
        url = self.litellm_base_url
        if url is None:
            return "https://api.openai.com/v1" if self.openai_api_key else None
        url = url.rstrip("/")
        return url if urlsplit(url).path else f"{url}/v1"

    @property
    def upstream_key(self) -> str | None:
        """The upstream's own key; it never comes from the client."""
        return self.litellm_api_key if self.litellm_base_url else self.openai_api_key

    @property
    def redis_address(self) -> str | None:
        """REDIS_URL, or one built from REDIS_HOST and its companions; None: no Redis.

        REDIS_URL=none says that there shall be none, not even an embedded one.
        """
        if self.redis_url == "none":
            return None
        if self.redis_url or not self.redis_host:
            return self.redis_url
        password = f":{quote(self.redis_password, safe='')}@" if self.redis_password else ""
        return f"redis://{password}{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def price_overrides(self) -> dict[str, ModelPrice]:
        """MODEL_PRICES as the pricing rule takes them."""
        return self.model_prices

    @property
    def bucket_name(self) -> str:
        """Name of the bucket of files: FILES_BUCKET, or `solaris-<stage>-files`."""
        return self.files_bucket or f"solaris-{self.solaris_stage}-files"

    def table_name(self, table: str) -> str:
        """Name of a table: `solaris-<stage>-<table>`."""
        return f"solaris-{self.solaris_stage}-{table}"

    def queue_name(self, queue: str) -> str:
        """Name of a queue: `solaris-<stage>-<queue>`."""
        return f"solaris-{self.solaris_stage}-{queue}"


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Read the environment, and the secret that it names, once.

    Raises ConfigurationError with one line naming the variable.
    """
    fields = {
        name: get_origin(field.annotation) is dict
        for name, field in Settings.model_fields.items()
        if name not in _NEEDED_FIRST
    }
    kept: dict[str, Any] = {}
    try:
        kept = secret_settings(EnvSettingsSource(Settings).env_vars, fields)
        return Settings(**kept)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] and first["loc"][0] in kept:
            # the cause would carry the value
            raise ConfigurationError(_without_value(first)) from None
        raise ConfigurationError(_one_line(first)) from error
    except ValueError as error:  # JSON that does not parse, named by pydantic-settings
        line = str(error).splitlines()[0]
        raise ConfigurationError(_QUOTED.sub(lambda name: name[1].upper(), line, 1)) from error


def _one_line(first: ErrorDetails) -> str:
    where = ".".join(str(part) for part in first["loc"]).upper()
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _without_value(first: ErrorDetails) -> str:
    # our own validators' messages show what was given; pydantic's do not
    message = "is not valid" if first["type"] == "value_error" else first["msg"]
    return f"{VARIABLE}: {str(first['loc'][0]).upper()}: {message}"
