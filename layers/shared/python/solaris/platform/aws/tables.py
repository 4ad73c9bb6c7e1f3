"""The tables: PynamoDB models are the schema, and template.yaml holds the same definitions.

Reads and simple writes of cold paths go through the models; the conditional writes that decide
about tokens are spelled out clause by clause in gateway/reserve.py, quota/store.py and
ledger/booking.py.
"""

from typing import Any, ClassVar

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)
from pynamodb.connection import Connection
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from solaris.platform.settings import Settings


class TableMeta:
    """Meta of every table: on demand, bounded time-outs, no retry beyond the bound."""

    billing_mode = PAY_PER_REQUEST_BILLING_MODE
    region: ClassVar[str]
    connect_timeout_seconds = 1
    read_timeout_seconds = 5
    max_retry_attempts = 3
    max_pool_connections = 20


class AdminModel(Model):
    """Somebody who may sign in to the admin API.

    The item `#count` is nobody: its `admins` says how many have the role admin. Nor is
    `key#<id>`, an admin key: sign_in/admin_keys/store.py.
    """

    class Meta(TableMeta):
        table_name = "admins"

    email = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    password_hash = UnicodeAttribute(null=True)
    token_version = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    last_login_at = UnicodeAttribute(null=True)
    version = NumberAttribute()


class SessionModel(Model):
    """A sign-in and the refresh token it is at; only the token's SHA-256 is stored (TTL).

    Also the failed sign-ins: `session_id` is then `failures#<a SHA-256>` (sign_in/attempts.py).
    """

    class Meta(TableMeta):
        table_name = "sessions"

    session_id = UnicodeAttribute(hash_key=True)
    admin_email = UnicodeAttribute(null=True)
    token_hash = UnicodeAttribute(null=True)
    token_version = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    refreshed_at = UnicodeAttribute(null=True)
    revoked_at = UnicodeAttribute(null=True)
    ip_address = UnicodeAttribute(null=True)
    user_agent = UnicodeAttribute(null=True)
    failures = NumberAttribute(null=True)
    locked_until = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class AuditModel(Model):
    """Who changed what, and who signed in: rows are put and never written again (TTL).

    `day` is the UTC day, `audit_key` is `<time>#<id>`.
    """

    class Meta(TableMeta):
        table_name = "audit"

    day = UnicodeAttribute(hash_key=True)
    audit_key = UnicodeAttribute(range_key=True)
    audit_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    target_type = UnicodeAttribute()
    target_id = UnicodeAttribute(null=True)
    target_label = UnicodeAttribute(null=True)
    before: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call]
    after: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call]
    reason = UnicodeAttribute(null=True)
    transaction_id = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    ip_address = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class UserModel(Model):
    """One user: account, quota of the open period, open reservations (by request id)."""

    class Meta(TableMeta):
        table_name = "users"

    user_id = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute()
    plan = UnicodeAttribute()
    monthly_limit = NumberAttribute()
    additional_tokens = NumberAttribute()
    current_usage = NumberAttribute()
    available_tokens = NumberAttribute()
    block_ppm = NumberAttribute()
    period = UnicodeAttribute()
    reservations: Any = MapAttribute()  # type: ignore[no-untyped-call]
    alerts_sent: Any = ListAttribute()
    alert_round = NumberAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    last_alert_at = UnicodeAttribute(null=True)
    last_seen_at = UnicodeAttribute(null=True)
    version = NumberAttribute()
    aliases: Any = ListAttribute(null=True)
    merged_from: Any = ListAttribute(null=True)
    address_of = UnicodeAttribute(null=True)
    merged_into = UnicodeAttribute(null=True)
    grants: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call]
    next_change_at = NumberAttribute(null=True)
    enforcement = UnicodeAttribute(null=True)


class UsageByDay(GlobalSecondaryIndex["UsageModel"]):  # type: ignore[no-untyped-call]
    """The records of a day, for reports; `day_shard` is `2026-11-22#3`."""

    class Meta:
        index_name = "by_day"
        projection = AllProjection()
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    day_shard = UnicodeAttribute(hash_key=True)
    record_key = UnicodeAttribute(range_key=True)


