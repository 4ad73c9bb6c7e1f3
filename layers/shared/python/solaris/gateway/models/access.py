"""What a key with allowed models may ask for, and what key and user get to see of the list."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

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
from solaris.quota.model_names import is_named, refused_model
from solaris.quota.weights import Weights

_MODEL_PATH = "/v1/models/"


def check_models(key: GatewayKey, named: Iterable[str]) -> None:
    """Every model that a request names must be allowed; raises ModelNotAllowedError."""
    if key.allows_any_model:
        return
    for model in named:
        if not key.allows(model):
            raise ModelNotAllowedError(model)


@dataclass(frozen=True, slots=True)
class FlatBody:
    """A body for a path with a flat charge.

    It is allowed by the path itself (`path_model`, the model of its usage records:
    `images/generations`), or by a JSON body that names allowed models only; that is then sent as
    it was understood. A form is not looked into, and a body that says it is one may read
    differently upstream: neither names any model here.
    """

    path_model: str
    data: bytes
    named: tuple[str, ...] | None = None

    @property
    def readings(self) -> tuple[tuple[str, ...], ...]:
        """Which models may be meant, as `refused_model` takes them."""
        of_path = (self.path_model,)
        return (of_path,) if self.named is None else (of_path, self.named)

    def sent(self, *lists: Collection[str] | None) -> bytes:
        """What goes to the upstream, for whose lists of models allow it; None: any model.

        Raises InvalidRequestError for what cannot be written.
        """
        if all(one is None or is_named(self.path_model, one) for one in lists):
            return self.data
        try:
            return orjson.dumps(orjson.loads(self.data))
        except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
            # read to 1,024 levels, written to 254
            raise InvalidRequestError("the body is nested too deeply") from error


def checked_flat_body(
    key: GatewayKey, path_model: str, headers: Mapping[str, str], data: bytes, query: str
) -> FlatBody:
    """The body for a path with a flat charge.

    Raises ModelNotAllowedError, and InvalidRequestError for JSON that is too much to parse where
    the key allows some models only.
    """
    body: object = None
    if _is_json(headers):
        if has_bounded_structure(data):
            with suppress(orjson.JSONDecodeError):
                body = orjson.loads(data)
        elif not (key.allows_any_model or key.allows(path_model)):
            raise InvalidRequestError(TOO_MANY_PARTS)
    flat = FlatBody(path_model, data)
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        flat = FlatBody(path_model, data, tuple(named_models(body, query)))
    refused = None if key.allows_any_model else refused_model(flat.readings, key.allows)
    if refused is not None:
        raise ModelNotAllowedError(refused)
    return flat


def _is_json(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json"


def check_model_path(key: GatewayKey, path: str, models: Collection[str] | None = None) -> None:
    """One model's own path: what key or user (`models`) may not use, they do not get to know.

    Raises UnknownModelError.
    """
    model = path.removeprefix(_MODEL_PATH)
    if model != path and not _may_use(key, models, model):
        raise UnknownModelError(model)


def visible_models(
    key: GatewayKey,
    path: str,
    status: int,
    body: bytes,
    hidden: Collection[str] = (),
    *,
    models: Collection[str] | None = None,
) -> bytes:
    """The upstream's list of models without those that key or user may not use, and the hidden.

    `models` is the user's list, None: any. What is hidden may be used all the same: it is no model
    to chat with. Everything else of the list stays as it came. Raises UpstreamUnavailableError for
    a list that cannot be read: it might name anything.
    """
    is_whole = key.allows_any_model and models is None and not hidden
    if is_whole or path.startswith(_MODEL_PATH) or is_error(status):
        return body
    try:
        answer: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UpstreamUnavailableError("the list of models is not JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise UpstreamUnavailableError("the list of models has no data")
    answer["data"] = [one for one in answer["data"] if _is_visible(key, models, hidden, one)]
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


def _is_visible(
    key: GatewayKey, models: Collection[str] | None, hidden: Collection[str], model: object
) -> bool:
    name = model.get("id") if isinstance(model, dict) else None
    return isinstance(name, str) and _may_use(key, models, name) and not is_named(name, hidden)


def _may_use(key: GatewayKey, models: Collection[str] | None, model: str) -> bool:
    return key.allows(model) and (models is None or is_named(model, models))
