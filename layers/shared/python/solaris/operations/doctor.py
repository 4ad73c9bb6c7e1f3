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
from solaris.operations.command_texts import DOCTOR_TEXTS as TEXTS
from solaris.operations.states import REASONS
from solaris.operations.twins import strays
from solaris.platform.aws.client import AwsCallError, store_errors
from solaris.platform.aws.queues import QUEUES, USAGE_QUEUE, Queues
from solaris.platform.aws.tables import TABLES, short_name
from solaris.platform.books_disk import TABLE_FILE
from solaris.platform.cache import Cache
from solaris.platform.errors import SolarisError
from solaris.platform.settings import LOCAL_SECRET, Settings
from solaris.platform.terminal.error_texts import told
from solaris.platform.terminal.language import Texts, decimal
from solaris.platform.terminal.output import day
from solaris.platform.texts import Locale
from solaris.quota.periods import period_of, renews_at

CHECK_SECONDS = 20.0
UPSTREAM_SECONDS = 5.0
OLD_BACKUP = timedelta(days=8)  # as the rule SolarisBackupOld has it
RUNNING_SECONDS = 5.0
MIN_MASKED_CHARACTERS = 12
MAX_NAMED = 50  # users whom one call names; the next one names the rest
_UPSTREAM_KEYS = ("LITELLM_API_KEY", "OPENAI_API_KEY")
INIT = "solaris init"


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


def masked(secret: str, set_already: str) -> str:
    """Show that a secret is set, and its last four characters if it is long enough."""
    return f"…{secret[-4:]}" if len(secret) >= MIN_MASKED_CHARACTERS else set_already


