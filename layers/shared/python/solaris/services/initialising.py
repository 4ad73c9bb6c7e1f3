"""The first start: tables, queues and the first service key, each only if it does not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from solaris.domain.keys import KeyKind, generate_key, new_key
from solaris.settings import Settings
from solaris.storage.aws import store_errors
from solaris.storage.keys import KeyStore
from solaris.storage.models import create_tables
from solaris.storage.queues import Queues

FIRST_KEY_NAME = "first service key"


@dataclass(frozen=True, slots=True)
class InitResult:
    """`new_key` is the key to print, once; None when there was a service key already."""

    new_key: str | None
    key_id: str


def initialise(settings: Settings, *, queues: Queues, keys: KeyStore, now: datetime) -> InitResult:
    """Create what is missing; safe to run at every start.

    SOLARIS_GATEWAY_KEY is stored whenever it is unknown; without it a key is generated if there
    has never been a service key (a revoked one counts: it was revoked on purpose). Raises
    StoreUnavailableError and AwsCallError.
    """
    with store_errors():
        create_tables()
    queues.create_all()
    return _first_key(settings.solaris_gateway_key, keys, now)


def _first_key(own_key: str | None, keys: KeyStore, now: datetime) -> InitResult:
    if own_key is not None:
        described = new_key(own_key, name=FIRST_KEY_NAME, now=now)
        return InitResult(own_key if keys.put_new(described) else None, described.key_id)
    known = [key for key in keys.list() if key.kind is KeyKind.SERVICE]
    if known:
        valid = [key for key in known if key.is_valid(now)]
        return InitResult(None, (valid or known)[-1].key_id)
    secret = generate_key()
    described = new_key(secret, name=FIRST_KEY_NAME, now=now)
    keys.put_new(described)
    return InitResult(secret, described.key_id)


def librechat_snippet(
    settings: Settings, *, key: str | None = None, models: Sequence[str] = ("gpt-4o-mini",)
) -> str:
    """A librechat.yaml endpoint for this gateway.

    Without `key` it refers to LibreChat's .env: a key that is printed again elsewhere leaks.
    """
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
    api_key = (
        f'"{key}"'
        if key
        else '"${SOLARIS_API_KEY}"   # in LibreChat\'s .env: SOLARIS_API_KEY=<the key>'
    )
    names = ", ".join(f'"{model}"' for model in models)
    return f"""\
endpoints:
  custom:
    - name: "IA SOLARIS"
      apiKey: {api_key}
      baseURL: "http://{host}:{settings.port}/v1"
      headers:
        X-User-Email: "{{{{LIBRECHAT_USER_EMAIL}}}}"
        X-User-Name: "{{{{LIBRECHAT_USER_NAME}}}}"
        X-Conversation-Id: "{{{{LIBRECHAT_BODY_CONVERSATIONID}}}}"
      models:
        default: [{names}]
        fetch: true
      titleConvo: true
      titleModel: "current_model"
"""
