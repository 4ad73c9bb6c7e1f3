"""The first start: tables, queues, bucket, first service key, first admin, each if missing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from solaris.keys.key import KeyKind, key_id_of
from solaris.keys.management import KeyManagement, KeyTerms
from solaris.ledger.day_index import DayIndex
from solaris.platform.actor import Actor
from solaris.platform.aws.client import store_errors
from solaris.platform.aws.files import FileStore
from solaris.platform.aws.queues import Queues
from solaris.platform.aws.tables import create_tables
from solaris.platform.logs import get_logger
from solaris.platform.settings import Settings
from solaris.sign_in.admins import AdminAccounts

FIRST_KEY_NAME = "first service key"
SYSTEM = Actor(name="system")

_log = get_logger("solaris.initialising")


@dataclass(frozen=True, slots=True)
class InitResult:
    """`new_key` is the key to print, once; None when there was a service key already.

    `new_admin_email` is set on the start that made the first admin, `new_admin_password` when
    that was generated: to print, once.
    """

    new_key: str | None
    key_id: str
    new_admin_email: str | None = None
    new_admin_password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStart:
    """What makes that. `clock` gives the time in UTC."""

    settings: Settings
    queues: Queues
    files: FileStore
    keys: KeyManagement
    admins: AdminAccounts
    day_index: DayIndex
    clock: Callable[[], datetime]

    def initialise(self) -> InitResult:
        """Create what is missing, and bring older rows to the day index; safe at every start.

        Raises StoreUnavailableError and AwsCallError.
        """
        with store_errors():
            create_tables()
        filled = self.day_index.fill()
        if filled:
            _log.info("day_index_filled", rows=filled)
        self.queues.create_all()
        self.files.create()
        return self.first_key_and_admin()

    def first_key_and_admin(self) -> InitResult:
        """The same where a deployment has made tables, queues and bucket.

        SOLARIS_GATEWAY_KEY is stored whenever it is unknown; without it a key is generated if there
        has never been a service key (a revoked one counts: it was revoked on purpose). ADMIN_EMAIL
        and ADMIN_PASSWORD make the first admin, and change nothing when there has been one. Raises
        StoreUnavailableError and AwsCallError.
        """
        made = self._first_key(self.settings.solaris_gateway_key)
        first = self.admins.ensure_first()
        if first is None:
            return made
        return replace(made, new_admin_email=first.admin.email, new_admin_password=first.password)

    def _first_key(self, own_key: str | None) -> InitResult:
        if own_key is not None:
            is_new = self.keys.adopt(own_key, name=FIRST_KEY_NAME, actor=SYSTEM) is not None
            return InitResult(own_key if is_new else None, key_id_of(own_key))
        known = [row.key for row in self.keys.all() if row.key.kind is KeyKind.SERVICE]
        if known:
            valid = [key for key in known if key.is_valid(self.clock())]
            return InitResult(None, (valid or known)[-1].key_id)
        issued = self.keys.create(KeyTerms(name=FIRST_KEY_NAME), SYSTEM)
        return InitResult(issued.secret, issued.key.key_id)