class UsageModel(Model):
    """One resolved request: the ledger. Kept 13 months (TTL on `expires_at`)."""

    class Meta(TableMeta):
        table_name = "usage"

    by_day = UsageByDay()
    day_shard = UnicodeAttribute(null=True)

    user_id = UnicodeAttribute(hash_key=True)
    record_key = UnicodeAttribute(range_key=True)
    request_id = UnicodeAttribute()
    period = UnicodeAttribute()
    outcome = UnicodeAttribute()
    created_at = UnicodeAttribute()
    recorded_at = UnicodeAttribute()
    model = UnicodeAttribute()
    endpoint = UnicodeAttribute()
    method = UnicodeAttribute()
    prompt_tokens = NumberAttribute()
    completion_tokens = NumberAttribute()
    cached_tokens = NumberAttribute()
    reasoning_tokens = NumberAttribute()
    total_tokens = NumberAttribute()
    charged_tokens = NumberAttribute()
    cost_micros = NumberAttribute()
    cost_nanos = NumberAttribute(null=True)
    unpriced = BooleanAttribute(null=True)
    over_limit = BooleanAttribute(null=True)
    weight: Any = ListAttribute(null=True)
    held_weight: Any = ListAttribute(null=True)
    cache_write_tokens = NumberAttribute(null=True)
    cache_write_1h_tokens = NumberAttribute(null=True)
    estimated = BooleanAttribute()
    status_code = NumberAttribute()
    error_message = UnicodeAttribute(null=True)
    response_time_ms = NumberAttribute(null=True)
    first_byte_ms = NumberAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    conversation_id = UnicodeAttribute(null=True)
    user_agent = UnicodeAttribute(null=True)
    ip_address = UnicodeAttribute(null=True)
    asked_model = UnicodeAttribute(null=True)
    answered_model = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class CountersByDay(GlobalSecondaryIndex["CounterModel"]):  # type: ignore[no-untyped-call]
    """The users' counters of a day, for reports; `day_shard` is `2026-11-22#3`."""

    class Meta:
        index_name = "by_day"
        projection = AllProjection()
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    day_shard = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(range_key=True)


class CounterModel(Model):
    """Sums of a day and model: for one user, or for the system in one of its shards.

    `owner` is `user#<user_id>` or `system#<shard>`; `day_model` is `2026-11-22#<model>`. Only
    users' counters have a `day_shard`; only the system's have, for each hour of the day in the
    periods' zone, `tokens_13` and `requests_13`, and the buckets of ledger/first_byte.py, which no
    model lists. Under `refusals` is an item a day, `2026-11-22#-`, of
    ledger/refusals.py, under `refused#<user_id>` one of ledger/refused_days.py: it alone expires.
    """

    class Meta(TableMeta):
        table_name = "counters"

    by_day = CountersByDay()
    day_shard = UnicodeAttribute(null=True)

    owner = UnicodeAttribute(hash_key=True)
    day_model = UnicodeAttribute(range_key=True)
    requests = NumberAttribute()
    errors = NumberAttribute()
    prompt_tokens = NumberAttribute()
    completion_tokens = NumberAttribute()
    cached_tokens = NumberAttribute()
    charged_tokens = NumberAttribute()
    cost_micros = NumberAttribute()
    cost_nanos = NumberAttribute(null=True)
    unpriced_requests = NumberAttribute(null=True)
    over_limit_requests = NumberAttribute(null=True)
    expires_at = TTLAttribute(null=True)


class TransactionModel(Model):
    """One change by an admin: a row is put with the change and never written again.

    `transaction_key` is `2026-11-22T13:05:09.123Z#<id>`; `before` and `after` hold what changed.
    """

    class Meta(TableMeta):
        table_name = "transactions"

    user_id = UnicodeAttribute(hash_key=True)
    transaction_key = UnicodeAttribute(range_key=True)
    transaction_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    amount = NumberAttribute()
    reason = UnicodeAttribute()
    actor = UnicodeAttribute()
    before: Any = MapAttribute()  # type: ignore[no-untyped-call]
    after: Any = MapAttribute()  # type: ignore[no-untyped-call]
    balance_after = NumberAttribute()
    period = UnicodeAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()


