"""The functions' environment in template.yaml against settings.py, and the parameters' defaults."""

import re
from enum import Enum
from typing import Any

import pytest

from solaris.platform.settings import Settings
from tests.contract.template_document import document, functions

PARAMETERS: dict[str, dict[str, Any]] = document()["Parameters"]
GLOBAL: dict[str, Any] = document()["Globals"]["Function"]["Environment"]["Variables"]

IN_THE_SECRET = {
    *("SECRET_KEY", "SECRET_KEY_PREVIOUS", "LITELLM_API_KEY", "OPENAI_API_KEY"),
    *("REDIS_PASSWORD", "SMTP_PASSWORD", "OIDC_CLIENT_SECRET", "ORIGIN_SECRET_PREVIOUS"),
    "OPENWEBUI_JWT_SECRET",
}
# Settings that the template does not give, and why.
NOT_GIVEN = {
    "MIN_FREE_DISK_MB": "of one machine",
    **dict.fromkeys(IN_THE_SECRET, "a secret: in the stage's secret, which is read at the start"),
    "HOST": "the address of a server that we start; run.sh says it on Lambda",
    "PORT": "likewise",
    "DEBUG": "LOG_LEVEL=DEBUG says the same",
    "AWS_REGION": "Lambda gives it",
    "REDIS_HOST": "REDIS_URL says it; another Redis goes into the secret as REDIS_URL",
    "REDIS_PORT": "likewise",
    "REDIS_DB": "likewise",
    "SOLARIS_GATEWAY_KEY": "first start of one machine; the deployer makes the first key",
    "ADMIN_EMAIL": "first start of one machine; the deployer makes the first admin",
    "ADMIN_PASSWORD": "likewise",
}
# Settings that the template gives by other means than a parameter of the same name.
COMPUTED = {
    "SOLARIS_STAGE": "parameter Stage",
    "SOLARIS_DATA_DIR": "the only folder that can be written to",
    "SOLARIS_SECRETS": "the stage's secret",
    "FILES_BUCKET": "bucket names are unique in the world, so it has the account in its name",
    "SES_CONFIGURATION_SET": "the stage's configuration set",
    "TRUSTED_PROXIES": "API Gateway; CloudFront is known by its secret",
    "ORIGIN_SECRET": "CloudFront's, which the template makes",
    "REDIS_URL": "the cache's address, for the functions in its network",
}
# Environment that is no setting of ours.
FOREIGN = {
    "SECRETS_REVISION": "changes with the secret, so that functions start anew",
    "AWS_LAMBDA_EXEC_WRAPPER": "Lambda Web Adapter",
    "AWS_LWA_INVOKE_MODE": "Lambda Web Adapter",
    "AWS_LWA_PORT": "Lambda Web Adapter",
    "AWS_LWA_READINESS_CHECK_PROTOCOL": "Lambda Web Adapter",
    "AWS_LWA_ASYNC_INIT": "Lambda Web Adapter",
}
# Defaults that differ from settings.py's, and why.
OTHER_DEFAULTS = {
    "MAX_BODY_BYTES": "Lambda takes 6 MB, and API Gateway encodes bodies in base64",
    "UPSTREAM_KEEP_ALIVE_SECONDS": "a Lambda stands still while its upstream closes what is idle",
    "CLOUDWATCH_METRICS": "CloudWatch is on AWS alone",
    "UNAUTHORIZED_PER_MINUTE": "each Lambda counts for itself where there is no Valkey",
}
# Parameters that are no settings.
ABOUT_THE_STACK = {
    *("Stage", "DeletionProtection", "LogRetentionDays", "AlarmsEnabled", "AlarmEmail", "Tracing"),
    *("SiteDelivery", "DomainName", "CertificateArn", "SesIdentity"),
    *("CacheEnabled", "VpcId", "SubnetIds", "WafEnabled", "WafRequestsPerFiveMinutes"),
    *("OriginSecretRevision",),
    *("AccessLogs", "ApiGatewayAccountRole", "ApiRateLimit", "ApiBurstLimit"),
    *("PythonRuntime", "Architecture", "ResponseStreaming", "WebAdapterVersion"),
    *("RequireTls", "SecretsRevision", "MonthlyBudgetUsd", "DetailedApiMetrics", "KmsKeyArn"),
    *("ReserveConcurrency", "ProxyTimeoutSeconds"),
}
MAX_ENVIRONMENT_BYTES = 4096


