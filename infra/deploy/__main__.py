"""`make deploy`, `destroy` and `deploy-policy`: python -m infra.deploy COMMAND --help."""

import argparse
import json
import os
import sys
from pathlib import Path

from infra.deploy.aws import check_stage
from infra.deploy.deploying import DeclinedError, DeployOptions, deploy
from infra.deploy.destroying import DestroyOptions, destroy
from infra.deploy.errors import DeployError
from infra.deploy.packaging import ARCHITECTURES, PYTHONS
from infra.deploy.parameters import read_file, read_pairs
from infra.deploy.policy import ACCOUNT_ID, documents
from infra.deploy.summary import summary

INTERRUPTED = 130
_DEMO_MODELS = ("demo", "demo-fast")


def main(argv: list[str] | None = None) -> int:
    """0: done, 1: not, with one line that says why, 130: interrupted."""
    arguments = _arguments(argv)
    try:
        if arguments.command == "policy":
            check_stage(arguments.stage)
            made = documents(arguments.stage, arguments.region, arguments.account)
            print(json.dumps(made, indent=2))
            return 0
        _can_ask(arguments)
        if arguments.command == "deploy":
            return _deploy(arguments)
        return _destroy(arguments)
    except DeclinedError as error:
        print(f"[solaris] {error}")
        return 1
    except (DeployError, OSError) as error:
        print(f"[solaris] {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n[solaris] interrupted; what CloudFormation has begun goes on", file=sys.stderr)
        return INTERRUPTED


def _can_ask(arguments: argparse.Namespace) -> None:
    if not arguments.yes and not sys.stdin.isatty():
        msg = "nobody can be asked here (no terminal): add --yes (make … ARGS=--yes)"
        raise DeployError(msg)


def _deploy(arguments: argparse.Namespace) -> int:
    given = read_file(arguments.parameters) if arguments.parameters else {}
    given |= read_pairs(arguments.parameter)
    demo = arguments.demo_upstream
    if demo:
        given["LitellmBaseUrl"] = demo
    deployed = deploy(
        DeployOptions(
            stage=arguments.stage,
            parameters=given,
            region=arguments.region,
            python=arguments.python,
            architecture=arguments.architecture,
            with_site=arguments.site,
            confirm=None if arguments.yes else _confirm,
            show=_show,
        )
    )
    models = _DEMO_MODELS if demo else ("gpt-4o-mini",)
    print(summary(deployed, models=models))
    return 0


def _destroy(arguments: argparse.Namespace) -> int:
    destroyed = destroy(
        DestroyOptions(
            stage=arguments.stage,
            region=arguments.region,
            confirm=None if arguments.yes else _type_name,
            everything=arguments.really_all,
            show=_show,
        )
    )
    return 1 if destroyed.left and arguments.really_all else 0


def _show(line: str) -> None:
    print(line, flush=True)


def _confirm(question: str) -> bool:
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes", "s", "sim"}


def _type_name(stage: str) -> str:
    return input(f"Type the stage's name ({stage}) to delete it for good: ")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.deploy",
        description="Deploys a stage to AWS, or to the emulator that AWS_ENDPOINT_URL names.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("deploy", help="create or update a stage")
    down = commands.add_parser("destroy", help="delete a stage and everything in it")
    for command in (up, down):
        command.add_argument("--stage", required=True, help="its name: dev, prod")
        command.add_argument("--region", help="else AWS_REGION, or the profile's")
        command.add_argument("--yes", action="store_true", help="do not ask")
    up.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter of template.yaml; may be repeated; kept on later deployments",
    )  # fmt: skip
    up.add_argument("--parameters", type=Path, metavar="FILE", help="a JSON object of parameters")
    up.add_argument("--python", choices=PYTHONS, help="Python of the functions")
    up.add_argument("--architecture", choices=ARCHITECTURES, help="processor of the functions")
    up.add_argument(
        "--demo-upstream", metavar="URL",
        help="LitellmBaseUrl of a demo upstream (python -m infra.local.demo.upstream --help)",
    )  # fmt: skip
    up.add_argument("--no-site", dest="site", action="store_false", help="leave the site as it is")
    down.add_argument(
        "--really-all", action="store_true",
        help="also delete what the stack is told to keep: nothing is left, nothing comes back",
    )  # fmt: skip
    policy = commands.add_parser("policy", help="print what whoever deploys must be allowed")
    policy.add_argument("--stage", required=True, help="its name: dev, prod")
    policy.add_argument("--account", default=ACCOUNT_ID, help="number of the AWS account")
    region = os.environ.get("AWS_REGION") or "us-east-1"
    policy.add_argument("--region", default=region, help="else AWS_REGION, else us-east-1")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
