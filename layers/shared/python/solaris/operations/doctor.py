"""What is configured, and what answers: each check bounded in time, with the remedy beside it."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import orjson

from solaris.backup.store import BackupLog
from solaris.gateway.upstream import Upstream
from solaris.keys.key import KeyKind
from solaris.keys.store import KeyStore
from solaris.operations.states import REASONS
from solaris.operations.twins import strays
from solaris.platform.aws.client import AwsCallError, store_errors
from solaris.platform.aws.queues import QUEUES, USAGE_QUEUE, Queues
from solaris.platform.aws.tables import TABLES, short_name
from solaris.platform.books_disk import TABLE_FILE
from solaris.platform.cache import Cache
from solaris.platform.errors import SolarisError
from solaris.platform.settings import LOCAL_SECRET, Settings
from solaris.quota.periods import period_of, renews_at

CHECK_SECONDS = 20.0
UPSTREAM_SECONDS = 5.0
OLD_BACKUP = timedelta(days=8)  # as the rule SolarisBackupOld has it
RUNNING_SECONDS = 5.0
MIN_MASKED_CHARACTERS = 12
MAX_NAMED = 50  # users whom one call names; the next one names the rest
_UPSTREAM_KEYS = ("LITELLM_API_KEY", "OPENAI_API_KEY")
START_HINT = "start the system, or set AWS_ENDPOINT_URL"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, what was found, and what to do when it is not well.

    `needed` is False for what the gateway can do without.
    """

    name: str
    is_well: bool
    detail: str
    remedy: str = ""
    needed: bool = True


def masked(secret: str | None) -> str:
    """Show that a secret is set, and its last four characters if it is long enough."""
    if not secret:
        return "not set"
    return f"…{secret[-4:]}" if len(secret) >= MIN_MASKED_CHARACTERS else "… (set)"