def masked_url(url: str) -> str:
    """Show a URL without the user and password it may hold."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}"))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that the doctor looks at.

    `withheld` are the variables of the secrets that the running system has and this process not;
    `running_url` is where it answers, None when none is known to run. All that it says is in the
    language of `locale`.
    """

    settings: Settings
    dynamodb: Any
    queues: Queues
    cache: Cache
    keys: KeyStore
    backups: BackupLog
    withheld: frozenset[str] = frozenset()
    running_url: str | None = None
    locale: Locale = "pt-BR"

    @property
    def _t(self) -> Texts:
        return Texts(TEXTS, self.locale)

    def _check(
        self,
        name: str,
        detail: str,
        *,
        remedy: str | None = None,
        needed: bool = True,
        is_well: bool | None = None,
    ) -> Check:
        """Well where there is nothing to do, unless it is said."""
        well = remedy is None if is_well is None else is_well
        return Check(self._t.word("check", name), well, detail, remedy or "", needed)

    def configured(self) -> dict[str, str]:
        """The settings that decide where things are; secrets are masked."""
        settings, t = self.settings, self._t
        found = {
            "stage": settings.solaris_stage,
            "region": settings.aws_region,
            "dynamodb": self._url(self.dynamodb.meta.endpoint_url),
            "upstream": self._url(settings.upstream_url),
            "upstream_key": self._secret(settings.upstream_key, *_UPSTREAM_KEYS),
            "redis": self._url(settings.redis_address),
            "gateway_key": self._secret(settings.solaris_gateway_key, "SOLARIS_GATEWAY_KEY"),
            "secret_key": (
                self._secret(None, "SECRET_KEY", absent="generated")
                if settings.secret_key == LOCAL_SECRET
                else masked(settings.secret_key, t("set"))
            ),
            "mail_from": settings.from_email,
            "alerts_to": ", ".join(settings.admin_alert_emails) or t("nobody"),
        }
        return {t(f"configured.{name}"): value for name, value in found.items()}

    def _url(self, url: str | None) -> str:
        return masked_url(url) if url else self._t("not_set")

    def _secret(self, value: str | None, *names: str, absent: str = "not_set") -> str:
        if value is None and self.withheld & set(names):
            return self._t("set_in_running")
        return masked(value, self._t("set")) if value else self._t(absent)

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
                found += self._result(name, future)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return [*found, self._period(now)]

    def _table_file(self) -> list[Check]:
        """Read the whole file of the tables, where they are in one on this machine."""
        found = sorted(Path(self.settings.solaris_data_dir).absolute().glob(f"*/{TABLE_FILE}"))
        return [self._sound(path) for path in found]

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
            detail = self._t("missing_tables", names=", ".join(missing))
            return [self._check("DynamoDB", detail, remedy=INIT)]
        return [self._check("DynamoDB", self._t("tables", n=len(names)))]

    def _keys(self, now: datetime) -> list[Check]:
        try:
            valid = [key for key in self.keys.list() if key.is_valid(now)]
        except AwsCallError as error:
            if error.aws_code != "ResourceNotFoundException":
                raise
            valid = []
        service = sum(key.kind is KeyKind.SERVICE for key in valid)
        detail = self._t("keys", service=service, personal=len(valid) - service)
        remedy = None if valid else "solaris keys create --name LibreChat"
        return [self._check("gateway keys", detail, remedy=remedy)]

    def _queue_depths(self) -> list[Check]:
        return [self._queue(name) for queue in QUEUES for name in (queue, f"{queue}-dlq")]

    def _queue(self, queue: str) -> Check:
        name = f"SQS {self.settings.queue_name(queue)}"
        try:
            depth = self.queues.depth(queue)
        except AwsCallError as error:
            if "NonExistentQueue" not in error.aws_code and "DoesNotExist" not in error.aws_code:
                raise
            return self._check(name, self._t("missing"), remedy=INIT)
        detail = self._t.many("waiting", depth)
        if not queue.endswith("-dlq") or not depth:
            return self._check(name, detail)
        dead = queue.removesuffix("-dlq")
        remedy = "solaris replay --from-dlq" if dead == USAGE_QUEUE else self._t("look_at_logs")
        return self._check(name, detail, remedy=remedy, needed=False)

    def _redis(self) -> list[Check]:
        if not self.cache.is_configured:
            return [self._check("Redis", self._t("redis_none"), needed=False)]
        if self.cache.ping():
            return [self._check("Redis", self._t("answers"), needed=False)]
        return [self._check("Redis", self._t("redis_silent"), remedy="REDIS_URL", needed=False)]

    def _upstream(self) -> list[Check]:
        url = self.settings.upstream_url
        if url is None:
            remedy = self._t("upstream_settings")
            return [self._check("upstream", self._t("not_configured"), remedy=remedy)]
        status, models = asyncio.run(self._models(url))
        is_known = bool(self.settings.upstream_key) or not self.withheld & set(_UPSTREAM_KEYS)
        if status in {401, 403} and not is_known:
            return [self._check("upstream", self._t("answers_without_key"))]
        if status != 200:  # noqa: PLR2004 - HTTP's OK
            detail = self._t("answers_status", url=masked_url(url), status=str(status))
            remedy = self._t("check_keys" if status in {401, 403} else "check_upstream")
            return [self._check("upstream", detail, remedy=remedy)]
        return [self._check("upstream", self._t.many("models", models))]

    def _addresses(self) -> list[Check]:
        """Users whom their address on record does not lead to, and the command for each."""
        found = strays(self.dynamodb, self.settings.table_name("users"))
        if not found:
            return [self._check("addresses", self._t("addresses"))]
        total = self._t.many("strays", len(found))
        return [
            self._check(
                "addresses",
                f"{total if n == 0 else ''}{one.shown}",
                remedy=one.command,
                needed=False,
            )
            for n, one in enumerate(found[:MAX_NAMED])
        ]

    def _backup(self, now: datetime) -> list[Check]:
        last = self.backups.latest()
        if last is None:
            return [self._check("last backup", self._t("no_backup"), needed=False)]
        age = now - last.at
        at = f"{day(last.at, locale=self.locale)} {last.at:%H:%M} UTC"
        detail = self._t.many("backup", age.days, at=at, items=last.items)
        is_well = age < OLD_BACKUP
        remedy = self._t("backup_remedy")
        return [self._check("last backup", detail, remedy=remedy, is_well=is_well, needed=False)]

    def _running(self) -> list[Check]:
        """What the running system says of itself: it has watched for longer than a moment."""
        if self.running_url is None:
            return []
        url = f"{self.running_url}/health/detailed"
        said = httpx.get(url, timeout=RUNNING_SECONDS, trust_env=False).json()
        status, t = self._t.word("health", said["status"]), self._t
        unwell = {name: p for name, p in said["checks"].items() if p["status"] != "healthy"}
        if not unwell:
            return [self._check("running system", status)]
        detail = f"{status}: " + "; ".join(
            f"{t.word('part', name)} {t.word('health', part['status'])}{self._reason(part)}"
            for name, part in unwell.items()
        )
        told = [code for part in unwell.values() for code in part.get("reasons", ())]
        is_english = self.locale == "en"
        known = [REASONS[code] for code in told if code in REASONS]
        remedy = "; ".join(
            f"{one.code}: {one.remedy if is_english else one.remedy_pt}" for one in known
        )
        needed = said["status"] == "unhealthy"
        return [self._check("running system", detail, remedy=remedy, needed=needed)]

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
        renews = renews_at(period, zone)
        detail = self._t(
            "period",
            period=period,
            zone=self.settings.period_timezone,
            renews=f"{day(renews, locale=self.locale)} {renews:%H:%M %Z}",
        )
        return self._check("period", detail)

    def _result(self, name: str, future: Future[list[Check]]) -> list[Check]:
        try:
            return future.result(timeout=CHECK_SECONDS)
        except FutureTimeoutError:
            detail = self._t("no_answer")
        except SolarisError as error:
            detail = told(error, self.locale) or type(error).__name__
        except Exception as error:  # noqa: BLE001 - a broken part is what the doctor is asked about
            detail = f"{type(error).__name__}: {error}"
        remedies = {"upstream": self._t("check_upstream_runs"), "Redis": "REDIS_URL"}
        return [self._check(name, detail, remedy=remedies.get(name, self._t("start")))]

    def _reason(self, part: Mapping[str, Any]) -> str:
        reasons = [REASONS[code] for code in part.get("reasons", ()) if code in REASONS]
        said = [one.what if self.locale == "en" else one.what_pt for one in reasons]
        said += [str(part[name]) for name in ("detail", "error", "http_status") if name in part]
        return f" ({'; '.join(said)})" if said else ""

    def _sound(self, path: Path) -> Check:
        """SQLite's own check of every page, while the system goes on."""
        size = decimal(path.stat().st_size / 1e6, 1, self.locale)
        name = self._t("table_file", megabytes=size)
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
                said = str(file.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            said = str(error)
        if said == "ok":
            return self._check(name, self._t("sound"))
        damage = " ".join(said.split())[:200]
        return self._check(name, self._t("damaged", damage=damage), remedy=self._t("restore"))


def _count(body: bytes) -> int:
    try:
        models = orjson.loads(body)["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return len(models) if isinstance(models, list) else 0
