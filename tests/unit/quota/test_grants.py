"""Grants that end: which tokens are used first, what is left at an end, and that sums agree.

Figures are small, so that each can be followed by hand.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.quota.changes import (
    ChangeRefusedError,
    LimitBounds,
    add_grant,
    add_tokens,
    new_user,
    reset_usage,
    set_additional,
    set_limit,
    void_grant,
)
from solaris.quota.grant import EVERY_MONTH_ID, MAX_GRANTS, Grant, GrantKind
from solaris.quota.grants import burn, end_grants, late_difference, live_grants, with_late_burn
from solaris.quota.item import user_from_item, user_to_item
from solaris.quota.periods import day_end
from solaris.quota.quota import ceiling_tokens
from solaris.quota.reservation import Reservation
from solaris.quota.rollover import open_period
from solaris.quota.standing import put_right
from solaris.quota.thresholds import ThresholdRule
from solaris.quota.user import Plan, User

ZONE = ZoneInfo("America/Sao_Paulo")
RULE = ThresholdRule(warning_ppm=800_000, critical_ppm=950_000)
MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
START = datetime(2026, 11, 1, 3, tzinfo=UTC)
PPM = 1_000_000


def at(day: int, month: int = 11) -> datetime:
    """Noon of a day in 2026."""
    return datetime(2026, month, day, 15, tzinfo=UTC)


def user(limit: int = 1_000, block_ppm: int = PPM) -> User:
    return new_user(
        email="ana@example.com",
        name="Ana",
        plan=Plan.ENTERPRISE,
        monthly_limit=limit,
        period="2026-11",
        block_ppm=block_ppm,
        now=START,
    )


def grant(
    tokens: int, kind: GrantKind, until: str | None = None, *, name: str = "", now: datetime = START
) -> Grant:
    return Grant(
        grant_id=name or f"{kind}-{until}",
        kind=kind,
        granted_tokens=tokens,
        tokens=tokens,
        created_at=now,
        until=until,
        ends_at=None if until is None else day_end(date.fromisoformat(until), ZONE),
    )


def granted(one: User, *grants: Grant, now: datetime = START) -> User:
    for each in grants:
        one = add_grant(one, each, rule=RULE, now=now)
    return one


def used(one: User, tokens: int) -> User:
    """What a settlement does to the item: two figures, and nothing about grants."""
    return replace(
        one,
        current_usage=one.current_usage + tokens,
        available_tokens=one.available_tokens - tokens,
        version=one.version + 1,
    )


def holding(one: User, tokens: int, began: datetime, name: str = "r1") -> User:
    held = Reservation(
        request_id=name,
        tokens=tokens,
        prompt_tokens=1,
        created_at=began,
        expires_at=began + timedelta(minutes=15),
        period=one.period,
    )
    return replace(
        one,
        reservations={**one.reservations, name: held},
        available_tokens=one.available_tokens - tokens,
    )


def resolved(one: User, tokens: int, name: str = "r1") -> User:
    held = one.reservations[name].tokens
    rest = {key: each for key, each in one.reservations.items() if key != name}
    back = replace(one, reservations=rest, available_tokens=one.available_tokens + held)
    return used(back, tokens)


def rests(one: User) -> dict[str, int]:
    """What is left of each grant that is not used up, in the order in which they are used."""
    return {each.grant_id: each.tokens for each in live_grants(one)}


def agrees(one: User) -> bool:
    return one.available_tokens == one.quota.available_tokens


THIS_MONTH = GrantKind.THIS_MONTH
UNTIL = GrantKind.UNTIL
UNTIL_USED = GrantKind.UNTIL_USED


def test_what_ends_first_is_used_first() -> None:
    one = granted(
        user(1_000),
        grant(100, UNTIL_USED),
        grant(100, UNTIL, "2026-12-15"),
        grant(100, THIS_MONTH),
        grant(100, UNTIL, "2026-11-20"),
    )
    assert one.additional_tokens == 400
    assert one.available_tokens == 1_400
    assert rests(used(one, 40)) == {
        "this_month-None": 100,
        "until-2026-11-20": 60,
        "until-2026-12-15": 100,
        "until_used-None": 100,
    }
    # the month's own 1,100 (limit and what is of the month) come before what outlives it
    assert rests(used(one, 1_200))["until-2026-12-15"] == 100
    assert rests(used(one, 1_250)) == {
        "this_month-None": 100,
        "until-2026-12-15": 50,
        "until_used-None": 100,
    }
    assert rests(used(one, 1_350))["until_used-None"] == 50


def test_grants_are_told_in_the_order_in_which_they_are_used() -> None:
    one = granted(
        user(1_000),
        grant(100, UNTIL_USED),
        grant(100, UNTIL, "2026-12-15"),
        grant(100, THIS_MONTH),
        grant(100, UNTIL, "2026-11-20"),
    )
    assert list(rests(one)) == [
        "until-2026-11-20",
        "this_month-None",
        "until-2026-12-15",
        "until_used-None",
    ]


def test_only_what_is_unused_ends() -> None:
    one = used(granted(user(), grant(500, UNTIL, "2026-11-20")), 300)
    before = end_grants(one, day_end(date(2026, 11, 20), ZONE) - timedelta(microseconds=1))
    assert before is one
    after = end_grants(one, day_end(date(2026, 11, 20), ZONE))
    assert (after.additional_tokens, after.available_tokens) == (300, 1_000)
    assert (after.grants, after.next_change_at, agrees(after)) == ((), None, True)
    assert end_grants(after, at(25)) is after


def test_what_was_used_before_a_grant_is_not_used_of_it() -> None:
    """Somebody at the limit who gets 500 until tomorrow has nothing of them the day after."""
    one = granted(used(user(), 1_000), grant(500, UNTIL, "2026-11-20", now=at(19)), now=at(19))
    assert one.available_tokens == 500
    after = end_grants(used(one, 200), at(21))
    assert (after.additional_tokens, after.available_tokens) == (200, 0)


def test_what_is_held_at_the_end_stays_until_it_is_known() -> None:
    end = day_end(date(2026, 11, 20), ZONE)
    one = granted(user(0), grant(500, UNTIL, "2026-11-20"))
    one = holding(one, 400, end - timedelta(minutes=1))
    ended = end_grants(one, end)
    assert (ended.additional_tokens, ended.available_tokens) == (400, 0)
    assert ended.next_change_at == end + timedelta(seconds=60)
    # the answer was short: what it did not use is gone a minute later
    short = resolved(ended, 50)
    assert short.available_tokens == 350
    gone = end_grants(short, end + timedelta(seconds=60))
    assert (gone.additional_tokens, gone.available_tokens, gone.grants) == (50, 0, ())
    assert gone.next_change_at is None


def test_a_request_that_began_after_the_end_holds_nothing_of_the_grant() -> None:
    end = day_end(date(2026, 11, 20), ZONE)
    one = holding(granted(user(), grant(500, UNTIL, "2026-11-20")), 400, end)
    ended = end_grants(one, end)
    assert (ended.additional_tokens, ended.available_tokens, agrees(ended)) == (0, 600, True)


def test_a_month_ends_what_is_of_it_and_carries_the_rest() -> None:
    one = add_tokens(user(), 50, rule=RULE, now=START)
    one = granted(
        one,
        grant(100, THIS_MONTH),
        grant(200, UNTIL, "2026-11-30"),
        grant(300, UNTIL, "2026-12-15"),
        grant(400, UNTIL_USED),
    )
    one = used(one, 200 + 1_000 + 50 + 100 + 120)
    opened, closed = open_period(one, "2026-12", datetime(2026, 12, 1, 3, tzinfo=UTC))
    assert closed.additional_tokens == 1_050
    assert closed.ended_tokens == 1_050 - (50 + 180 + 400)
    assert (opened.additional_tokens, opened.every_month_tokens) == (630, 50)
    assert opened.available_tokens == 1_630
    assert rests(opened) == {"until-2026-12-15": 180, "until_used-None": 400}
    assert opened.next_change_at == day_end(date(2026, 12, 15), ZONE)
    # a grant that outlives December no more is used before its limit
    december = used(opened, 100)
    assert rests(december)["until-2026-12-15"] == 80
    after = end_grants(december, opened.next_change_at)
    assert (after.additional_tokens, after.available_tokens) == (550, 1_450)


def test_months_that_nobody_opened_end_what_ended_in_them() -> None:
    one = granted(user(), grant(300, UNTIL, "2026-12-15"), grant(400, UNTIL_USED))
    opened, _ = open_period(one, "2027-01", datetime(2027, 1, 5, tzinfo=UTC))
    assert (opened.additional_tokens, rests(opened)) == (400, {"until_used-None": 400})


def test_what_is_held_at_the_month_end_is_set_aside_and_given_back() -> None:
    end = datetime(2026, 12, 1, 3, tzinfo=UTC)
    one = granted(user(100), grant(500, UNTIL_USED))
    one = holding(used(one, 100), 300, end - timedelta(minutes=1))
    opened, closed = open_period(one, "2026-12", end)
    assert opened.available_tokens == 100 + 200
    assert closed.carried is not None
    assert opened.reservations["r1"].carried_tokens == 300
    # 120 of the 300 were used: the grant has 380 left of its 500
    difference = late_difference(closed.carried, before_tokens=400, after_tokens=220)
    known = with_late_burn(opened, difference, end)
    assert (known.additional_tokens, known.available_tokens) == (380, 480)
    # more than it held, as an upstream that ignores its maximum uses
    difference = late_difference(closed.carried, before_tokens=400, after_tokens=450)
    assert with_late_burn(opened, difference, end).available_tokens == 250
    # a limit of the month with room left pays first
    roomy = granted(user(1_000), grant(500, UNTIL_USED))
    _, closed = open_period(holding(roomy, 300, end), "2026-12", end)
    assert closed.carried is not None
    assert late_difference(closed.carried, before_tokens=300, after_tokens=900) == {}


def test_a_late_burn_of_what_is_used_already_never_goes_below_zero() -> None:
    end = datetime(2026, 12, 1, 3, tzinfo=UTC)
    opened, _ = open_period(granted(user(0), grant(500, UNTIL_USED)), "2026-12", end)
    busy = granted(used(opened, 450), grant(10, THIS_MONTH, now=end), now=end)
    late = with_late_burn(busy, {"until_used-None": 200}, end)
    assert (late.additional_tokens, rests(late).get("until_used-None")) == (310, None)
    assert agrees(late)
    assert late.every_month_tokens == 0


@pytest.mark.parametrize(
    ("kind", "until", "tokens", "additional"),
    [
        (UNTIL, "2026-11-20", 0, 300),  # used first
        (THIS_MONTH, None, 0, 0),
        (UNTIL_USED, None, 0, 0),
    ],
)
def test_voiding_takes_what_is_unused(
    kind: GrantKind, until: str | None, tokens: int, additional: int
) -> None:
    one = used(granted(user(), grant(500, kind, until, name="g")), 300)
    voided = void_grant(one, "g", at(10))
    assert (sum(rests(voided).values()), voided.additional_tokens) == (tokens, additional)
    assert agrees(voided)
    assert void_grant(voided, "g", at(10)) is voided


def test_voiding_what_is_granted_every_month_keeps_what_this_month_used() -> None:
    one = used(add_tokens(user(), 500, rule=RULE, now=START), 1_200)
    voided = void_grant(one, EVERY_MONTH_ID, at(10))
    assert (voided.additional_tokens, voided.every_month_tokens) == (200, 0)
    assert voided.available_tokens == 0
    opened, closed = open_period(voided, "2026-12", at(1, 12))
    assert (opened.additional_tokens, closed.ended_tokens) == (0, 200)


def test_voiding_leaves_what_is_held() -> None:
    one = holding(granted(user(0), grant(500, UNTIL_USED, name="g")), 400, at(5))
    voided = void_grant(one, "g", at(5))
    assert (voided.additional_tokens, voided.available_tokens) == (400, 0)


def test_a_lowered_limit_is_covered_by_grants() -> None:
    one = granted(used(user(1_000), 800), grant(1_000, UNTIL_USED))
    lowered = set_limit(one, 500, bounds=LimitBounds(0, 10_000), rule=RULE, now=at(5))
    assert lowered.available_tokens == 700
    opened, _ = open_period(lowered, "2026-12", at(1, 12))
    assert rests(opened) == {"until_used-None": 700}


def test_a_reset_forgives_usage_and_gives_no_grant_back() -> None:
    one = used(granted(user(100), grant(500, UNTIL, "2026-11-20")), 550)
    reset = reset_usage(one, rule=RULE, now=at(5))
    assert (reset.additional_tokens, reset.available_tokens) == (500, 600)
    after = end_grants(reset, at(21))
    # its 500 had been used, and the reset made them the month's own
    assert (after.additional_tokens, after.available_tokens) == (500, 600)
    opened, _ = open_period(after, "2026-12", at(1, 12))
    assert opened.additional_tokens == 0


@pytest.mark.parametrize(
    ("limit", "more", "less", "left"),
    [
        (0, 0, 300, 900),  # all of what it gave was of grants
        (0, 0, 400, 1_000),
        (200, 0, 300, 1_000),  # the other 100 are the month's own
        (0, 50, 300, 855),  # five of the fifty were of this month's grant
    ],
)
def test_usage_that_turns_out_to_be_less_goes_back_to_the_grant(
    limit: int, more: int, less: int, left: int
) -> None:
    """A late answer in the place of what its expiry charged, after a change has counted that."""
    one = granted(used(granted(user(limit), grant(1_000, UNTIL_USED)), 400), grant(5, THIS_MONTH))
    corrected = used(granted(used(one, more), grant(5, THIS_MONTH, name="more")), -less)
    opened, _ = open_period(corrected, "2026-12", at(1, 12))
    assert rests(opened) == {"until_used-None": left}
    assert agrees(corrected)


def test_what_a_late_burn_took_does_not_come_back_when_usage_is_less() -> None:
    end = datetime(2026, 12, 1, 3, tzinfo=UTC)
    opened, _ = open_period(granted(user(0), grant(500, UNTIL_USED)), "2026-12", end)
    busy = granted(used(opened, 450), grant(10, THIS_MONTH, now=end), now=end)
    late = with_late_burn(busy, {"until_used-None": 200}, end)
    roomy = set_limit(late, 1_000, bounds=LimitBounds(0, 10_000), rule=RULE, now=end)
    less = granted(used(roomy, -450), grant(1, THIS_MONTH, name="b", now=end), now=end)
    assert rests(less)["until_used-None"] == 300
    assert less.every_month_tokens == 0
    assert agrees(less)


def test_what_a_reset_forgave_does_not_come_back_to_a_grant() -> None:
    one = reset_usage(used(granted(user(0), grant(1_000, UNTIL_USED)), 400), rule=RULE, now=at(5))
    one = used(granted(used(one, 50), grant(5, THIS_MONTH)), -30)
    opened, _ = open_period(one, "2026-12", at(1, 12))
    assert rests(opened) == {"until_used-None": 600}


def test_what_is_granted_every_month_is_changed_alone() -> None:
    one = granted(add_tokens(user(), 500, rule=RULE, now=START), grant(100, THIS_MONTH))
    assert set_additional(one, 100, rule=RULE, now=at(5)).every_month_tokens == 0
    with pytest.raises(ChangeRefusedError, match="only 500 additional tokens"):
        set_additional(one, 99, rule=RULE, now=at(5))
    with pytest.raises(ChangeRefusedError):
        add_tokens(one, -501, rule=RULE, now=at(5))


def test_what_no_grant_may_be() -> None:
    with pytest.raises(ChangeRefusedError) as refused:
        granted(user(), grant(0, THIS_MONTH))
    assert refused.value.code == "grant_not_positive"
    with pytest.raises(ChangeRefusedError) as refused:
        granted(user(), grant(1, UNTIL, "2026-11-20"), now=day_end(date(2026, 11, 20), ZONE))
    assert refused.value.code == "grant_is_over"
    full = granted(user(), *(grant(1, UNTIL_USED, name=f"g{n}") for n in range(MAX_GRANTS)))
    with pytest.raises(ChangeRefusedError) as refused:
        granted(full, grant(1, UNTIL_USED, name="more"))
    assert refused.value.code == "too_many_grants"
    # one that is used up makes room
    assert len(granted(used(full, 1_001), grant(1, UNTIL_USED, name="more")).grants) == MAX_GRANTS


def test_a_user_of_a_version_before_has_everything_every_month() -> None:
    item = user_to_item(add_tokens(user(), 700, rule=RULE, now=START))
    assert "grants" not in item
    assert "next_change_at" not in item
    one = user_from_item(item)
    assert (one.every_month_tokens, one.grants) == (700, ())
    opened, closed = open_period(one, "2026-12", at(1, 12))
    assert (opened.additional_tokens, closed.ended_tokens, closed.carried) == (700, 0, None)
    assert user_to_item(opened).keys() == item.keys()


def test_an_item_holds_grants_exactly() -> None:
    one = used(granted(user(), grant(100, UNTIL, "2026-11-20"), grant(7, UNTIL_USED)), 50)
    one = void_grant(one, "until_used-None", at(5))
    assert user_from_item(user_to_item(one)) == one


def test_a_month_that_is_opened_late_gives_nothing_of_a_grant_that_has_ended() -> None:
    """Nobody came before the twentieth: what ended on the tenth is not had for another minute."""
    one = granted(user(), grant(300, UNTIL, "2026-12-10"), grant(50, UNTIL, "2026-12-24"))
    now = at(20, 12)
    opened, _ = open_period(one, "2026-12", now)
    assert opened.next_change_at == day_end(date(2026, 12, 10), ZONE)
    shown = put_right(one, period="2026-12", day="2026-12-01", block_ppm=PPM, now=now)
    assert shown == end_grants(opened, now)
    assert (shown.additional_tokens, shown.available_tokens) == (50, 1_050)
    assert shown.next_change_at == day_end(date(2026, 12, 24), ZONE)


def test_changes_do_not_put_an_end_off() -> None:
    """A change every half a minute, while a request still holds of a grant that has ended."""
    end = day_end(date(2026, 11, 20), ZONE)
    one = holding(granted(user(0), grant(500, UNTIL, "2026-11-20")), 400, end - timedelta(hours=1))
    ended = end_grants(one, end)
    one = granted(ended, grant(1, UNTIL_USED, name="x"), now=end + timedelta(seconds=30))
    one = void_grant(one, "x", end + timedelta(seconds=31))
    gone = end_grants(resolved(one, 0), end + timedelta(seconds=60))
    assert (gone.additional_tokens, gone.grants) == (0, ())


@pytest.mark.parametrize("kind", [UNTIL_USED, UNTIL])
@pytest.mark.parametrize("block_ppm", [1, 500_000, 900_000, 999_999])
def test_a_block_below_the_limit_makes_no_grant_eternal(kind: GrantKind, block_ppm: int) -> None:
    """Somebody who uses all that they may, month after month: the grant comes to an end."""
    until = "2027-02-10" if kind is UNTIL else None
    one = granted(user(10_000, block_ppm), grant(1_000, kind, until, name="g"))
    one = replace(one, available_tokens=one.quota.available_tokens)
    own = ceiling_tokens(10_000, 0, block_ppm)
    beyond = 0
    for month in ("2026-12", "2027-01", "2027-02"):
        beyond += one.available_tokens - own
        one = used(one, one.available_tokens)
        assert burn(burn(one, one.current_usage), one.current_usage) == burn(one, one.current_usage)
        one, _ = open_period(one, month, at(1, 12))
        assert agrees(one)
        assert 1_000 - sum(rests(one).values()) == beyond
    assert beyond <= 1_000


def test_taking_back_blocks_nobody_below_the_limit_either() -> None:
    one = granted(user(10_000, 900_000), grant(1_000, THIS_MONTH, name="g"))
    one = replace(one, available_tokens=one.quota.available_tokens)
    voided = void_grant(used(one, 9_500), "g", at(5))
    assert (voided.available_tokens >= 0, voided.every_month_tokens) == (True, 0)


@dataclass
class Definition:
    """What is available, from scratch: each token is taken from where it is to be taken."""

    limit: int
    every_month: int = 0
    own: int = 0
    lasting: list[tuple[tuple[int, float], str, Grant]] = field(default_factory=list)
    rest: dict[str, int] = field(default_factory=dict)
    this_month: int = 0

    def use(self, tokens: int, period: str) -> None:
        order = sorted(self.lasting)
        early = [name for _, name, one in order if not one.outlives(period)]
        late = [name for _, name, one in order if one.outlives(period)]
        for name in [*early, "", *late]:
            left = self.own if name == "" else self.rest[name]
            part = min(left, tokens)
            tokens -= part
            if name == "":
                self.own -= part
            else:
                self.rest[name] -= part
        assert tokens == 0

    @property
    def available(self) -> int:
        return self.own + sum(self.rest.values())

    def add(self, one: Grant) -> None:
        if one.is_of_the_month:
            self.own += one.granted_tokens
            return
        end = (2, 0.0) if one.ends_at is None else (1, one.ends_at.timestamp())
        self.lasting.append((end, one.grant_id, one))
        self.rest[one.grant_id] = one.granted_tokens

    def end(self, now: datetime) -> None:
        self._keep([each for each in self.lasting if not each[2].is_over(now)])

    def open(self, period: str) -> None:
        self._keep(
            [each for each in self.lasting if each[2].until is None or each[2].until[:7] >= period]
        )
        self.own = self.limit + self.every_month

    def _keep(self, lasting: list[tuple[tuple[int, float], str, Grant]]) -> None:
        self.lasting = lasting
        self.rest = {name: self.rest[name] for _, name, _ in lasting}


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    kinds = st.sampled_from(["use", "use", "use", "day", "grant", "grant", "every", "void"])
    step = st.tuples(kinds, st.integers(1, 400), st.integers(0, 50))
    return draw(st.lists(step, max_size=60))


@given(_histories(), st.integers(0, 600))
def test_available_is_what_the_definition_says(
    history: list[tuple[str, int, int]], limit: int
) -> None:
    one = user(limit)
    truth = Definition(limit=limit, own=limit)
    now, period = START + timedelta(hours=12), "2026-11"
    for n, (what, tokens, choice) in enumerate(history):
        if what == "day":
            now += timedelta(days=1 + choice % 9)
            reached = now.astimezone(ZONE).strftime("%Y-%m")
            if reached > period:
                one, _ = open_period(one, reached, now)
                truth.open(reached)
                period = reached
            one = end_grants(one, now)
            truth.end(now)
        elif what == "use":
            part = min(tokens, one.available_tokens)
            one = used(one, part)
            truth.use(part, period)
        elif what == "every":
            one = add_tokens(one, tokens, rule=RULE, now=now)
            truth.every_month += tokens
            truth.own += tokens
        elif what == "grant" and len(one.grants) < MAX_GRANTS:
            kind = (THIS_MONTH, UNTIL, UNTIL_USED)[choice % 3]
            until = (now.astimezone(ZONE) + timedelta(days=choice)).date().isoformat()
            new = grant(tokens, kind, until if kind is UNTIL else None, name=f"{n:02d}", now=now)
            one = granted(one, new, now=now)
            truth.add(new)
        elif what == "void":
            lasting = [name for _, name, _ in truth.lasting]
            if lasting:
                name = lasting[choice % len(lasting)]
                one = void_grant(one, name, now)
                truth._keep([each for each in truth.lasting if each[1] != name])
        assert one.available_tokens == truth.available
        assert agrees(one)
        assert one.every_month_tokens == truth.every_month
        assert user_from_item(user_to_item(one)) == replace(
            one, burnt_at_usage=one.burnt_at_usage if one.grants or one.burnt_tokens else 0
        )