class PeriodModel(Model):
    """A user's closed month; late settlements still add to `current_usage`.

    The system's own work keeps its progress here as well, in items of other attributes
    (platform/aws/progress.py).
    """

    class Meta(TableMeta):
        table_name = "periods"

    user_id = UnicodeAttribute(hash_key=True)
    period = UnicodeAttribute(range_key=True)
    monthly_limit = NumberAttribute()
    additional_tokens = NumberAttribute()
    current_usage = NumberAttribute()
    closed_at = UnicodeAttribute()
    ended_tokens = NumberAttribute(null=True)
    carried_grants: Any = MapAttribute(null=True)  # type: ignore[no-untyped-call]


class AlertModel(Model):
    """A crossed threshold or a closed month, with the state of its mails (TTL on `expires_at`).

    `alert_id` is `<user_id>#<period>#<threshold>`, with `#<round>` after a grant re-armed it, or
    `system#<period>#monthly_summary`. `*_until` are epoch milliseconds: the end of a claim.
    """

    class Meta(TableMeta):
        table_name = "alerts"

    alert_id = UnicodeAttribute(hash_key=True)
    type = UnicodeAttribute()
    title = UnicodeAttribute()
    message = UnicodeAttribute()
    user_id = UnicodeAttribute(null=True)
    period = UnicodeAttribute()
    threshold = UnicodeAttribute(null=True)
    current_usage = NumberAttribute(null=True)
    monthly_limit = NumberAttribute(null=True)
    additional_tokens = NumberAttribute(null=True)
    block_ppm = NumberAttribute(null=True)
    created_at = UnicodeAttribute()
    resolved_at = UnicodeAttribute(null=True)
    resolved_by = UnicodeAttribute(null=True)
    resolved_why = UnicodeAttribute(null=True)
    enforcement = UnicodeAttribute(null=True)
    mail_state = UnicodeAttribute()
    mail_error = UnicodeAttribute(null=True)
    mail_attempts = NumberAttribute(null=True)
    mail_lease = UnicodeAttribute(null=True)
    mail_until = NumberAttribute(null=True)
    admin_mail_state = UnicodeAttribute()
    admin_mail_error = UnicodeAttribute(null=True)
    admin_mail_attempts = NumberAttribute(null=True)
    admin_mail_lease = UnicodeAttribute(null=True)
    admin_mail_until = NumberAttribute(null=True)
    expires_at = TTLAttribute()


class KeyModel(Model):
    """A gateway key, found by its SHA-256; the key itself is never stored."""

    class Meta(TableMeta):
        table_name = "keys"

    key_hash = UnicodeAttribute(hash_key=True)
    key_id = UnicodeAttribute()
    prefix = UnicodeAttribute()
    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    user_email = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)
    revoked_at = UnicodeAttribute(null=True)
    allowed_models: Any = ListAttribute(null=True)
    rate_limit_per_second = NumberAttribute(null=True)
    rate_limit_burst = NumberAttribute(null=True)
    created_by = UnicodeAttribute(null=True)
    last_used_at = UnicodeAttribute(null=True)


class ChangeModel(Model):
    """What changed lately, for the directory that lists users, alerts and keys (TTL).

    `slot` is ten minutes (`2026-11-22T13:0`), `change_key` is `<time>#<id>`. `users` holds rows
    as JSON, the other two are keys to read again.
    """

    class Meta(TableMeta):
        table_name = "changes"

    slot = UnicodeAttribute(hash_key=True)
    change_key = UnicodeAttribute(range_key=True)
    users = UnicodeAttribute(null=True)
    alert_ids: Any = ListAttribute(null=True)
    key_hashes: Any = ListAttribute(null=True)
    expires_at = TTLAttribute()