def parameter_of(variable: str) -> str:
    """DEFAULT_MONTHLY_LIMIT → DefaultMonthlyLimit."""
    return "".join(part.capitalize() for part in variable.split("_"))


def test_every_setting_is_given_or_there_is_a_reason() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    given = {name for one in functions().values() for name in one["Environment"]}
    assert settings - given == set(NOT_GIVEN)


@pytest.mark.parametrize("function", sorted(functions()))
def test_every_variable_of_a_function_is_a_setting(function: str) -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert functions()[function]["Environment"].keys() - settings <= set(FOREIGN)


def test_every_setting_has_its_parameter() -> None:
    for variable in GLOBAL.keys() - set(COMPUTED) - set(FOREIGN):
        assert parameter_of(variable) in PARAMETERS, variable
        if variable != "PUBLIC_URL":  # the domain's address when it is not given
            assert GLOBAL[variable] == {"Ref": parameter_of(variable)}
    assert GLOBAL["PUBLIC_URL"]["Fn::If"][:2] == ["HasPublicUrl", {"Ref": "PublicUrl"}]


def test_every_parameter_is_a_setting_or_about_the_stack() -> None:
    of_settings = {parameter_of(one) for one in GLOBAL.keys() - set(COMPUTED) - set(FOREIGN)}
    assert set(PARAMETERS) == of_settings | ABOUT_THE_STACK


@pytest.mark.parametrize("variable", sorted(GLOBAL.keys() - set(COMPUTED) - set(FOREIGN)))
def test_a_parameter_s_default_is_the_setting_s(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    default = PARAMETERS[parameter_of(variable)]["Default"]
    monkeypatch.setenv(variable, str(default))
    if variable.startswith("SMTP_"):
        monkeypatch.setenv("SMTP_HOST", "")
    field = variable.lower()
    chosen, usual = getattr(Settings(), field), Settings.model_fields[field]
    if variable in OTHER_DEFAULTS:
        assert chosen != usual.default
    else:
        assert chosen == usual.get_default(call_default_factory=True)


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_a_parameter_says_what_it_is(name: str) -> None:
    parameter = PARAMETERS[name]
    assert len(parameter["Description"]) > 5
    assert name == "Stage" or "Default" in parameter
    if "AllowedValues" in parameter and "Default" in parameter:
        assert parameter["Default"] in parameter["AllowedValues"]
    if "AllowedPattern" in parameter and "Default" in parameter:
        assert re.search(parameter["AllowedPattern"], parameter["Default"])


def test_choices_are_those_of_the_settings() -> None:
    for name in ("LogLevel", "Locale", "AutoProvision"):
        field = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        annotation: Any = Settings.model_fields[field].annotation
        is_enum = isinstance(annotation, type) and issubclass(annotation, Enum)
        choices = [one.value for one in annotation] if is_enum else list(annotation.__args__)
        assert PARAMETERS[name]["AllowedValues"] == choices


def test_every_parameter_has_its_place_in_the_console() -> None:
    groups = document()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    placed = [name for group in groups for name in group["Parameters"]]
    assert sorted(placed) == sorted(PARAMETERS)


def test_there_is_room_in_the_environment() -> None:
    """Lambda takes 4 KB; half of it must be left for longer lists than the defaults."""
    variables = functions()["proxy"]["Environment"]
    defaults = {
        name: given
        if isinstance(given, str)  # as it stands in the template
        else str(PARAMETERS.get(parameter_of(name), {}).get("Default", "x" * 80))
        for name, given in variables.items()
    }
    assert sum(len(one) + len(defaults[one]) + 2 for one in variables) < MAX_ENVIRONMENT_BYTES * 0.7


def test_idle_connections_are_given_up_before_the_upstream_closes_them() -> None:
    """LiteLLM runs in uvicorn, which does so after five seconds unless it is told otherwise."""
    assert PARAMETERS["UpstreamKeepAliveSeconds"]["Default"] < 5
