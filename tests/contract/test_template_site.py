"""CloudFront in template.yaml serves the site as infra/local/edge/site.py does."""

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.edge.site import PREFIXES, SITE_HEADERS, Site
from solaris.platform.settings import MIN_ORIGIN_CHARACTERS
from solaris.platform.web.edge_headers import SECURITY_HEADERS
from solaris.platform.web.trusted_proxies import SECRET_HEADER, VIEWER_HEADER
from tests.contract.template_document import document, functions

RESOURCES: dict[str, Any] = document()["Resources"]
DISTRIBUTION: dict[str, Any] = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
NODE_SECONDS = 30
PUBLIC_FUNCTIONS = {"admin", "health", "proxy", "quota"}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-38738e2966ac"
EVERY_METHOD = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
# Files of a build, and paths that a browser may ask for.
FILES = ("index.html", "theme.js", "config.json", "assets/a-1.js", "me/index.html")
PATHS = (
    *("/admin", "/me", "/admin/", "/me/", "/admin/users", "/admin/users/3f2c", "/admin/theme.js"),
    *("/admin/config.json", "/admin/assets/a-1.js", "/admin/assets/none.js", "/admin/a.b/c"),
    *("/me/index.html", "/me/none", "/admin/index.html"),
)


def test_the_headers_are_those_of_the_site() -> None:
    config = RESOURCES["SiteHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    written = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{one["Header"]: one["Value"] for one in config["CustomHeadersConfig"]["Items"]},
    }
    assert written == SITE_HEADERS
    assert set(security) == {
        *("ContentSecurityPolicy", "ContentTypeOptions", "FrameOptions", "ReferrerPolicy"),
        "StrictTransportSecurity",
    }
    assert all(one["Override"] for one in security.values())
    seconds = f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains"
    assert transport["IncludeSubdomains"] is True
    assert seconds == SECURITY_HEADERS["strict-transport-security"]