class ExportModel(Model):
    """A report that is made in the background, and how far it is (TTL).

    `day` is the UTC day that `export_id` (`20261122T130509123-<random>`) begins with.
    """

    class Meta(TableMeta):
        table_name = "exports"

    day = UnicodeAttribute(hash_key=True)
    export_id = UnicodeAttribute(range_key=True)
    requested_by = UnicodeAttribute()
    request = UnicodeAttribute()
    state = UnicodeAttribute()
    rows_done = NumberAttribute()
    rows_expected = NumberAttribute(null=True)
    file_key = UnicodeAttribute(null=True)
    file_name = UnicodeAttribute(null=True)
    file_bytes = NumberAttribute(null=True)
    error = UnicodeAttribute(null=True)
    lease = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)
    created_at = UnicodeAttribute()
    finished_at = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class SuppressionModel(Model):
    """An address that bounced for good or complained, and gets no more mail.

    Once it was lifted only `lifted_at` is left: what happened before that is old news.
    """

    class Meta(TableMeta):
        table_name = "suppressions"

    email = UnicodeAttribute(hash_key=True)
    reason = UnicodeAttribute(null=True)
    detail = UnicodeAttribute(null=True)
    suppressed_at = UnicodeAttribute(null=True)
    last_event_at = UnicodeAttribute(null=True)
    last_event_id = UnicodeAttribute(null=True)
    lifted_at = UnicodeAttribute(null=True)
    version = NumberAttribute()


class RequestsByState(GlobalSecondaryIndex["RequestModel"]):  # type: ignore[no-untyped-call]
    """Requests by what has become of them and in which month, newest last."""

    class Meta:
        index_name = "by_state"
        projection = AllProjection()
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    listed = UnicodeAttribute(hash_key=True)
    request_id = UnicodeAttribute(range_key=True)


class RequestModel(Model):
    """A user's request for more tokens (TTL); `#head` is what their next one must know.

    accounts/token_requests/store.py says which attributes each has.
    """

    class Meta(TableMeta):
        table_name = "requests"

    user_id = UnicodeAttribute(hash_key=True)
    request_id = UnicodeAttribute(range_key=True)
    listed = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    period = UnicodeAttribute(null=True)
    tokens = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    granted_before = NumberAttribute(null=True)
    was_out = BooleanAttribute(null=True)
    decided_at = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    how = UnicodeAttribute(null=True)
    granted_tokens = NumberAttribute(null=True)
    grant_kind = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    untold = BooleanAttribute(null=True)
    pending = UnicodeAttribute(null=True)
    pending_period = UnicodeAttribute(null=True)
    paused_until = UnicodeAttribute(null=True)
    automatic_tokens = NumberAttribute(null=True)
    automatic_period = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()
    by_state = RequestsByState()


TABLES: tuple[type[Model], ...] = (
    UserModel,
    UsageModel,
    CounterModel,
    TransactionModel,
    PeriodModel,
    AlertModel,
    KeyModel,
    ChangeModel,
    AdminModel,
    SessionModel,
    AuditModel,
    ExportModel,
    SuppressionModel,
    RequestModel,
)

_SHORT_NAMES = {model: model.Meta.table_name for model in TABLES}


def short_name(model: type[Model]) -> str:
    """The table's name without stage, `users`."""
    return _SHORT_NAMES[model]


def bind_models(settings: Settings) -> None:
    """Give every model its table name for this stage; called once, by parts.

    All share one connection: PynamoDB's own for each table reads botocore's description of
    DynamoDB anew (9 MiB and 40 ms a table, botocore 1.43).
    """
    shared: Connection | None = None
    for model, name in _SHORT_NAMES.items():
        model.Meta.table_name = settings.table_name(name)
        model.Meta.region = settings.aws_region
        model._connection = None  # noqa: SLF001 - PynamoDB keeps the old name otherwise
        table = model._get_connection()  # noqa: SLF001 - nothing is opened before it is used
        if shared is None:
            shared = table.connection
        else:
            shared.add_meta_table(table.get_meta_table())
            table.connection = shared


def create_tables() -> None:
    """Create the tables that do not exist yet, with their TTL; safe to run again.

    Counters expire since their table has refusals by person: one that is older is told.
    """
    for model in TABLES:
        if not model.exists():
            model.create_table(wait=True)
        elif model is CounterModel:
            model.update_ttl(ignore_update_ttl_errors=True)
