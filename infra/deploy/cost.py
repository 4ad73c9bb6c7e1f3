"""What a month on AWS costs, line by line, against one small server.

    make cost USERS=500 REQUESTS=400
    python -m infra.deploy.cost --users 500 --requests-per-user 400 --region sa-east-1 --explain

Prices come from prices.json, which says of what date they are. Models cost extra in both places.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.deploy.cost_model import Assumptions, break_even_requests, month, total
from infra.deploy.template import read_template
from solaris.platform.aws.metric_lines import FIGURES

PRICES = Path(__file__).with_name("prices.json")
# Measured on two cores, streams booked (tests/bench/README.md, "Speed"); the least of the runs.
SERVER_STREAMS_PER_SECOND = 500
TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
USUAL_REGION = "us-east-1"
_METHODS = frozenset({"get", "head", "options", "put", "patch", "post", "delete"})
DAYS = 365 / 12
MAX_COUNT = 10**9


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"not from 0 to {MAX_COUNT:,}: {text}")
    return value


def _amount(text: str) -> float:
    value = float(text)
    if not 0 <= value <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"not from 0 to {MAX_COUNT:,}: {text}")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"not from 0 to 1: {text}")
    return value


def _region(prices: Mapping[str, Any]) -> str:
    """The region that is deployed to, where its prices are known."""
    given = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return given if given in prices["regions"] else USUAL_REGION


def alarm_metrics() -> int:
    """The metrics that the template's alarms look at, each of which is charged."""
    return sum(
        len([metric for metric in one["Properties"].get("Metrics", ()) if "MetricStat" in metric])
        or 1
        for one in _resources("AWS::CloudWatch::Alarm")
    )


def own_metrics() -> int:
    """The metrics that the stage itself makes: of the functions' lines, and of filters of logs."""
    filters = _resources("AWS::Logs::MetricFilter")
    return len(FIGURES) + sum(len(one["Properties"]["MetricTransformations"]) for one in filters)


def api_methods() -> int:
    """The methods of the template's API."""
    return sum(
        len(_METHODS & set(path))
        for one in _resources("AWS::Serverless::Api")
        for path in one["Properties"]["DefinitionBody"]["paths"].values()
    )


def _resources(kind: str) -> list[dict[str, Any]]:
    document = read_template(TEMPLATE).document
    return [one for one in document["Resources"].values() if one["Type"] == kind]


def _arguments(argv: Sequence[str] | None, prices: Mapping[str, Any]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make cost", description="A month on AWS against one small server."
    )
    add = parser.add_argument
    add("--users", type=_count, required=True, help="people who chat")
    add("--requests-per-user", type=_count, required=True, help="a month, titles included")
    add("--region", choices=sorted(prices["regions"]), default=_region(prices),
        help="else AWS_REGION, where its prices are known, else us-east-1")  # fmt: skip
    add("--answer-seconds", type=_amount, default=8.0, help="how long an answer streams (8)")
    add("--answer-kb", type=_amount, default=100.0, help="its size as a stream (100)")
    add("--prompt-kb", type=_amount, default=20.0, help="size of what is asked (20)")
    add("--admin-requests", type=_count, default=20_000, help="of the admin site (20,000)")
    add("--architecture", choices=("arm64", "x86_64"), default="arm64")
    add("--cache", action="store_true", help="with ElastiCache Serverless")
    add("--nat", action="store_true", help="with a NAT gateway, as a VPC needs")
    add("--cold-share", type=_share, default=0.03, help="of calls that start a Lambda (0.03)")
    add("--init-seconds", type=_amount, default=1.5, help="how long that takes (1.5)")
    add("--no-metrics", action="store_true", help="with CloudwatchMetrics=false")
    add("--detailed-metrics", action="store_true", help="with DetailedApiMetrics=true")
    add("--waf", action="store_true", help="with WAF")
    add("--free-tier", action="store_true", help="take off what AWS gives every month")
    add("--usd-brl", type=_amount, default=5.40, help="reais for a dollar (5.40: look it up)")
    add("--server-monthly-usd", type=_amount, default=prices["server_monthly_usd"],
        help=f"2 vCPU, 4 GB ({prices['server_monthly_usd']:g})")  # fmt: skip
    add("--explain", action="store_true", help="show how each line is reckoned")
    add("--json", action="store_true", help="for programs")
    return parser.parse_args(argv)