def masked_url(url: str | None) -> str:
    """Show a URL without the user and password it may hold."""
    if not url:
        return "not set"
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}"))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that the doctor looks at.

    `withheld` are the variables of the secrets that the running system has and this process not;
    `running_url` is where it answers, None when none is known to run.
    """

    settings: Settings
    dynamodb: Any
    queues: Queues
    cache: Cache
    keys: KeyStore
    backups: BackupLog
    withheld: frozenset[str] = frozenset()
    running_url: str | None = None

    def configured(self) -> dict[str, str]:
        """The settings that decide where things are; secrets are masked."""
        settings = self.settings
        return {
            "stage": settings.solaris_stage,
            "AWS region": settings.aws_region,
            "DynamoDB": masked_url(self.dynamodb.meta.endpoint_url),
            "upstream": masked_url(settings.upstream_url),
            "upstream key": self._secret(settings.upstream_key, *_UPSTREAM_KEYS),
            "Redis": masked_url(settings.redis_address),
            "gateway key": self._secret(settings.solaris_gateway_key, "SOLARIS_GATEWAY_KEY"),
            "secret key": (
                self._secret(None, "SECRET_KEY", absent="generated on this machine")
                if settings.secret_key == LOCAL_SECRET
                else masked(settings.secret_key)
            ),
            "mail from": settings.from_email,
            "alerts to": ", ".join(settings.admin_alert_emails) or "nobody",
        }

    def _secret(self, value: str | None, *names: str, absent: str = "not set") -> str:
        if value is None and self.withheld & set(names):
            return "… (set in the running system)"
        return masked(value) if value else absent

    def run(self, now: datetime) -> list[Check]:
        """Make every check, side by side; none takes longer than twenty seconds."""
        checks: Sequence[tuple[str, Callable[[], list[Check]]]] = (
            ("DynamoDB", self._tables),
            ("table file", self._table_file),
            ("gateway keys", partial(self._keys, now)),
            ("SQS", self._queue_depths),
            ("Redis", self._redis),
            ("upstream", self._upstream),
            ("addresses", self._addresses),
            ("last backup", partial(self._backup, now)),
            ("running system", self._running),
        )
        found: list[Check] = []
        pool = ThreadPoolExecutor(max_workers=len(checks))
        try:
            running = [(name, pool.submit(check)) for name, check in checks]
            for name, future in running:
                found += _result(name, future)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return [*found, self._period(now)]

    def _table_file(self) -> list[Check]:
        """Read the whole file of the tables, where they are in one on this machine."""
        found = sorted(Path(self.settings.solaris_data_dir).absolute().glob(f"*/{TABLE_FILE}"))
        return [_sound(path) for path in found]

    def _tables(self) -> list[Check]:
        names = [self.settings.table_name(short_name(model)) for model in TABLES]
        missing = []
        for name in names:
            try:
                with store_errors():
                    self.dynamodb.describe_table(TableName=name)
            except AwsCallError as error:
                if error.aws_code != "ResourceNotFoundException":
                    raise
                missing.append(name)
        if missing:
            detail = f"missing: {', '.join(missing)}"
            return [Check("DynamoDB", is_well=False, detail=detail, remedy="solaris init")]
        return [Check("DynamoDB", is_well=True, detail=f"{len(names)} tables")]

    def _keys(self, now: datetime) -> list[Check]:
        try:
            valid = [key for key in self.keys.list() if key.is_valid(now)]
        except AwsCallError as error:
            if error.aws_code != "ResourceNotFoundException":
                raise
            valid = []
        service = sum(key.kind is KeyKind.SERVICE for key in valid)
        detail = f"{service} service, {len(valid) - service} personal, valid now"
        return [
            Check(
                "gateway keys",
                is_well=bool(valid),
                detail=detail,
                remedy="solaris keys create --name LibreChat",
            )
        ]

    def _queue_depths(self) -> list[Check]:
        return [self._queue(name) for queue in QUEUES for name in (queue, f"{queue}-dlq")]

    def _queue(self, queue: str) -> Check:
        name = f"SQS {self.settings.queue_name(queue)}"
        try:
            depth = self.queues.depth(queue)
        except AwsCallError as error:
            if "NonExistentQueue" not in error.aws_code and "DoesNotExist" not in error.aws_code:
                raise
            return Check(name, is_well=False, detail="missing", remedy="solaris init")
        detail = f"{depth:,} messages waiting"
        if not queue.endswith("-dlq") or not depth:
            return Check(name, is_well=True, detail=detail)
        dead = queue.removesuffix("-dlq")
        remedy = "solaris replay --from-dlq" if dead == USAGE_QUEUE else "look at the alerts' logs"
        return Check(name, is_well=False, detail=detail, remedy=remedy, needed=False)

    def _redis(self) -> list[Check]:
        if not self.cache.is_configured:
            detail = "not configured; rates are limited in each process"
            return [Check("Redis", is_well=True, detail=detail, needed=False)]
        if self.cache.ping():
            return [Check("Redis", is_well=True, detail="answers", needed=False)]
        detail = "does not answer; the gateway does without"
        return [Check("Redis", is_well=False, detail=detail, remedy="REDIS_URL", needed=False)]

    def _upstream(self) -> list[Check]:
        url = self.settings.upstream_url
        if url is None:
            remedy = "LITELLM_BASE_URL or OPENAI_API_KEY"
            return [Check("upstream", is_well=False, detail="not configured", remedy=remedy)]
        status, models = asyncio.run(self._models(url))
        is_known = bool(self.settings.upstream_key) or not self.withheld & set(_UPSTREAM_KEYS)
        if status in {401, 403} and not is_known:
            return [Check("upstream", is_well=True, detail="answers; the key is not known here")]
        if status != 200:  # noqa: PLR2004 - HTTP's OK
            detail = f"GET {masked_url(url)}/models answers {status}"
            remedy = "LITELLM_API_KEY, OPENAI_API_KEY" if status in {401, 403} else "the upstream"
            return [Check("upstream", is_well=False, detail=detail, remedy=f"check {remedy}")]
        return [Check("upstream", is_well=True, detail=f"{models:,} models")]

    def _addresses(self) -> list[Check]:
        """Users whom their address on record does not lead to, and the command for each."""
        found = strays(self.dynamodb, self.settings.table_name("users"))
        if not found:
            return [Check("addresses", is_well=True, detail="each leads to its user")]
        total = f"{len(found):,} users are not found by their address; "
        return [
            Check(
                "addresses",
                is_well=False,
                detail=f"{total if n == 0 else ''}{one.shown}",
                remedy=one.command,
                needed=False,
            )
            for n, one in enumerate(found[:MAX_NAMED])
        ]

    def _backup(self, now: datetime) -> list[Check]:
        last = self.backups.latest()
        if last is None:
            return [Check("last backup", is_well=True, detail="none was made here", needed=False)]
        age = now - last.at
        detail = f"{last.at:%Y-%m-%d %H:%M} UTC, {age.days:,} days ago, {last.items:,} items"
        remedy = "solaris backup FILE"
        is_well = age < OLD_BACKUP
        return [Check("last backup", is_well=is_well, detail=detail, remedy=remedy, needed=False)]

    def _running(self) -> list[Check]:
        """What the running system says of itself: it has watched for longer than a moment."""
        if self.running_url is None:
            return []
        url = f"{self.running_url}/health/detailed"
        said = httpx.get(url, timeout=RUNNING_SECONDS, trust_env=False).json()
        parts = said["checks"].items()
        unwell = {name: part for name, part in parts if part["status"] != "healthy"}
        if not unwell:
            return [Check("running system", is_well=True, detail=said["status"])]
        detail = f"{said['status']}: " + "; ".join(
            f"{name} {part['status']}{_reason(part)}" for name, part in unwell.items()
        )
        told = [code for part in unwell.values() for code in part.get("reasons", ())]
        remedy = "; ".join(f"{code}: {REASONS[code].remedy}" for code in told if code in REASONS)
        needed = said["status"] == "unhealthy"
        return [Check("running system", is_well=False, detail=detail, remedy=remedy, needed=needed)]

    async def _models(self, url: str) -> tuple[int, int]:
        upstream = Upstream(
            url,
            self.settings.upstream_key,
            connect_seconds=UPSTREAM_SECONDS,
            idle_seconds=UPSTREAM_SECONDS,
            max_connections=1,
        )
        try:
            async with asyncio.timeout(2 * UPSTREAM_SECONDS):
                answer = await upstream.send("GET", "/models", headers={})
                try:
                    return answer.status, _count(await answer.read())
                finally:
                    await answer.close()
        finally:
            await upstream.close()

    def _period(self, now: datetime) -> Check:
        zone = self.settings.zone
        period = period_of(now, zone)
        detail = (
            f"{period} in {self.settings.period_timezone}, "
            f"renews {renews_at(period, zone):%Y-%m-%d %H:%M %Z}"
        )
        return Check("period", is_well=True, detail=detail)


def _result(name: str, future: Future[list[Check]]) -> list[Check]:
    remedies = {
        "upstream": "check LITELLM_BASE_URL, and that the upstream runs",
        "Redis": "REDIS_URL",
    }
    try:
        return future.result(timeout=CHECK_SECONDS)
    except FutureTimeoutError:
        detail = "no answer in time"
    except SolarisError as error:
        detail = str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001 - a broken part is what the doctor is asked about
        detail = f"{type(error).__name__}: {error}"
    return [Check(name, is_well=False, detail=detail, remedy=remedies.get(name, START_HINT))]


def _reason(part: Mapping[str, Any]) -> str:
    told = [REASONS[code].what for code in part.get("reasons", ()) if code in REASONS]
    told += [str(part[name]) for name in ("detail", "error", "http_status") if name in part]
    return f" ({'; '.join(told)})" if told else ""


def _count(body: bytes) -> int:
    try:
        models = orjson.loads(body)["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return len(models) if isinstance(models, list) else 0


def _sound(path: Path) -> Check:
    """SQLite's own check of every page, while the system goes on."""
    name = f"table file ({path.stat().st_size / 1e6:,.1f} MB)"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
            said = str(file.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        said = str(error)
    remedy = "restore the last backup (solaris restore)"
    detail = "sound" if said == "ok" else "damaged: " + " ".join(said.split())[:200]
    return Check(name, is_well=said == "ok", detail=detail, remedy=remedy)
