"""Whether a request was signed with our secret key: AWS Signature Version 4, checked.

Two forms: an Authorization header, and for files a URL whose query carries the signature. Every
x-amz-* header must be signed, as AWS has it; the target of a call is one of them.
"""

import hmac
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, quote

from infra.local.store.errors import ServiceError

SKEW_SECONDS = 15 * 60
MAX_EXPIRES_SECONDS = 7 * 24 * 3600
_MAX_KEYS = 32
_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = b"UNSIGNED-PAYLOAD"
_SCOPE = r"(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[\w-]+)/(?P<service>[\w-]+)/aws4_request"
_CREDENTIAL = re.compile(_SCOPE, re.ASCII)
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential={_SCOPE},\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_HEX = re.compile(rb"[0-9a-f]{64}")

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signature; `expires` (seconds) is None for the header's form."""

    service: str
    region: str
    day: str
    moment: str
    signed: tuple[bytes, ...]
    signature: str
    expires: int | None = None


class Verifier:
    """Checks requests against one access key; `clock` gives Unix time in seconds."""

    def __init__(
        self, access_key: str, secret_key: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._access_key = access_key
        self._secret = f"AWS4{secret_key}".encode()
        self._clock = clock
        self._keys: dict[tuple[str, str, str], bytes] = {}

    def claim(self, headers: Headers, query: bytes) -> Claim:
        """Read the signature, which `verify` then checks; raises ServiceError unless it names us.

        Cheap: nothing is hashed. `headers` are ASGI's: names in small letters.
        """
        found = [value for name, value in headers if name == b"authorization"]
        in_query = b"X-Amz-Signature=" in query
        if len(found) + in_query != 1:
            raise _refused("MissingAuthenticationToken", "one signature is wanted")
        if in_query:
            return self._claim_of_query(query)
        match = _AUTHORIZATION.fullmatch(found[0].decode("latin-1"))
        moments = [value for name, value in headers if name == b"x-amz-date"]
        if match is None or len(moments) != 1:
            raise _refused("IncompleteSignature", "no signature of version 4 with its date")
        return self._claim(match, moments[0].decode("latin-1"), match["signed"], match["signature"])

    def verify(
        self,
        claim: Claim,
        method: str,
        raw_path: bytes,
        query: bytes,
        headers: Headers,
        *,
        body_sha256: str | None = None,
    ) -> None:
        """Check a claim; raises ServiceError.

        `body_sha256` (hexadecimal) may be None for s3 only: the caller then holds the body
        against x-amz-content-sha256 while reading it.
        """
        self._check_time(claim)
        values: dict[bytes, bytes] = {}
        for name, value in headers:
            trimmed = b" ".join(value.split())
            values[name] = values[name] + b"," + trimmed if name in values else trimmed
        wanted = {b"host", *(name for name in values if name.startswith(b"x-amz-"))}
        if not wanted <= set(claim.signed) <= set(values):
            raise _refused("SignatureDoesNotMatch", "not every header is signed that must be")
        path = raw_path if claim.service == "s3" else quote(raw_path, safe="/~").encode()
        request = b"\n".join(
            (
                method.encode(),
                path,
                _canonical_query(query),
                *(name + b":" + values[name] for name in claim.signed),
                b"",
                b";".join(claim.signed),
                _payload(claim, values.get(b"x-amz-content-sha256"), body_sha256),
            )
        )
        scope = f"{claim.day}/{claim.region}/{claim.service}/aws4_request"
        text = f"{_ALGORITHM}\n{claim.moment}\n{scope}\n{sha256(request).hexdigest()}"
        expected = hmac.digest(self._key(claim), text.encode(), "sha256").hex()
        if not hmac.compare_digest(expected, claim.signature):
            raise _refused("SignatureDoesNotMatch", "it is not signed with this store's key")

    def _claim_of_query(self, query: bytes) -> Claim:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        said = dict(pairs)
        match = _CREDENTIAL.fullmatch(said.get("X-Amz-Credential", ""))
        signature, expires = said.get("X-Amz-Signature", ""), said.get("X-Amz-Expires", "")
        if (
            match is None
            or match["service"] != "s3"
            or len(said) != len(pairs)
            or said.get("X-Amz-Algorithm") != _ALGORITHM
            or not _HEX.fullmatch(signature.encode())
            or not re.fullmatch(r"[0-9]{1,6}", expires)
            or not 0 < int(expires) <= MAX_EXPIRES_SECONDS
        ):
            raise _refused("IncompleteSignature", "no signature of version 4 in the query")
        moment, signed = said.get("X-Amz-Date", ""), said.get("X-Amz-SignedHeaders", "")
        return self._claim(match, moment, signed, signature, int(expires))

    def _claim(
        self,
        match: re.Match[str],
        moment: str,
        signed: str,
        signature: str,
        expires: int | None = None,
    ) -> Claim:
        if not hmac.compare_digest(match["key"].encode(), self._access_key.encode()):
            raise _refused("InvalidClientTokenId", "unknown access key")
        names = tuple(signed.encode().split(b";"))
        service, region, day = match["service"], match["region"], match["day"]
        return Claim(service, region, day, moment, names, signature, expires)

    def _check_time(self, claim: Claim) -> None:
        moment = _unix_time(claim.moment)
        if moment is None or not claim.moment.startswith(claim.day):
            raise _refused("IncompleteSignature", "no date, or not the signature's")
        age = self._clock() - moment
        if age < -SKEW_SECONDS or (claim.expires is None and age > SKEW_SECONDS):
            raise _refused("RequestTimeTooSkewed", "signed more than 15 minutes from now")
        if claim.expires is not None and age > claim.expires:
            raise _refused("AccessDenied", "Request has expired")

    def _key(self, claim: Claim) -> bytes:
        scope = (claim.day, claim.region, claim.service)
        key = self._keys.get(scope)
        if key is None:
            key = self._secret
            for part in (*scope, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            if len(self._keys) >= _MAX_KEYS:
                self._keys.clear()
            self._keys[scope] = key
        return key


def _unix_time(moment: str) -> float | None:
    match = _DATE.fullmatch(moment)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _canonical_query(query: bytes) -> bytes:
    if not query:
        return b""
    pairs = sorted(pair.partition(b"=")[::2] for pair in query.split(b"&"))
    return b"&".join(name + b"=" + value for name, value in pairs if name != b"X-Amz-Signature")


def _payload(claim: Claim, declared: bytes | None, body_sha256: str | None) -> bytes:
    """What stands for the body in the signature."""
    read = None if body_sha256 is None else body_sha256.encode()
    if declared and _HEX.fullmatch(declared) and read not in (None, declared):
        raise _refused("SignatureDoesNotMatch", "the body is not the one that was signed")
    if claim.service != "s3":
        if read is None:
            raise _refused("SignatureDoesNotMatch", "the body must be read first")
        return read
    if declared is None and claim.expires is None:
        raise _refused("SignatureDoesNotMatch", "x-amz-content-sha256 is missing")
    return declared or _UNSIGNED


def _refused(code: str, message: str) -> ServiceError:
    return ServiceError(403, code, message)
