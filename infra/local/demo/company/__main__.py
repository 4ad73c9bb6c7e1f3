"""Fills a running system with a believable company: `make demo`.

    200 people · three months through the system's own code, by a clock in the past
    plans, grants, suspensions, keys, alerts open and resolved, a viewer
    today's traffic through /v1, if the upstream is the built-in demo

A second run finds the company and adds only today's traffic.
"""

import argparse
import asyncio
import os
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from infra.local.demo.company import today as demo_today
from infra.local.demo.company.history import History, HistoryError, Totals
from infra.local.demo.company.parts import DemoClock, DemoParts
from infra.local.demo.company.people import DOMAIN, STARTED, Person, people
from infra.local.demo.company.requests import Requests, days_until
from infra.local.demo.company.story import Story
from infra.local.edge.mailbox import verify_sender
from infra.local.run.local_secret import FILE, local_secret
from solaris.app import Parts
from solaris.keys.management import KeyTerms
from solaris.platform.actor import Actor, Role
from solaris.platform.clock import now
from solaris.platform.errors import ConfigurationError, SolarisError
from solaris.platform.logs import configure_logging
from solaris.platform.settings import LOCAL_SECRET, Settings, load_settings
from solaris.platform.settings_values import AutoProvision, machine_address
from solaris.platform.terminal.environment import load_run_environment
from solaris.quota.policy import plan_limits_of

PEOPLE = 200
DAYS = 92
RECORDS = 16_000
VIEWER = f"viewer@{DOMAIN}"
ADMINS_ADDRESS = f"ti@{DOMAIN}"
BEFORE_NOW = timedelta(minutes=2)


