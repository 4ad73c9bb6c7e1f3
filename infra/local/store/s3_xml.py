"""What S3 asks and answers in XML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from infra.local.store.errors import ServiceError

MAX_DAYS = 36_500

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_RULE_FIELDS = frozenset(
    {
        *("ID", "Status", "Prefix", "Filter", "Filter/Prefix"),
        *("Expiration/Days", "AbortIncompleteMultipartUpload/DaysAfterInitiation"),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What goes after how many days: files under a prefix, and uploads that were not completed."""

    prefix: str
    days: int | None
    unfinished_days: int | None


def parsed(body: bytes) -> ElementTree.Element:
    """A body's root, its names without namespaces; raises ServiceError (MalformedXML)."""
    if b"<!" in body:  # no entities, so none that grow
        raise malformed()
    try:
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError as error:
        raise malformed() from error
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


def malformed() -> ServiceError:
    """The refusal of a body that is not what the call asks for."""
    return ServiceError(400, "MalformedXML", "The XML you provided was not well-formed.")


def text(element: ElementTree.Element, name: str) -> str:
    """The text of an element within; raises ServiceError when there is none."""
    found = element.findtext(name)
    if not found:
        raise malformed()
    return found


def rules(body: bytes) -> list[Rule]:
    """The enabled rules of a lifecycle configuration.

    Raises ServiceError: NotImplemented for a rule with a field that nothing here obeys.
    """
    found = []
    for one in parsed(body).findall("Rule"):
        fields = dict(_leaves(one))
        if unknown := fields.keys() - _RULE_FIELDS:
            raise ServiceError(501, "NotImplemented", f"no rules with {min(unknown)}")
        prefix = fields.get("Filter/Prefix") or fields.get("Prefix") or ""
        days = _days(fields.get("Expiration/Days"))
        unfinished = _days(fields.get("AbortIncompleteMultipartUpload/DaysAfterInitiation"))
        if fields.get("Status") == "Enabled":
            found.append(Rule(prefix, days, unfinished))
    return found


def wanted_parts(body: bytes) -> dict[int, str]:
    """Number → ETag of the parts of a completion, in their order; raises ServiceError."""
    given = parsed(body).findall("Part")
    tags = [text(one, "ETag").strip('"') for one in given]
    try:
        numbers = [int(text(one, "PartNumber")) for one in given]
    except ValueError as error:
        raise malformed() from error
    if not numbers:
        raise malformed()
    if numbers != sorted(set(numbers)):
        raise ServiceError(400, "InvalidPartOrder", "parts come in the order of their numbers")
    return dict(zip(numbers, tags, strict=True))


def document(name: str, inside: Mapping[str, object]) -> bytes:
    """An answer: a mapping is an element with elements in it, a list one repeated, None none."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_NAMESPACE}">'
    return f"{head}{_elements(inside)}</{name}>".encode()


def refusal(code: str, message: str) -> bytes:
    """The body of an error's answer, which has no namespace."""
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        + _elements({"Error": {"Code": code, "Message": message}}).encode()
    )


def time_text(at_ms: int) -> str:
    """A Unix time in ms as S3 writes it."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def _leaves(element: ElementTree.Element, path: str = "") -> Iterable[tuple[str, str]]:
    for one in element:
        if len(one):
            yield from _leaves(one, f"{path}{one.tag}/")
        else:
            yield path + one.tag, one.text or ""


def _days(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:9]) <= MAX_DAYS:
        raise ServiceError(400, "InvalidArgument", "days are a positive whole number")
    return int(given)


def _elements(inside: Mapping[str, object]) -> str:
    return "".join(
        f"<{name}>{_inner(one)}</{name}>"
        for name, value in inside.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    )


def _inner(value: object) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
