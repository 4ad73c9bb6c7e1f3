"""What a deployment prints at its end; secrets only on the run that made them."""

from infra.deploy.deploying import Deployed
from solaris.keys.snippet import librechat_snippet

_KEPT_ADMIN = "the one printed at the first deployment"
_KEPT_KEY = "the one printed at the first deployment (more of them: admin site, Keys)"
_NO_UPSTREAM = (
    "  No upstream is configured: every chat will be refused. Give one:",
    "    LITELLM_API_KEY=sk-… make deploy STAGE={stage} \\",
    "      ARGS='--parameter LitellmBaseUrl=https://…'",
    "  or OPENAI_API_KEY=sk-… make deploy STAGE={stage}",
)


def summary(deployed: Deployed, *, models: tuple[str, ...] = ("gpt-4o-mini",)) -> str:
    """Addresses, login, key and the librechat.yaml snippet."""
    login = _KEPT_ADMIN
    if deployed.admin_email is not None:
        login = f"{deployed.admin_email} / {deployed.admin_password or 'ADMIN_PASSWORD'}"
    lines = [
        "",
        f"  IA SOLARIS, stage {deployed.stage}, is deployed"
        + ("" if deployed.changed else " (no changes)"),
        "",
        f"  Gateway      {deployed.gateway_url}",
        f"  Admin site   {deployed.site_url}",
        f"  API          {deployed.api_url}",
        f"  Gateway key  {deployed.key or _KEPT_KEY}",
        f"  Admin login  {login}",
        "",
    ]
    if not deployed.has_upstream:
        lines += [*(line.format(stage=deployed.stage) for line in _NO_UPSTREAM), ""]
    if deployed.mail_notes:
        lines += ["  No mail reaches everybody yet:"]
        lines += [*(f"    {line}" for line in deployed.mail_notes), ""]
    if deployed.capacity_notes:
        lines += [*(f"  {line}" for line in deployed.capacity_notes), ""]
    if deployed.key is not None:
        root = deployed.gateway_url.removesuffix("/v1")
        snippet = librechat_snippet(root, key=deployed.key, models=models)
        lines += ["  This key is shown once. librechat.yaml:", ""]
        lines += [*(f"    {line}" for line in snippet.splitlines()), ""]
    return "\n".join(lines)