class DemoError(Exception):
    """The demo company cannot be made; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Made:
    """A history that was made. `viewer_password` is known here and nowhere else."""

    totals: Totals
    viewer_password: str | None


async def make_history(
    settings: Settings,
    *,
    count: int = PEOPLE,
    days: int = DAYS,
    records: int = RECORDS,
    ends_at: datetime,
    tell: "Progress",
) -> Made | None:
    """The company and its history up to `ends_at` (UTC); None when it is there already.

    Raises DemoError for half a company, HistoryError, and what the store raises.
    """
    wanted = for_demo(settings)
    clock = DemoClock(ends_at)
    parts = DemoParts(wanted, clock)
    try:
        if not _is_new(parts):
            return None
        crowd = people(count)
        local_days = days_until(ends_at.astimezone(wanted.zone).date(), days)
        tell.of = max(1, len(local_days))
        actor = Actor(name=_first_admin(parts))
        clock.instant = ends_at - timedelta(days=days)
        story = Story(parts, actor, crowd, len(local_days))
        history = History(
            parts,
            clock,
            people=crowd,
            requests=Requests(
                crowd,
                local_days,
                records=records,
                limits=plan_limits_of(wanted),
                zone=wanted.zone,
                now=ends_at,
            ),
            days=local_days,
            now=ends_at,
            key_ids=await asyncio.to_thread(story.create_keys),
            story=story,
        )
        totals = await history.live(tell)
        clock.instant = now()
        # last of all: who finds the viewer finds a whole company
        issued = parts.sign_in.admin_accounts.create(
            actor, VIEWER, name="Visitante", role=Role.VIEWER
        )
        return Made(totals, issued.password)
    finally:
        await parts.close()


def for_demo(settings: Settings) -> Settings:
    """The settings of the history: anybody of the company may ask, somebody gets the mails."""
    return settings.model_copy(
        update={
            "auto_provision": AutoProvision.ACTIVE,
            "allowed_email_domains": (),
            "admin_alert_emails": settings.admin_alert_emails or (ADMINS_ADDRESS,),
        }
    )


def _is_new(parts: Parts) -> bool:
    """Whether there is no company yet; raises DemoError for half of one."""
    if parts.sign_in.admin_store.get(VIEWER) is not None:
        return False
    if any(user.email.endswith(f"@{DOMAIN}") for user in parts.quota.users.scan()):
        msg = (
            f"an earlier run was interrupted: there are users of {DOMAIN}, but not all. "
            "Start the system with an empty SOLARIS_DATA_DIR to have the whole company"
        )
        raise DemoError(msg)
    return True


def _first_admin(parts: Parts) -> str:
    admins = [one.email for one in parts.sign_in.admin_accounts.list() if one.role is Role.ADMIN]
    return admins[0] if admins else parts.settings.admin_email


async def today(settings: Settings, base_url: str) -> demo_today.Today | None:
    """Today's requests, by a key that lives as long as they; None: the upstream is a real one.

    Raises GatewayAwayError, and what the store raises.
    """
    parts = Parts(settings)
    actor = Actor(name=_first_admin(parts))
    issued = parts.keys.management.create(KeyTerms(name="make demo", days=1), actor)
    try:
        if not await demo_today.has_demo_upstream(base_url, issued.secret):
            return None
        return await demo_today.send(base_url, issued.secret, _settled(people(PEOPLE)))
    finally:
        parts.keys.management.revoke(issued.key.key_id, actor)
        await parts.close()


def _settled(crowd: list[Person]) -> list[Person]:
    """Those who were there from the start."""
    return [one for one in crowd if one.joins <= STARTED]


class Progress:
    """Prints one line that moves on a terminal, or a line every tenth elsewhere."""

    def __init__(self) -> None:
        self.of = 1
        self._done = 0
        self._began = time.monotonic()
        self._moves = sys.stdout.isatty()

    def __call__(self, day: date, requests: int) -> None:
        """One more day is done."""
        self._done += 1
        percent = 100 * self._done // self.of
        line = (
            f"[demo] {day:%d/%m/%Y}  {percent:3d}%  {requests:>6,} requests  "
            f"{time.monotonic() - self._began:3.0f} s"
        )
        if self._moves:
            end = "\n" if self._done == self.of else ""
            print(f"\r{line}", end=end, flush=True)
        elif self._done == self.of or self._done % max(1, self.of // 10) == 0:
            print(line, flush=True)


def _running_settings() -> Settings:
    """The settings of the system that runs on this machine; raises DemoError if none does."""
    run_file = load_run_environment()
    if run_file is None and not os.environ.get("AWS_ENDPOINT_URL"):
        msg = "no running system found; start it with `make up`, then run this in another terminal"
        raise DemoError(msg)
    settings = load_settings()
    data_dir = Path(settings.solaris_data_dir).absolute()
    if settings.secret_key == LOCAL_SECRET and (data_dir / FILE).is_file():
        # so that the links in the mails open
        settings = settings.model_copy(update={"secret_key": local_secret(data_dir)})
    if settings.solaris_stage != "local":
        msg = f"this is for the local stage, not for {settings.solaris_stage}"
        raise DemoError(msg)
    return settings


async def run(settings: Settings) -> None:
    """Make the company, or find it, and send today's requests."""
    verify_sender(settings)
    base_url = machine_address(settings.host, settings.port)
    made = await make_history(settings, ends_at=now() - BEFORE_NOW, tell=Progress())
    if made is None:
        print("[demo] the demo company is here already; adding today's traffic only")
    sent = await today(settings, base_url)
    if sent is None:
        print("[demo] no traffic through /v1: the upstream is a real one, and would cost money")
    else:
        print(f"[demo] today: {sent.answered} requests answered, {sent.refused} refused")
    if made is not None:
        totals = made.totals
        print(
            f"[demo] {PEOPLE} people, {totals.booked:,} requests, {totals.tokens:,} tokens, "
            f"{totals.refused} refused\n"
            f"[demo] site    {base_url}/admin/\n"
            f"[demo] viewer  {VIEWER} / {made.viewer_password} (shown once)"
        )


def main() -> int:
    """0: done, 1: not possible, 2: settings."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    configure_logging("ERROR")
    try:
        asyncio.run(run(_running_settings()))
    except ConfigurationError as error:
        print(f"[demo] settings: {error}", file=sys.stderr)
        return 2
    except demo_today.GatewayAwayError as error:
        print(f"[demo] the gateway does not answer at {error}", file=sys.stderr)
        return 1
    except (DemoError, HistoryError, SolarisError) as error:
        print(f"[demo] {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n[demo] interrupted", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
