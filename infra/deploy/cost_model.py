"""A month on AWS as lines of quantity × price. Pure: assumptions and a price table in, lines out.

What a request writes and reads in DynamoDB is held against the code by
tests/integration/infra/test_cost_writes.py, the functions' memory against template.yaml by
tests/unit/infra/test_cost.py, so that this page cannot drift from the system.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

HOURS = 730
MILLION = 1_000_000
KB_A_GB = 1_000_000
STREAMED_MB_A_REQUEST = 10
MONTHS_KEPT = 13
METRICS_A_METHOD = 5  # count, latency of the whole and of the function, 4xx, 5xx
SCHEDULES = 5
# every 10 minutes, every 15, for four hours on the first and once a day, hourly on three days
SCHEDULED = {
    "keep-directory": 4_380,
    "sweep-reservations": 2_920,
    "open-period": 78,
    "reconcile-books": 60,
}
CONSUMED_QUEUES = 4
# Lambda keeps five long polls of 20 s open for each queue that it takes messages from.
IDLE_POLLS = CONSUMED_QUEUES * 5 * 3 * 60 * HOURS

WAITED_FOR = ("proxy", "record-usage", "admin", "signed-in")
MEMORY_MB = {
    "proxy": 1024,
    "admin": 1024,
    "signed-in": 512,
    "keep-directory": 2048,
    "record-usage": 512,
    "open-period": 1024,
    "sweep-reservations": 512,
    "reconcile-books": 1024,
    "send-alert": 512,
}


@dataclass(frozen=True, slots=True)
class Write:
    """One item of 1 kB at most that a request writes; a transaction is twice, an index one more."""

    table: str
    what: str
    is_transactional: bool = False
    has_index: bool = False

    @property
    def units(self) -> int:
        """Write request units."""
        return (2 if self.is_transactional else 1) + (1 if self.has_index else 0)


REQUEST_WRITES = (
    Write("users", "reserve"),
    Write("usage", "record", is_transactional=True, has_index=True),
    Write("users", "settle", is_transactional=True),
    Write("counters", "the user's day", is_transactional=True, has_index=True),
    Write("counters", "the system's day", is_transactional=True),
    Write("changes", "the directory is told"),
)
WRITE_UNITS = sum(one.units for one in REQUEST_WRITES)
# the user for thresholds, and the key, which is kept for two seconds
READ_UNITS = 2
SQS_CALLS = 3  # send, receive, delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a month is like. LibreChat's titles are requests of their own.

    `cold_share` of the calls of users and admins wait `init_seconds` for a new Lambda, which is
    paid for as well. `alarm_metrics` and `api_methods` are template.yaml's, `own_metrics` are those
    that the functions write.
    """

    users: int
    requests: int
    alarm_metrics: int
    api_methods: int
    own_metrics: int
    answer_seconds: float = 8.0
    answer_kb: float = 100.0
    prompt_kb: float = 20.0
    log_kb: float = 2.0
    record_kb: float = 0.8
    admin_requests: int = 20_000
    mails_per_user: float = 0.5
    cold_share: float = 0.03
    init_seconds: float = 1.5
    architecture: str = "arm64"
    has_detailed_metrics: bool = False
    has_cache: bool = False
    has_nat: bool = False
    has_waf: bool = False
    is_free_tier: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: `quantity` of `unit`, of which `free` cost nothing."""

    service: str
    what: str
    quantity: float
    unit: str
    price: float
    how: str
    free: float = 0.0

    @property
    def usd(self) -> float:
        """What it costs."""
        return max(0.0, self.quantity - self.free) * self.price


# What AWS gives every account, every month.
_FREE = {
    "lambda_requests": 1.0,
    "lambda_gb_seconds": 400_000.0,
    "dynamodb_gb": 25.0,
    "sqs": 1.0,
    "cloudfront_gb": 1_000.0,
    "cloudfront_requests": 10.0,
    "logs_gb": 5.0,
    "alarms": 10.0,
    "metrics": 10.0,
    "scheduler": 14.0,
    "transfer_gb": 100.0,
}


def month(a: Assumptions, price: Mapping[str, float]) -> list[Line]:
    """Every line of a month. Raises KeyError for a price that the table lacks."""
    free = _FREE if a.is_free_tier else {}
    return [
        *_functions(a, price, free),
        *_gateway(a, price, free),
        *_dynamodb(a, price, free),
        *_others(a, price, free),
        *_options(a, price),
    ]


def _functions(a: Assumptions, price: Mapping[str, float], free: Mapping[str, float]) -> list[Line]:
    mails = a.users * a.mails_per_user
    # one run of a month reads everything, the others answer at once
    reconciled = a.users / 100 + a.requests * MONTHS_KEPT / 15_000
    runs: dict[str, tuple[float, float]] = {
        "proxy": (a.requests, a.answer_seconds),
        "record-usage": (a.requests, 0.15),
        "admin": (a.admin_requests, 0.15),
        "signed-in": (a.admin_requests, 0.05),
        "send-alert": (mails, 0.4),
        "keep-directory": (SCHEDULED["keep-directory"], 2 + a.users / 20_000),
        "sweep-reservations": (SCHEDULED["sweep-reservations"], 1 + a.users / 50_000),
        "open-period": (SCHEDULED["open-period"], 0.5 + a.users / 150_000),
        "reconcile-books": (
            SCHEDULED["reconcile-books"],
            0.1 + reconciled / SCHEDULED["reconcile-books"],
        ),
    }
    gb_second = price[f"lambda_gb_second_{a.architecture}"]
    left = free.get("lambda_gb_seconds", 0.0)
    lines = []
    for name, (calls, seconds) in runs.items():
        quantity = calls * seconds * MEMORY_MB[name] / 1024
        given = min(left, quantity)
        left -= given
        how = f"{calls:,.0f} calls × {seconds:g} s × {MEMORY_MB[name]} MB"
        lines.append(Line("Lambda", name, quantity, "GB-s", gb_second, how, given))
    started = sum(
        runs[name][0] * a.cold_share * a.init_seconds * MEMORY_MB[name] / 1024
        for name in WAITED_FOR
    )
    calls = sum(one for one, _ in runs.values()) / MILLION
    streamed = a.requests * max(0.0, a.answer_kb - 6_000) / KB_A_GB
    return [
        *lines,
        Line(
            *("Lambda", "starts", started, "GB-s", gb_second),
            f"{a.cold_share:.0%} of calls × {a.init_seconds:g} s before their code runs",
        ),
        Line(
            *("Lambda", "requests", calls, "million", price["lambda_million_requests"]),
            "every call above",
            free.get("lambda_requests", 0.0),
        ),
        Line(
            *("Lambda", "streamed", streamed, "GB", price["lambda_streamed_gb"]),
            f"{a.requests:,} answers × what is over 6 MB",
        ),
    ]


def _gateway(a: Assumptions, price: Mapping[str, float], free: Mapping[str, float]) -> list[Line]:
    billed = max(1, math.ceil(a.answer_kb / 1_000 / STREAMED_MB_A_REQUEST))
    requests = (a.requests * billed + a.admin_requests) / MILLION
    answers_gb = a.requests * a.answer_kb / KB_A_GB
    return [
        Line(
            *("API Gateway", "REST requests", requests, "million"),
            price["api_gateway_million_requests"],
            f"{a.requests:,} × {billed} (one for each 10 MB streamed) + {a.admin_requests:,} admin",
        ),
        Line(
            *("CloudFront", "answers", answers_gb, "GB", price["cloudfront_gb"]),
            f"{a.requests:,} × {a.answer_kb:g} kB",
            free.get("cloudfront_gb", 0.0),
        ),
        Line(
            *("CloudFront", "requests", requests, "million", price["cloudfront_million_requests"]),
            "as above",
            free.get("cloudfront_requests", 0.0),
        ),
    ]


def _dynamodb(a: Assumptions, price: Mapping[str, float], free: Mapping[str, float]) -> list[Line]:
    writes = a.requests * WRITE_UNITS / MILLION
    reads = (a.requests * READ_UNITS + a.admin_requests * 4) / MILLION
    # every user is read once a day for the directory, 96 times for the sweep; 4 kB a unit
    scans = a.users * 30 * (1 + 96 * 0.5) / 4 / MILLION
    # strongly consistent, 4 kB a unit: every record, and what is kept of each user
    books = (a.requests * MONTHS_KEPT * a.record_kb + a.users * 40) / 4 / MILLION
    table_gb = (a.requests * MONTHS_KEPT * a.record_kb + a.users * 40) / KB_A_GB
    index_gb = a.requests * MONTHS_KEPT * a.record_kb / KB_A_GB
    return [
        Line(
            *("DynamoDB", "writes", writes, "million", price["dynamodb_million_write_units"]),
            f"{a.requests:,} × {WRITE_UNITS} units ("
            + ", ".join(f"{one.what} {one.units}" for one in REQUEST_WRITES)
            + ")",
        ),
        Line(
            *(
                "DynamoDB",
                "reads",
                reads + scans + books,
                "million",
                price["dynamodb_million_read_units"],
            ),
            f"{a.requests:,} × {READ_UNITS} units + lists, sweep, directory, all books once",
        ),
        Line(
            *("DynamoDB", "storage", table_gb + index_gb, "GB", price["dynamodb_gb_month"]),
            f"{MONTHS_KEPT} months of records of {a.record_kb:g} kB, twice (index), and users",
            free.get("dynamodb_gb", 0.0),
        ),
        Line(
            *("DynamoDB", "point-in-time recovery", table_gb, "GB"),
            price["dynamodb_pitr_gb_month"],
            "the tables without their indexes",
        ),
    ]


def _others(a: Assumptions, price: Mapping[str, float], free: Mapping[str, float]) -> list[Line]:
    calls = (a.requests * SQS_CALLS + IDLE_POLLS) / MILLION
    logs_gb = a.requests * a.log_kb / KB_A_GB
    scheduled = sum(SCHEDULED.values()) / MILLION
    upstream_gb = a.requests * a.prompt_kb / KB_A_GB
    mails = a.users * a.mails_per_user / 1_000
    return [
        Line(
            *("SQS", "requests", calls, "million", price["sqs_million_requests"]),
            f"{a.requests:,} × {SQS_CALLS} + {IDLE_POLLS:,} polls of {CONSUMED_QUEUES} queues",
            free.get("sqs", 0.0),
        ),
        Line(
            *("SES", "mails", mails, "thousand", price["ses_thousand_mails"]),
            f"{a.users:,} users × {a.mails_per_user:g}",
        ),
        Line("S3", "site, files, exports", 2.0, "GB", price["s3_gb_month"], "stated"),
        Line("Secrets Manager", "secret", 1, "secret", price["secret_month"], "one a stage"),
        Line(
            *("CloudWatch", "logs written", logs_gb, "GB", price["logs_gb"]),
            f"{a.requests:,} × {a.log_kb:g} kB",
            free.get("logs_gb", 0.0),
        ),
        Line("CloudWatch", "logs kept", logs_gb, "GB", price["logs_gb_month"], "30 days"),
        Line(
            *("CloudWatch", "alarms", a.alarm_metrics, "metric", price["alarm_month"]),
            "the metrics that the alarms of template.yaml look at",
            free.get("alarms", 0.0),
        ),
        Line(
            *("CloudWatch", "own metrics", a.own_metrics, "metric", price["metric_month"]),
            "those that the functions write, if each is written every hour",
            free.get("metrics", 0.0),
        ),
        Line(
            *("Scheduler", "calls", scheduled, "million", price["scheduler_million_calls"]),
            "sweep, directory, month, books",
            free.get("scheduler", 0.0),
        ),
        Line(
            *("Data transfer", "to the upstream", upstream_gb, "GB", price["transfer_out_gb"]),
            f"{a.requests:,} × {a.prompt_kb:g} kB",
            free.get("transfer_gb", 0.0),
        ),
    ]


def _options(a: Assumptions, price: Mapping[str, float]) -> list[Line]:
    lines = []
    if a.has_detailed_metrics:
        metrics = a.api_methods * METRICS_A_METHOD
        lines.append(
            Line(
                *("CloudWatch", "metrics by method", metrics, "metric", price["metric_month"]),
                f"{a.api_methods} methods × {METRICS_A_METHOD}, if each is called every hour",
            )
        )
    if a.has_cache:
        units = a.requests * 4 / MILLION
        lines += [
            Line(
                *("ElastiCache", "stored", 0.1 * HOURS, "GB-h", price["valkey_gb_hour"]),
                "the least that is charged: 100 MB",
            ),
            Line(
                *("ElastiCache", "commands", units, "million", price["valkey_million_units"]),
                f"{a.requests:,} × 4",
            ),
        ]
    if a.has_nat:
        moved = a.requests * (a.prompt_kb + a.answer_kb) / KB_A_GB
        lines += [
            Line("NAT gateway", "hours", HOURS, "hour", price["nat_hour"], "one"),
            Line(
                *("NAT gateway", "data", moved, "GB", price["nat_gb"]),
                f"{a.requests:,} × {a.prompt_kb + a.answer_kb:g} kB",
            ),
        ]
    if a.has_waf:
        requests = (a.requests + a.admin_requests) / MILLION
        lines += [
            Line("WAF", "web ACL", 1, "ACL", price["waf_month"], "one"),
            Line("WAF", "rules", 5, "rule", price["waf_rule_month"], "those of template.yaml"),
            Line("WAF", "requests", requests, "million", price["waf_million_requests"], "all"),
        ]
    return lines


def total(lines: list[Line]) -> float:
    """Sum in USD."""
    return sum(one.usd for one in lines)


def break_even_requests(a: Assumptions, price: Mapping[str, float], server_usd: float) -> int:
    """Requests a month from which the server is cheaper; 0 where it is so from the first.

    By bisection, because what is free bends the line.
    """

    def usd(requests: int) -> float:
        return total(month(replace(a, requests=requests), price))

    if usd(0) >= server_usd:
        return 0
    low, high = 0, 1
    while usd(high) < server_usd:
        high *= 2
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if usd(middle) < server_usd else (low, middle)
    return high
