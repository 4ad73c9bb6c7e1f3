"""What a key with allowed models may ask for, and what it gets to see of the list of models."""

from collections.abc import Collection, Mapping

import orjson

from solaris.gateway.body.bodies import TOO_MANY_PARTS
from solaris.gateway.models.named import named_models
from solaris.keys.key import GatewayKey
from solaris.ledger.figures import is_error
from solaris.platform.errors import (
    InvalidRequestError,
    ModelNotAllowedError,
    UnknownModelError,
    UpstreamUnavailableError,
)
from solaris.platform.web.body_structure import has_bounded_structure
from solaris.quota.model_names import is_named
from solaris.quota.weights import Weights

_MODEL_PATH = "/v1/models/"


def check_models(key: GatewayKey, body: Mapping[str, object], query: str) -> None:
    """Every model that a request names must be allowed; raises ModelNotAllowedError."""
    if key.allows_any_model:
        return
    for model in named_models(body, query):
        if not key.allows(model):
            raise ModelNotAllowedError(model)


def checked_flat_body(
    key: GatewayKey, path_model: str, headers: Mapping[str, str], data: bytes, query: str
) -> bytes:
    """The body to send to a path with a flat charge.

    Raises ModelNotAllowedError, and InvalidRequestError for JSON that is too much to parse.

    Allowed by the path itself (`path_model`, the model of its usage records: `images/generations`)
    or by a JSON body that names allowed models only; that is then sent as it was understood. A
    form is not looked into, and a body that says it is one may read differently upstream: neither
    names any model here.
    """
    if key.allows_any_model or key.allows(path_model):
        return data
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    body: object = None
    if kind == "application/json":
        if not has_bounded_structure(data):
            raise InvalidRequestError(TOO_MANY_PARTS)
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError:
            body = None
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise ModelNotAllowedError(path_model)
    check_models(key, body, query)
    return orjson.dumps(body)


def check_model_path(key: GatewayKey, path: str) -> None:
    """One model's own path: what the key does not allow, it does not get to know.

    Raises UnknownModelError.
    """
    model = path.removeprefix(_MODEL_PATH)
    if model != path and not key.allows(model):
        raise UnknownModelError(model)


def visible_models(
    key: GatewayKey, path: str, status: int, body: bytes, hidden: Collection[str] = ()
) -> bytes:
    """The upstream's list of models without those that the key does not allow, and the hidden.

    What is hidden may be used all the same: it is no model to chat with. Everything else of the
    list stays as it came. Raises UpstreamUnavailableError for a list that cannot be read: it might
    name anything.
    """
    is_whole = key.allows_any_model and not hidden
    if is_whole or path.startswith(_MODEL_PATH) or is_error(status):
        return body
    try:
        answer: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UpstreamUnavailableError("the list of models is not JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise UpstreamUnavailableError("the list of models has no data")
    answer["data"] = [one for one in answer["data"] if _is_visible(key, hidden, one)]
    return orjson.dumps(answer)


def with_weights(weights: Weights, status: int, body: bytes) -> bytes:
    """A list of models, or one model, with how many times a token of each counts.

    `x_solaris_weight` of each: `{"prompt": 5, "completion": 5, "cached": 2.5}`. Where no weights
    are stated, and what cannot be read, stays as it came.
    """
    if not weights.entries or is_error(status):
        return body
    try:
        answer: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(answer, dict):
        return body
    listed = answer.get("data")
    for model in listed if isinstance(listed, list) else [answer]:
        name = model.get("id") if isinstance(model, dict) else None
        if isinstance(name, str):
            model["x_solaris_weight"] = weights.of(name).times()
    return orjson.dumps(answer)


def _is_visible(key: GatewayKey, hidden: Collection[str], model: object) -> bool:
    name = model.get("id") if isinstance(model, dict) else None
    return isinstance(name, str) and key.allows(name) and not is_named(name, hidden)
