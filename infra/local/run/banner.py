"""What `make up` prints when it is ready; secrets only on the run that made them."""

from pathlib import Path

from infra.local.edge.mailbox import is_open
from solaris.keys.snippet import librechat_snippet
from solaris.operations.first_start import InitResult
from solaris.platform.settings import Settings
from solaris.platform.settings_values import machine_address

_KEPT_ADMIN = "the one printed at the first start (another: solaris admins reset-password)"
_KEPT = "the one printed at the first start (make another: solaris keys create)"


def banner(
    settings: Settings, result: InitResult, data_dir: Path, *, is_demo: bool, has_mailbox: bool
) -> str:
    """Everything that a newcomer needs for the first chat."""
    root = machine_address(settings.host, settings.port)
    upstream = (
        "built-in demo (set LITELLM_BASE_URL or OPENAI_API_KEY for real models)"
        if is_demo
        else str(settings.upstream_url)
    )
    models = ["demo", "demo-fast"] if is_demo else ["gpt-4o-mini"]
    lines = [
        "",
        "  IA SOLARIS is ready",
        "",
        f"  Admin site   {root}/admin/",
        f"  Gateway      {root}/v1",
        f"  Health       {root}/health/detailed   Metrics {root}/metrics",
        f"  Upstream     {upstream}",
        *(
            [f"  Mails        {root}/dev/mail"]
            if has_mailbox and is_open(settings, settings.host)
            else []
        ),
        f"  Data, logs   {data_dir}",
        f"  Gateway key  {result.new_key or _KEPT}",
        f"  Admin login  {_admin_login(result)}",
        "",
    ]
    if result.new_key:
        lines += [
            "  This key is shown once. librechat.yaml:",
            "",
            *(
                f"    {line}"
                for line in librechat_snippet(
                    settings.own_address,
                    key=result.new_key,
                    models=models,
                    group_headers=settings.identity_group_headers,
                ).splitlines()
            ),
            "",
        ]
    lines.append("  Ctrl-C stops it; data is kept.")
    return "\n".join(lines) + "\n"


def _admin_login(result: InitResult) -> str:
    if result.new_admin_email is None:
        return _KEPT_ADMIN
    return f"{result.new_admin_email} / {result.new_admin_password or 'ADMIN_PASSWORD'}"
