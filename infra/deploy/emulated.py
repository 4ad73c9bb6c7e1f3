"""What a stage on an emulator has otherwise than on AWS, because the emulator cannot do it."""

from collections.abc import Mapping

# parameter → value there, and why
OTHERWISE: dict[str, tuple[str, str]] = {
    "ResponseStreaming": ("false", "its API Gateway passes an answer on when it is whole"),
    "SiteDelivery": ("bucket", "it has no CloudFront: the site comes from its bucket"),
    "DeletionProtection": ("false", "it is thrown away"),
    "AlarmsEnabled": ("false", "nobody watches it"),
    "RequireTls": ("false", "it speaks plain HTTP"),
}
# What no parameter switches, and only AWS does.
ONLY_ON_AWS = (
    "the web adapter's layer (AWS's own account holds it), so run.sh and its streams",
    "CloudFront, WAF and the origin's secret",
    "alarms, budget, dashboards and metric filters",
    "deletion and termination protection, and the roll-back of a stack",
    "SES's sandbox, DKIM and bounces; the quotas of an account",
    "ElastiCache in a VPC, KMS, X-Ray",
)


def defaults() -> dict[str, str]:
    """The parameters of a new stage on an emulator."""
    return {name: value for name, (value, _) in OTHERWISE.items()}


def differences(values: Mapping[str, str]) -> list[str]:
    """What is not tried on an emulator with these parameters, a line each."""
    return [
        *(
            f"{name}={value}: {why}"
            for name, (value, why) in OTHERWISE.items()
            if values.get(name) == value
        ),
        *(f"not there: {what}" for what in ONLY_ON_AWS),
    ]
