"""The store lets in what botocore and this project sign, and nothing that was changed since."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.store.errors import ServiceError
from infra.local.store.signatures import Verifier
from solaris.platform.aws.signature import Signer

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "sa-east-1"
CREDENTIALS = Credentials(KEY, SECRET)
ADDRESS = "http://127.0.0.1:4566"
EXPIRES_SECONDS = 600
SIGNERS: dict[str, Any] = {
    "sqs": SigV4Auth(CREDENTIALS, "sqs", REGION),
    "s3": S3SigV4Auth(CREDENTIALS, "s3", REGION),
    "url": S3SigV4QueryAuth(CREDENTIALS, "s3", REGION, EXPIRES_SECONDS),
}

text = st.text(st.characters(codec="utf-8"), max_size=20)
words = st.text("abcXYZ019 .;,=+/~", max_size=20)
bodies = st.binary(max_size=50)


@dataclass(frozen=True)
class Request:
    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | None

    def check(self, verifier: Verifier) -> tuple[str, str]:
        claim = verifier.claim(self.headers, self.query)
        known = None if self.body is None else sha256(self.body).hexdigest()
        signed = (self.method, self.path, self.query, self.headers)
        verifier.verify(claim, *signed, body_sha256=known)
        return claim.service, claim.region

    def with_header(self, name: bytes, value: bytes) -> "Request":
        kept = tuple(header for header in self.headers if header[0] != name)
        return replace(self, headers=(*kept, (name, value)))


def by_botocore(
    signer: str,
    method: str = "POST",
    path: str = "/",
    *,
    query: dict[str, str] | None = None,
    more: dict[str, str] | None = None,
    body: bytes = b"{}",
) -> Request:
    url = ADDRESS + quote(path, safe="/~")
    if query:
        url += "?" + urlencode(query, quote_via=quote, safe="-_.~")
    request = AWSRequest(method, url, headers=more or {}, data=body)
    SIGNERS[signer].add_auth(request)
    parts = urlsplit(str(request.url))
    headers = [(b"host", parts.netloc.encode())]
    headers += [(n.lower().encode(), str(v).encode()) for n, v in request.headers.items()]
    known = None if signer == "url" else body
    return Request(method, parts.path.encode(), parts.query.encode(), tuple(headers), known)


def verifier(*, secret: str = SECRET, key: str = KEY, later_seconds: float = 0) -> Verifier:
    return Verifier(key, secret, lambda: time.time() + later_seconds)


def refused(request: Request, by: Verifier | None = None) -> str:
    with pytest.raises(ServiceError) as caught:
        request.check(by or verifier())
    assert caught.value.status == 403
    return caught.value.code


@given(bodies, words)
def test_a_call_that_botocore_signs_is_let_in(body: bytes, word: str) -> None:
    request = by_botocore("sqs", body=body, more={"X-Amz-Target": f"AmazonSQS.{word}"})
    assert request.check(verifier()) == ("sqs", REGION)


@given(
    st.sampled_from(["s3", "url"]),
    st.sampled_from(["GET", "PUT", "HEAD"]),
    text,
    st.dictionaries(text.filter(bool), text.filter(bool), max_size=3),
    words,
)
def test_a_file_that_botocore_signs_is_let_in(
    signer: str, method: str, key: str, query: dict[str, str], word: str
) -> None:
    more = {"x-amz-meta-word": word, "Content-Type": "text/csv"}
    request = by_botocore(signer, method, f"/bucket/{key}", query=query, more=more)
    assert request.check(verifier()) == ("s3", REGION)


@given(bodies, st.sampled_from(["dynamodb", "sqs"]))
def test_a_call_that_this_project_signs_is_let_in(body: bytes, service: str) -> None:
    signed = Signer(CREDENTIALS, service, REGION, ADDRESS + "/").headers("A.B", "a/json", body)
    headers = tuple((name.encode(), value.encode()) for name, value in signed.items())
    assert Request("POST", b"/", b"", headers, body).check(verifier()) == (service, REGION)


TARGET = {"X-Amz-Target": "AmazonSQS.SendMessage", "X-Amz-Meta-A": "b"}
SIGNED: list[Callable[[], Request]] = [  # when it is asked for: a signature is good for minutes
    lambda: by_botocore("sqs", more=TARGET),
    lambda: by_botocore("s3", "PUT", "/bucket/key", query={"partNumber": "1"}, more=TARGET),
    lambda: by_botocore("url", "GET", "/bucket/key", query={"versionId": "1"}, more=TARGET),
]


@pytest.mark.parametrize("signed", SIGNED, ids=SIGNERS)
@settings(max_examples=30)
@given(st.data())
def test_what_was_changed_is_refused(signed: Callable[[], Request], data: Any) -> None:
    request_ = signed()
    other = data.draw(st.text("abc/", min_size=1, max_size=5)).encode()
    for changed in (
        replace(request_, method="DELETE"),
        replace(request_, path=request_.path + other),
        replace(request_, query=request_.query + b"&" + other),
        request_.with_header(b"x-amz-target", other),
        request_.with_header(b"host", other),
        request_.with_header(b"x-amz-new", other),
        request_.with_header(b"x-amz-date", b"20200101T000000Z"),
        replace(request_, headers=(*request_.headers, (b"x-amz-target", other))),
        replace(request_, headers=tuple(h for h in request_.headers if h[0] != b"x-amz-target")),
    ):
        refused(changed)
    if request_.body is not None:
        refused(replace(request_, body=request_.body + other))
        refused(request_.with_header(b"x-amz-content-sha256", sha256(other).hexdigest().encode()))


@pytest.mark.parametrize("signed", SIGNED, ids=SIGNERS)
def test_another_key_or_secret_is_refused(signed: Callable[[], Request]) -> None:
    request_ = signed()
    assert refused(request_, verifier(secret="other")) == "SignatureDoesNotMatch"
    assert refused(request_, verifier(key="OTHER")) == "InvalidClientTokenId"


def test_a_call_is_good_for_fifteen_minutes() -> None:
    request = by_botocore("sqs")
    for seconds in (-890, 890):
        request.check(verifier(later_seconds=seconds))
    for seconds in (-910, 910):
        assert refused(request, verifier(later_seconds=seconds)) == "RequestTimeTooSkewed"


def test_a_url_is_good_until_it_expires() -> None:
    request = by_botocore("url", "GET", "/bucket/key")
    request.check(verifier(later_seconds=EXPIRES_SECONDS - 10))
    late = verifier(later_seconds=EXPIRES_SECONDS + 10)
    assert refused(request, late) == "AccessDenied"
    longer = replace(request, query=request.query.replace(b"Expires=600", b"Expires=6000"))
    assert refused(longer, late) == "SignatureDoesNotMatch"
    assert refused(request, verifier(later_seconds=-910)) == "RequestTimeTooSkewed"


def test_the_days_key_is_made_anew_for_each_day_region_and_service() -> None:
    one = verifier()
    for signer in SIGNERS:
        by_botocore(signer).check(one)
        by_botocore(signer).check(one)
    assert len(one._keys) == 2


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Bearer token",
        b"AWS AKIDEXAMPLE:c2lnbmF0dXJl",
        b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261129/sa-east-1/sqs/aws4_request",
        b"\xff\xfe",
    ],
)
def test_what_is_no_signature_is_refused(authorization: bytes) -> None:
    refused(by_botocore("sqs").with_header(b"authorization", authorization))


def test_no_signature_and_two_are_refused() -> None:
    header, url = by_botocore("s3", "GET", "/a/b"), by_botocore("url", "GET", "/a/b")
    assert refused(replace(header, headers=())) == "MissingAuthenticationToken"
    assert refused(replace(header, query=url.query)) == "MissingAuthenticationToken"
    refused(replace(header, headers=header.headers * 2))


def test_a_url_is_for_files_alone() -> None:
    url = by_botocore("url", "GET", "/")
    refused(replace(url, query=url.query.replace(b"%2Fs3%2F", b"%2Fsqs%2F"), body=b""))


def test_the_body_of_a_call_must_be_known() -> None:
    refused(replace(by_botocore("sqs"), body=None))
    by_botocore("s3", "PUT", "/bucket/key")  # a file's is held against its hash while it comes
    replace(by_botocore("s3", "PUT", "/bucket/key"), body=None).check(verifier())