@pytest.mark.parametrize("path", PATHS)
def test_paths_lead_where_they_lead_on_one_machine(path: str, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("Node is missing")
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert through_cloudfront(path, tmp_path) == through_site(path, tmp_path)


def test_the_first_page_is_the_site() -> None:
    if shutil.which("node") is None:
        pytest.skip("Node is missing")
    answer = run_function("/")
    assert (answer["statusCode"], answer["headers"]["location"]["value"]) == (302, "/admin/")


def test_the_api_passes_untouched_and_the_rest_is_the_site() -> None:
    behaviours = {one["PathPattern"]: one for one in DISTRIBUTION["CacheBehaviors"]}
    assert set(behaviours) == {"/v1/*", "/api/*", "/health", "/health/*"}
    for one in behaviours.values():
        assert one["TargetOriginId"] == "api"
        assert set(one["AllowedMethods"]) == EVERY_METHOD
        assert one["CachePolicyId"] == CACHING_DISABLED
        assert one["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST
        assert one["Compress"] is False  # a compressed stream waits to be filled
        assert one["ViewerProtocolPolicy"] == "https-only"
        (function,) = one["FunctionAssociations"]
        assert function["EventType"] == "viewer-request"
        assert function["FunctionARN"] == {"Fn::GetAtt": ["ViewerAddress", "FunctionARN"]}
    default = DISTRIBUTION["DefaultCacheBehavior"]
    assert default["TargetOriginId"] == "site"
    assert default["AllowedMethods"] == ["GET", "HEAD"]
    assert default["ViewerProtocolPolicy"] == "redirect-to-https"
    # they would replace the API's own answers
    assert "CustomErrorResponses" not in DISTRIBUTION


@pytest.mark.parametrize("said", [{}, {VIEWER_HEADER: "10.0.0.1", SECRET_HEADER: "guessed"}])
def test_the_api_hears_of_the_viewer_what_cloudfront_says(said: dict[str, str]) -> None:
    """Whatever the viewer says of itself."""
    if shutil.which("node") is None:
        pytest.skip("Node is missing")
    headers = {name: {"value": value} for name, value in said.items()}
    event = {
        "request": {"method": "POST", "uri": "/v1/models", "headers": headers},
        "viewer": {"ip": "203.0.113.7"},
    }
    passed = run_code("ViewerAddress", event)
    assert passed["uri"] == "/v1/models"
    assert passed["headers"] == {VIEWER_HEADER: {"value": "203.0.113.7"}}


def test_cloudfront_and_the_functions_have_the_same_secret() -> None:
    """And WAF believes the viewer's address beside it alone."""
    reference = "{{resolve:secretsmanager:${OriginSecret}:SecretString}}"
    origin = next(one for one in DISTRIBUTION["Origins"] if one["Id"] == "api")
    (header,) = origin["OriginCustomHeaders"]
    assert header == {"HeaderName": SECRET_HEADER, "HeaderValue": {"Fn::Sub": reference}}
    variables = document()["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["ORIGIN_SECRET"] == {"Fn::If": ["HasCloudFront", {"Fn::Sub": reference}, ""]}
    assert variables["TRUSTED_PROXIES"] == "1"
    secret = RESOURCES["OriginSecret"]
    assert secret["Condition"] == "HasCloudFront"
    assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] >= MIN_ORIGIN_CHARACTERS
    assert "${OriginSecretRevision}" in secret["Properties"]["Name"]["Fn::Sub"]
    called = {name for name in functions() if name in PUBLIC_FUNCTIONS}
    assert set(RESOURCES["Distribution"]["DependsOn"]) == {
        f"{one.title()}Function" for one in called
    }
    assert called == PUBLIC_FUNCTIONS
    matched = {
        "FieldToMatch": {"SingleHeader": {"Name": SECRET_HEADER}},
        "PositionalConstraint": "EXACTLY",
        "SearchString": {"Fn::Sub": reference},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
    }
    viewers, addresses = RESOURCES["WebAcl"]["Properties"]["Rules"][:2]
    condition, rule, otherwise = viewers["Fn::If"]
    assert (condition, otherwise) == ("HasCloudFront", {"Ref": "AWS::NoValue"})
    rate = rule["Statement"]["RateBasedStatement"]
    assert rate["AggregateKeyType"] == "FORWARDED_IP"
    assert rate["ForwardedIPConfig"]["HeaderName"] == VIEWER_HEADER
    assert rate["ScopeDownStatement"] == {"ByteMatchStatement": matched}
    rate = addresses["Statement"]["RateBasedStatement"]
    assert rate["AggregateKeyType"] == "IP"
    assert rate["ScopeDownStatement"]["Fn::If"] == [
        "HasCloudFront",
        {"NotStatement": {"Statement": {"ByteMatchStatement": matched}}},
        {"Ref": "AWS::NoValue"},
    ]


def test_only_this_distribution_reads_the_bucket() -> None:
    statements = RESOURCES["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [
        one["Fn::If"][1] for one in statements if one.get("Fn::If", [""])[0] == "HasCloudFront"
    ]
    assert [one["Action"] for one in allowed] == ["s3:GetObject", "s3:ListBucket"]
    for one in allowed:
        assert one["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        source = one["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
        assert source.endswith(":distribution/${Distribution}")


def through_site(path: str, build: Path) -> tuple[int, str]:
    """Status, and the file's text or where it redirects to."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=Site(build))
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.get(path)

    answer = asyncio.run(ask())
    if answer.is_redirect:
        return answer.status_code, answer.headers["location"]
    return answer.status_code, "" if answer.status_code == 404 else answer.text


def through_cloudfront(path: str, build: Path) -> tuple[int, str]:
    """The same, by CloudFront's function and a bucket that holds the build (deploy's keys)."""
    answer = run_function(path)
    if "statusCode" in answer:
        return answer["statusCode"], answer["headers"]["location"]["value"]
    key = answer["uri"]
    assert key.startswith(tuple(f"{one}/" for one in PREFIXES))
    file = build / (key[1:] if key.startswith("/me/") else key.removeprefix("/admin/"))
    return (200, file.read_text()) if file.is_file() else (404, "")


def run_function(path: str) -> dict[str, Any]:
    """Run the site's function on a request for a path."""
    return run_code("SitePaths", {"request": {"method": "GET", "uri": path, "headers": {}}})


def run_code(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Run one of CloudFront's functions on an event."""
    code = RESOURCES[function]["Properties"]["FunctionCode"]
    program = f"{code}\nconsole.log(JSON.stringify(handler({json.dumps(event)})));"
    answer = subprocess.run(
        ["node", "-e", program], capture_output=True, text=True, timeout=NODE_SECONDS, check=True
    )
    made: dict[str, Any] = json.loads(answer.stdout)
    return made


def test_old_protocols_are_refused() -> None:
    certificate = DISTRIBUTION["ViewerCertificate"]["Fn::If"][1]
    assert re.fullmatch(r"TLSv1\.2_20\d\d", certificate["MinimumProtocolVersion"])
    origin = DISTRIBUTION["Origins"][1]["CustomOriginConfig"]
    assert origin["OriginProtocolPolicy"] == "https-only"
    assert origin["OriginSSLProtocols"] == ["TLSv1.2"]
