"""What the tests of the command line share: a store in moto, and calls of `solaris`."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from moto import mock_aws
from typer.testing import CliRunner, Result

from solaris.app import Parts
from solaris.cli import app
from solaris.ledger.events import event_to_dict
from solaris.platform.aws.client import boto_client
from solaris.platform.aws.tables import TABLES, create_tables, short_name
from solaris.platform.settings import load_settings
from solaris.quota.usage import Outcome, TokenCounts, UsageEvent
from solaris.quota.user import User, user_id_for

ANA = "ana@example.com"
ANA_ID = user_id_for(ANA)


@pytest.fixture(scope="module", name="store")
def store_fixture() -> Iterator[None]:
    """One empty AWS for a module: clients and tables cost more than the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        # every new client parses botocore's service models again: a second each
        load_file = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: load_file(path))
        with mock_aws():
            yield


@pytest.fixture(name="parts")
def parts_fixture(store: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Parts]:
    """Empty tables and queues; settings are read anew."""
    for name in [name for name in os.environ if name.startswith(("REDIS", "LITELLM", "SOLARIS"))]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("SOLARIS_DATA_DIR", str(tmp_path))
    load_settings.cache_clear()
    parts = Parts(load_settings())
    create_tables()
    _empty_tables(parts)
    _delete_queues(parts)
    parts.platform.queues.create_all()
    yield parts
    load_settings.cache_clear()


def _empty_tables(parts: Parts) -> None:
    for model in TABLES:
        name = parts.settings.table_name(short_name(model))
        keys = parts.platform.dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]
        for item in parts.platform.dynamodb.scan(TableName=name)["Items"]:
            key = {one["AttributeName"]: item[one["AttributeName"]] for one in keys}
            parts.platform.dynamodb.delete_item(TableName=name, Key=key)


def _delete_queues(parts: Parts) -> None:
    sqs = boto_client("sqs", parts.settings.aws_region)
    for url in sqs.list_queues().get("QueueUrls", []):
        sqs.delete_queue(QueueUrl=url)


def run(*arguments: str, code: int = 0, stdin: str = "", lang: str = "en") -> Result:
    """Call `solaris`, in English unless said otherwise."""
    result = CliRunner().invoke(app, ["--lang", lang, *arguments], input=stdin)
    assert result.exit_code == code, result.output
    return result


def error_of(*arguments: str, stdin: str = "", lang: str = "en") -> str:
    """Run what must fail with code 1 and one line on standard error; return the line."""
    result = run(*arguments, code=1, stdin=stdin, lang=lang)
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0].removeprefix("solaris: ")


def stored(parts: Parts) -> User:
    user = parts.quota.users.get(ANA_ID)
    assert user is not None
    return user


def change(parts: Parts, rule: Callable[[User], User], email: str = ANA) -> None:
    user_id = user_id_for(email)
    parts.quota.users.change(user_id, lambda user: replace(rule(user), version=user.version + 1))


def use(parts: Parts, tokens: int, email: str = ANA) -> None:
    change(
        parts,
        lambda user: replace(
            user, current_usage=tokens, available_tokens=user.available_tokens - tokens
        ),
        email,
    )


def event(parts: Parts, request_id: str, tokens: int = 100, **more: Any) -> UsageEvent:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "user_id": ANA_ID,
        "period": datetime.now(parts.settings.zone).strftime("%Y-%m"),
        "outcome": Outcome.SETTLED,
        "created_at": datetime.now(UTC),
        "model": "gpt-4o-mini",
        "endpoint": "/v1/chat/completions",
        "counts": TokenCounts(prompt_tokens=tokens - 20, completion_tokens=20),
        "charged_tokens": tokens,
        "reserved_tokens": 0,
    }
    return UsageEvent(**fields | more)


def log_line(one: UsageEvent) -> str:
    return json.dumps(
        {"message": "usage_event", "level": "error", "usage_event": event_to_dict(one)}
    )
