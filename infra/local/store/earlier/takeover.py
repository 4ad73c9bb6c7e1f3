"""The layout of the data directory, and how the data of the version before gets into it.

    DATA/format              2; a larger one is a newer version's
    DATA/store/              tables.sqlite, queues.sqlite, mails.sqlite, files/
    DATA/store-before-2-…/   the old folders, yours to delete once you trust the new one

The version before kept all of it in another program, in DATA/store and DATA/s3 and without a
DATA/format. These folders are only read: both new programs are started on the empty DATA/store-new,
filled, compared and ended; then DATA/store-new/DONE is written, the old folders go aside and the
new one takes their place. A crash before DONE begins anew at the next start, one after it only
completes the moves.

What is not as it was: messages count as never received, and those that the journal has sent are
delivered again even if they had been handled since the snapshot, for it does not know of deletes
(consumers book an event once, however often it comes). Files count their age from now. Mails of the
journal get new ids.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.store.earlier.messages import OldMessages, write_mails
from infra.local.store.earlier.snapshot import sound
from infra.local.store.earlier.store import OldObject, OldStore
from infra.local.store.earlier.tables import (
    Expected,
    Progress,
    RawCalls,
    Tell,
    compare,
    replay,
    write_snapshot,
)
from infra.local.store.embedded import running_store
from infra.local.store.errors import StoreError
from infra.local.store.mails import MAILS_FILE
from infra.local.store.tables.program import check_file
from solaris.platform.books_disk import FOLDER, TABLE_FILE

FORMAT = 2
_STORE, _FILES, _SCRATCH = FOLDER, "s3", "store-new"
_FORMAT_FILE, _DONE_FILE = "format", "DONE"
_OLD_NAMES = ("CURRENT", "journal-*.log", "snapshot-*")
_OLD_FILES = ", ".join(_OLD_NAMES)
_LOCK_SECONDS = 60.0  # the old store may still be writing its last snapshot
_POLL_SECONDS = 0.1
_DYNAMODB = "DynamoDB_20120810."


class Taken(NamedTuple):
    """How much was taken over."""

    tables: int
    items: int
    requests_repeated: int
    messages: int
    objects: int
    mails: int


def open_data(data_dir: Path, *, region: str, tell: Tell, has_tables: bool = True) -> None:
    """Check the data directory, which the caller owns, and take older data over; blocks.

    `region` is AWS's, as the old store had it; `has_tables`: they are here, and not somewhere else
    by a variable; `tell` gets a line every few seconds. Raises StoreError, with everything as it
    was: a newer version's directory, tables that are gone, damaged data.
    """
    check_format(data_dir)
    try:
        scratch = prepare_takeover(data_dir)
        if scratch is not None:
            with running_store(scratch, region=region) as environment:
                takeover(data_dir, **clients_of(environment), tell=tell)
            tell(f"done; the old data is kept in {finish_takeover(data_dir)}")
    except (StoreError, OSError) as error:
        msg = f"the data of the version before could not be taken over: {error}"
        raise StoreError(msg) from error
    if has_tables:
        check_tables(data_dir)


def check_format(data_dir: Path) -> None:
    """Refuse the directory of a newer version. Raises StoreError."""
    path = data_dir / _FORMAT_FILE
    if not path.exists():
        return
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not text.isdecimal() or int(text) > FORMAT:
        msg = f"{data_dir} is of a newer version (format {text[:20]!r}, this one knows {FORMAT})"
        raise StoreError(msg)


def check_tables(data_dir: Path) -> None:
    """Refuse to begin with empty tables where there were some. Raises StoreError."""
    path, tables = data_dir / _FORMAT_FILE, data_dir / _STORE / TABLE_FILE
    if path.exists() and not tables.exists():
        msg = (
            f"{tables} is missing: put it back, or delete {path} to begin with empty tables and "
            "`solaris restore` a backup"
        )
        raise StoreError(msg)
    check_file(tables)


def mark_format(data_dir: Path) -> None:
    """Say which layout DATA has, once its programs run."""
    if not (data_dir / _FORMAT_FILE).exists():
        _write(data_dir / _FORMAT_FILE, f"{FORMAT}\n")


def prepare_takeover(data_dir: Path) -> Path | None:
    """The empty data directory to take over into, or None when there is nothing to take over.

    The caller owns `data_dir`. Raises StoreError.
    """
    scratch = data_dir / _SCRATCH
    if (scratch / _DONE_FILE).exists():
        _move(data_dir)
    if not _is_of_before(data_dir / _STORE):
        if scratch.exists():
            shutil.rmtree(scratch)
        return None
    if (data_dir / _STORE / TABLE_FILE).exists():
        msg = (
            f"the version before has run on {data_dir} after this one: its files ({_OLD_FILES}) "
            f"stand beside {TABLE_FILE} in {data_dir / _STORE}. Move them away to go on with what "
            "this version has kept"
        )
        raise StoreError(msg)
    _wait_for_its_end(data_dir / _STORE)
    if scratch.exists():
        shutil.rmtree(scratch)
    (scratch / _STORE).mkdir(mode=0o700, parents=True)
    return scratch


def finish_takeover(data_dir: Path) -> Path:
    """Put the new store in place; returns where the old folders are now.

    Both programs have ended. Raises OSError.
    """
    scratch = data_dir / _SCRATCH
    for path in (scratch / _STORE).rglob("*"):
        if path.is_file():
            _sync(path)
    _sync(scratch / _STORE)
    aside = f"store-before-{FORMAT}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    _write(scratch / _DONE_FILE, f"{aside}\n")
    return _move(data_dir)


def _move(data_dir: Path) -> Path:
    """Each step is left out when it is done already."""
    scratch = data_dir / _SCRATCH
    aside = data_dir / (scratch / _DONE_FILE).read_text(encoding="ascii").strip()
    aside.mkdir(mode=0o700, exist_ok=True)
    if (scratch / _STORE).exists():
        for name in (_FILES, _STORE):
            if (data_dir / name).exists():
                (data_dir / name).rename(aside / name)
        _sync(aside)
        (scratch / _STORE).rename(data_dir / _STORE)
        _sync(data_dir)
    shutil.rmtree(scratch)
    return aside


def _is_of_before(folder: Path) -> bool:
    return any(any(folder.glob(name)) for name in _OLD_NAMES)


def _wait_for_its_end(folder: Path) -> None:
    """The old store and the child that writes its snapshot have the lock as long as they live."""
    path = folder / "lock"
    if not path.exists():
        return
    deadline = time.monotonic() + _LOCK_SECONDS
    with path.open("rb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    msg = f"the store of the version before is still running on {folder}"
                    raise StoreError(msg) from None
                time.sleep(_POLL_SECONDS)
            else:
                return


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="ascii")
    _sync(new)
    new.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clients_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """boto3's clients of the two programs, by takeover's names; `environment` is StorePlan's.

    Of a session of their own: boto3's common one keeps the first credentials that it has seen.
    """
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, proxies={})
    urls = dict.fromkeys(("sqs", "s3", "ses"), environment["AWS_ENDPOINT_URL"])
    urls["dynamodb"] = environment["AWS_ENDPOINT_URL_DYNAMODB"]
    make: Any = session.client
    return {
        f"{name}_client": make(name, endpoint_url=url, config=config) for name, url in urls.items()
    }


def takeover(
    data_dir: Path,
    *,
    dynamodb_client: Any,
    sqs_client: Any,
    s3_client: Any,
    ses_client: Any,
    tell: Tell,
) -> Taken:
    """Fill the scratch directory's programs, to which the boto3 clients lead, and compare.

    Blocks; `tell` gets a line every few seconds. Raises StoreError: what is damaged, refused or
    different now, and where.
    """

    def said(line: str) -> None:
        tell(f"taking over the data of the version before: {line}")

    said("reading")
    store = OldStore(data_dir, dynamodb_client.meta.region_name)
    calls, expected = RawCalls(dynamodb_client), Expected(store.tables)
    messages = OldMessages(store)
    said(f"{expected.count():,} rows in {len(expected.tables)} tables")
    write_snapshot(calls, expected, said)
    repeated = _replay(store, calls, expected, messages, said)
    items = compare(calls, expected, said)
    try:
        objects = _copy_objects(store, s3_client)
        messages.send(sqs_client)
        for address in messages.senders:
            ses_client.verify_email_identity(EmailAddress=address)
    except (BotoCoreError, ClientError) as error:
        msg = f"the new store refuses: {str(error)[:300]}"
        raise StoreError(msg) from error
    write_mails(data_dir / _SCRATCH / _STORE / MAILS_FILE, messages.mails)
    sent = sum(len(one.bodies) for one in messages.queues.values())
    taken = Taken(len(expected.tables), items, repeated, sent, objects, len(messages.mails))
    said(f"{items:,} rows, {sent:,} messages, {objects:,} files: compared, complete")
    return taken


def _replay(
    store: OldStore, calls: RawCalls, expected: Expected, messages: OldMessages, tell: Tell
) -> int:
    """Repeat the journal; returns how many of its requests were repeated."""
    journal = store.journal
    progress = Progress(tell, sum(1 for _ in journal.records()), "changes since")
    repeated = elsewhere = 0
    for record in journal.records():
        progress.add(1)
        if not store.is_here(record):
            elsewhere += 1
        elif record.target.startswith(_DYNAMODB):
            request = record._replace(body=sound(record.body))
            replay(calls, request)
            expected.follow(request)
            repeated += 1
        else:
            messages.follow(record)
    if elsewhere:
        tell(f"{elsewhere:,} changes of another AWS region or account are left out")
    if journal.dropped_records:
        tell(f"{journal.dropped_records:,} changes made while the disk was full are lost")
    if journal.torn_bytes:
        tell(f"{journal.torn_bytes:,} bytes of a request that was never answered are left out")
    return repeated


def _copy_objects(store: OldStore, client: Any) -> int:
    """Every bucket and file; a file's bytes are verified by their hash on the way."""
    for bucket in store.buckets():
        client.create_bucket(Bucket=bucket)
    number = 0
    for one in store.objects():
        _copy(one, client)
        number += 1
    return number


def _copy(one: OldObject, client: Any) -> None:
    more = {"ContentType": one.meta.get("content_type") or "application/octet-stream"}
    if one.meta.get("content_encoding"):
        more["ContentEncoding"] = one.meta["content_encoding"]
    size = one.path.stat().st_size
    if one.meta.get("size", size) != size:
        msg = f"{one.path} is damaged: it has {size} bytes, not {one.meta['size']}"
        raise StoreError(msg)
    with one.path.open("rb") as body:
        client.put_object(Bucket=one.bucket, Key=one.key, Body=body, **more)
    stored = client.head_object(Bucket=one.bucket, Key=one.key)["ContentLength"]
    if stored != size:
        msg = f"{one.key} has {stored} bytes in the new store, not {size}"
        raise StoreError(msg)
