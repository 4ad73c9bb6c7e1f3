"""How a user stands: the item as the next request would put it right, and who is blocked.

Nothing is written here. The request path mends the same things, in the same order, by conditional
writes (gateway/meter.py); this is what it would find after them, for whoever only asks.
"""

from dataclasses import replace
from datetime import datetime

from solaris.quota.day_cap import resolved, turned
from solaris.quota.grants import end_grants
from solaris.quota.quota import PPM, Quota
from solaris.quota.reservation import MINIMUM_COMPLETION_TOKENS, Demand, expired, hold_for
from solaris.quota.rollover import apply_block_threshold, open_period
from solaris.quota.settlement import settle
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import User


def put_right(user: User, *, period: str, day: str, block_ppm: int, now: datetime) -> User:
    """Return the user as a request at `now`, on `day` of `period`, would find them.

    Month and day are opened, what is left of grants that have ended is gone, today's block
    threshold is applied, and reservations whose time has run out have charged their prompt
    estimate (to their own month: a closed one's is no longer here).
    """
    shown = user
    if shown.period < period:
        shown, _ = open_period(shown, period, now)
    shown = turned(shown, day)
    shown = end_grants(shown, now)
    if shown.block_ppm != block_ppm:
        shown = apply_block_threshold(shown, block_ppm, now)
    for late in expired(shown.reservations, now):
        held = {key: one for key, one in shown.reservations.items() if key != late.request_id}
        shown = replace(shown, reservations=held)
        if late.period < shown.period:
            continue
        change = settle(reserved_tokens=late.tokens, charged_tokens=late.prompt_charge)
        shown = resolved(shown, late, late.prompt_charge)
        shown = replace(
            shown,
            available_tokens=shown.available_tokens + change.available_delta,
            current_usage=shown.current_usage + change.usage_delta,
        )
    return shown


def is_blocked(user: User, refused: Demand, rule: ThresholdRule) -> bool:
    """Whether a user whose request was refused for tokens has, for all purposes, none left.

    What open requests hold comes back in part, so it does not count; nor does a prompt too long
    for a user who has plenty.
    """
    left = user.available_tokens + user.reserved_tokens
    return hold_for(refused, left) is None and is_nearly_out(user.quota, rule)


def is_nearly_out(quota: Quota, rule: ThresholdRule) -> bool:
    """Whether too little is left for the shortest answer, or the usage is critical.

    Critical of what may be used: the block threshold counts, what open requests hold does not.
    """
    left = quota.available_tokens + quota.reserved_tokens
    ceiling = left + quota.current_usage
    is_critical = quota.current_usage * PPM >= ceiling * rule.critical_ppm
    return left < MINIMUM_COMPLETION_TOKENS or is_critical