def report(arguments: argparse.Namespace, prices: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is printed, as values."""
    assumptions = Assumptions(
        users=arguments.users,
        requests=arguments.users * arguments.requests_per_user,
        alarm_metrics=alarm_metrics(),
        api_methods=api_methods(),
        own_metrics=0 if arguments.no_metrics else own_metrics(),
        cold_share=arguments.cold_share,
        init_seconds=arguments.init_seconds,
        has_detailed_metrics=arguments.detailed_metrics,
        answer_seconds=arguments.answer_seconds,
        answer_kb=arguments.answer_kb,
        prompt_kb=arguments.prompt_kb,
        admin_requests=arguments.admin_requests,
        architecture=arguments.architecture,
        has_cache=arguments.cache,
        has_nat=arguments.nat,
        has_waf=arguments.waf,
        is_free_tier=arguments.free_tier,
    )
    table = prices["regions"][arguments.region]
    lines = month(assumptions, table)
    even = break_even_requests(assumptions, table, arguments.server_monthly_usd)
    return {
        "as_of": prices["as_of"],
        "region": arguments.region,
        "assumptions": asdict(assumptions),
        "lines": [asdict(one) | {"usd": one.usd} for one in lines],
        "aws_usd": total(lines),
        "aws_brl": total(lines) * arguments.usd_brl,
        "server_usd": arguments.server_monthly_usd,
        "server_brl": arguments.server_monthly_usd * arguments.usd_brl,
        "server_requests_a_day": SERVER_STREAMS_PER_SECOND * 86_400,
        "break_even_requests_a_day": even / DAYS,
    }


def _print(found: Mapping[str, Any], prices: Mapping[str, Any], *, explain: bool) -> None:
    assumptions = found["assumptions"]
    print(
        f"{assumptions['users']:,} users, {assumptions['requests']:,} requests a month in "
        f"{found['region']}; prices of {found['as_of']}, check them before you rely on them\n"
    )
    print(f"{'':36} {'quantity':>14} {'unit':9} {'USD each':>13} {'USD':>10}")
    for one in found["lines"]:
        print(
            f"{one['service'] + ': ' + one['what']:36} {one['quantity']:14,.3f} {one['unit']:9} "
            f"{one['price']:13.10g} {one['usd']:10,.2f}"
        )
        if explain:
            free = f", of it free {one['free']:,.3f}" if one["free"] else ""
            print(f"    {one['how']}{free}")
    print(f"\n{'AWS, a month':36} {found['aws_usd']:49,.2f}   R$ {found['aws_brl']:,.2f}")
    print(
        f"{'one server (2 vCPU, 4 GB)':36} {found['server_usd']:49,.2f}   "
        f"R$ {found['server_brl']:,.2f}"
    )
    even = found["break_even_requests_a_day"]
    if even:
        print(f"\nAWS is cheaper below {even:,.0f} requests a day, the server above.")
    else:
        print("\nThe server is cheaper whatever the number of requests.")
    print(
        f"The server books {SERVER_STREAMS_PER_SECOND} streams a second (measured): "
        f"{found['server_requests_a_day']:,} a day at most, without a second one to take over.\n"
        "Neither includes the models, nor the work of keeping a server.\n"
        "An answer that its reader stops runs to its end on AWS, and is paid there and at the\n"
        "upstream; the server ends it."
    )
    region = str(found["region"])
    for line in prices["unconfirmed"]:
        if line.startswith(region):
            print(f"Not confirmed: {line}")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the month."""
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    arguments = _arguments(argv, prices)
    found = report(arguments, prices)
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        _print(found, prices, explain=arguments.explain)
    return 0


if __name__ == "__main__":
    sys.exit(main())
