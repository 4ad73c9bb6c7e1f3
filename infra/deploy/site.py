"""The static site in its bucket: built, compared by content, sent, cleaned, invalidated."""

import hashlib
import json
import mimetypes
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.deploy.aws import Account, aws_errors
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ROOT

BUILD_SECONDS = 900
DIST = ROOT / "admin_site" / "dist"
KEEP = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
MAX_REMOVED_AT_ONCE = 1000
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_OTHER = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One object of the site: its key in the bucket and its bytes."""

    key: str
    data: bytes

    @property
    def is_hashed(self) -> bool:
        """Whether the name changes with the content, so that it may be kept for ever."""
        return "/assets/" in self.key

    @property
    def headers(self) -> dict[str, str]:
        """What S3 shall answer with it."""
        suffix = Path(self.key).suffix.lower()
        media_type = _TYPES.get(suffix) or mimetypes.guess_type(self.key)[0] or _OTHER
        return {
            "ContentType": media_type,
            "CacheControl": KEEP if self.is_hashed else ASK_AGAIN,
        }

    @property
    def etag(self) -> str:
        """S3's mark of an object that was put whole."""
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Synced:
    """Keys that were sent and keys that were removed."""

    sent: tuple[str, ...]
    removed: tuple[str, ...]


def check_node() -> None:
    """Raise DeployError when the site can neither be built nor is there already."""
    if shutil.which("node") is None and not (DIST / "index.html").is_file():
        msg = "Node.js 20.19 or newer with npm is needed to build the site (or --no-site)"
        raise DeployError(msg)


def build_site(show: Callable[[str], None]) -> None:
    """`make site`: builds only what has changed. Raises DeployError."""
    if shutil.which("node") is None:
        show("no Node.js here: the site goes as it was built")
        return
    try:
        done = subprocess.run(
            ["/usr/bin/env", "make", "--no-print-directory", "-C", str(ROOT), "site"],
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"the site could not be built: {error}"
        raise DeployError(msg) from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        msg = f"the site could not be built: {lines[-1][:300]}"
        raise DeployError(msg)


def site_files(dist: Path, api_base_url: str, **stage: str) -> list[SiteFile]:
    """The build as objects: /admin/… and /me/…, with this stage's own config.json.

    `stage` is what else it says: `locale` and `timeZone`.
    """
    if not (dist / "index.html").is_file():
        msg = f"{dist}: the site is not built (make site)"
        raise DeployError(msg)
    config = json.dumps({"apiBaseUrl": api_base_url, **stage}, indent=2) + "\n"
    found = [SiteFile("admin/config.json", config.encode())]
    for path in sorted(one for one in dist.rglob("*") if one.is_file()):
        name = path.relative_to(dist).as_posix()
        if name != "config.json":
            key = name if name.startswith("me/") else f"admin/{name}"
            found.append(SiteFile(key, path.read_bytes()))
    return found


def sync(account: Account, bucket: str, files: list[SiteFile]) -> Synced:
    """Make the bucket hold exactly these files; what is equal is not sent again.

    Files with a hash in their names go first and old ones last, so that a page finds its parts
    at every moment. Raises DeployError.
    """
    s3 = account.client("s3")
    with aws_errors(f"bucket {bucket}"):
        there = {one["Key"]: one["ETag"] for one in listed(s3, bucket)}
        sent = []
        for file in sorted(files, key=lambda one: (not one.is_hashed, one.key)):
            if there.get(file.key) != file.etag:
                s3.put_object(Bucket=bucket, Key=file.key, Body=file.data, **file.headers)
                sent.append(file.key)
        old = sorted(set(there) - {file.key for file in files})
        for start in range(0, len(old), MAX_REMOVED_AT_ONCE):
            some = [{"Key": key} for key in old[start : start + MAX_REMOVED_AT_ONCE]]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})
    return Synced(tuple(sent), tuple(old))


def invalidate(account: Account, distribution: str, synced: Synced) -> None:
    """Have CloudFront ask again for what changed under a name that stays."""
    changed = [key for key in (*synced.sent, *synced.removed) if "/assets/" not in key]
    if not changed:
        return
    paths = [f"/{key}" for key in changed]
    with aws_errors(f"distribution {distribution}"):
        account.client("cloudfront").create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": paths},
                "CallerReference": uuid.uuid4().hex,
            },
        )


def listed(s3: Any, bucket: str) -> Iterator[dict[str, Any]]:
    """Every object of a bucket."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from page.get("Contents", ())
