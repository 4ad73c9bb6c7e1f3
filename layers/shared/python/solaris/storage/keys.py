"""The keys table: found by hash, listed for people."""

from typing import Any

from pynamodb.exceptions import DoesNotExist

from solaris.domain.keys import GatewayKey, KeyKind
from solaris.domain.usage import iso_milliseconds, parse_instant
from solaris.storage.aws import AwsCallError, store_errors
from solaris.storage.models import KeyModel

MAX_KEYS_LISTED = 10_000


class KeyStore:
    """Gateway keys; all reads are strongly consistent, so a revoked key is seen at once."""

    def get(self, key_hash: str) -> GatewayKey | None:
        """Find a key by its SHA-256; None if unknown."""
        try:
            with store_errors():
                return _to_domain(_found(key_hash))
        except _UnknownKeyError:
            return None

    def put_new(self, key: GatewayKey) -> bool:
        """Store a key; False if the same key is stored already."""
        model = KeyModel(key.key_hash, **_attributes(key))
        try:
            with store_errors():
                model.save(condition=KeyModel.key_hash.does_not_exist())
        except AwsCallError as error:
            if error.aws_code == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def revoke(self, key_hash: str, revoked_at: str) -> None:
        """Mark a key as revoked; the first time it was stays on record."""
        with store_errors():
            KeyModel(key_hash).update(
                actions=[KeyModel.revoked_at.set(KeyModel.revoked_at | revoked_at)],
                condition=KeyModel.key_hash.exists(),
            )

    def list(self) -> list[GatewayKey]:
        """Every key, newest first; there are few, so this is a scan."""
        with store_errors():
            models = list(KeyModel.scan(limit=MAX_KEYS_LISTED, consistent_read=True))
        keys = [_to_domain(model) for model in models]
        return sorted(keys, key=lambda key: key.created_at, reverse=True)


class _UnknownKeyError(Exception):
    pass


def _found(key_hash: str) -> KeyModel:
    try:
        return KeyModel.get(key_hash, consistent_read=True)
    except DoesNotExist as error:
        raise _UnknownKeyError from error


def _attributes(key: GatewayKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "prefix": key.prefix,
        "name": key.name,
        "kind": key.kind.value,
        "user_email": key.user_email,
        "created_at": iso_milliseconds(key.created_at),
        "expires_at": iso_milliseconds(key.expires_at) if key.expires_at else None,
        "revoked_at": iso_milliseconds(key.revoked_at) if key.revoked_at else None,
    }


def _to_domain(model: KeyModel) -> GatewayKey:
    return GatewayKey(
        key_hash=model.key_hash,
        key_id=model.key_id,
        prefix=model.prefix,
        name=model.name,
        kind=KeyKind(model.kind),
        user_email=model.user_email,
        created_at=parse_instant(model.created_at),
        expires_at=parse_instant(model.expires_at) if model.expires_at else None,
        revoked_at=parse_instant(model.revoked_at) if model.revoked_at else None,
    )
