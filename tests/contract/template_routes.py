"""The API's routes as the functions' code has them, and as template.yaml should write them.

    python -m tests.contract.template_routes          the `paths` of template.yaml, to paste
    python -m tests.contract.template_routes --json   {path: {verb: [function, authorizer]}}

Run in a process of its own: the functions read settings and keep their parts for the process.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROXY_PATH = "/v1/{proxy+}"
VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
# figures about everybody: only for callers with an identity of the account
SIGNED_BY_IAM = {"/metrics"}
REST_FUNCTIONS = {"admin": "AdminFunction", "health": "HealthFunction", "quota": "QuotaFunction"}
ROUTES_SECONDS = 60

_LAMBDA = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path"
BUFFERED_URI = _LAMBDA + "/2015-03-31/functions/${%s.Arn}/invocations"
STREAMED_URI = _LAMBDA + "/2021-11-15/functions/${%s.Arn}/response-streaming-invocations"

Routes = dict[str, dict[str, tuple[str, str | None]]]
"""(function's logical name, authorizer) by path and verb."""


def routes_of_code() -> Routes:
    """Load the Chalice apps and read their routes; the proxy takes what is left of /v1."""
    from infra.local.edge.functions import load_function  # noqa: PLC0415 - makes the process's parts

    found: Routes = {PROXY_PATH: dict.fromkeys(VERBS, ("ProxyFunction", None))}
    for name, function in REST_FUNCTIONS.items():
        for path, views in load_function(name).app.routes.items():
            for method, view in views.items():
                authorizer = view.authorizer.name if view.authorizer else None
                if path in SIGNED_BY_IAM:
                    authorizer = "aws_iam"
                found.setdefault(path, {})[method.lower()] = (function, authorizer)
    return found


@cache
def code_routes() -> Routes:
    """`routes_of_code` from a process of its own."""
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "PYTHONPATH"}
        },
        "SOLARIS_STAGE": "local",
        "LITELLM_BASE_URL": "http://127.0.0.1:9/v1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    answer = subprocess.run(
        [sys.executable, "-m", "tests.contract.template_routes", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=ROUTES_SECONDS,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    loaded = json.loads(answer.stdout)
    return {
        path: {verb: (one[0], one[1]) for verb, one in verbs.items()}
        for path, verbs in loaded.items()
    }


def paths_text(routes: Routes) -> str:
    """`paths` of the API's DefinitionBody, indented as in template.yaml."""
    lines = []
    for path in sorted(routes):
        lines.append(f"          {path}:")
        for verb in VERBS:
            if verb in routes[path]:
                lines += [" " * 12 + line for line in _operation(verb, *routes[path][verb])]
    return "\n".join(lines)


def _operation(verb: str, function: str, authorizer: str | None) -> list[str]:
    lines = [f"{verb}:", "  responses: {}"]
    if authorizer is not None:
        lines.append(f"  security: [{{{authorizer}: []}}]")
    if function != "ProxyFunction":
        return [
            *lines,
            "  x-amazon-apigateway-integration:",
            "    type: aws_proxy",
            "    httpMethod: POST",
            f"    uri: !Sub {BUFFERED_URI % function}",
        ]
    return [
        *lines,
        "  x-amazon-apigateway-integration: !If",
        "    - Streams",
        "    - type: aws_proxy",
        "      httpMethod: POST",
        "      responseTransferMode: STREAM",
        "      timeoutInMillis: 900000",
        f"      uri: !Sub {STREAMED_URI % function}",
        "    - type: aws_proxy",
        "      httpMethod: POST",
        "      timeoutInMillis: 29000",
        f"      uri: !Sub {BUFFERED_URI % function}",
    ]


if __name__ == "__main__":
    here = routes_of_code()
    sys.stdout.write((json.dumps(here) if "--json" in sys.argv else paths_text(here)) + "\n")
