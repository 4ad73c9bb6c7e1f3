"""When a monthly ceiling is told of, and when its alert is closed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.alerts.alert import Alert, AlertType, ResolvedWhy
from solaris.alerts.ceiling import COMPANY, PERCENTS, Ceiling, CeilingReached, reached, to_close
from solaris.alerts.mails import MailRenderer
from solaris.alerts.notices import MalformedNoticeError, notice_from_json, notice_to_json
from solaris.platform.texts import Locale

SALES = Ceiling("aaaaaaaaaaaa", "Vendas", 1_000, ("chefe@example.com", "cfo@example.com"))
TOKENS = st.integers(min_value=0, max_value=10**15)
NOVEMBER = "2026-11"


def found(used: int, ceiling: Ceiling = SALES) -> CeilingReached:
    notice = reached(ceiling, used, NOVEMBER)
    assert notice is not None
    return notice


def alert(notice: CeilingReached) -> Alert:
    return Alert(
        alert_id=notice.alert_id,
        type=notice.type,
        title="",
        message="",
        period=notice.period,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        mails={},
    )


@given(tokens=TOKENS, used=TOKENS)
def test_the_highest_share_that_is_reached_is_told(tokens: int, used: int) -> None:
    notice = reached(replace(SALES, tokens=tokens), used, NOVEMBER)
    passed = [one for one in PERCENTS if tokens and used >= tokens * one / 100]
    if notice is None:
        assert not tokens or used * 100 < tokens * PERCENTS[0]
    else:
        assert notice.percent * tokens <= used * 100
        assert len(notice.lower_ids) == PERCENTS.index(notice.percent)
        assert notice.alert_id not in notice.lower_ids
        assert not passed or abs(passed[-1] - notice.percent) <= 15
        assert notice_from_json(notice_to_json(notice)) == notice


@pytest.mark.parametrize(
    ("used", "percent", "kind"),
    [
        (799, None, None),
        (800, 80, AlertType.WARNING),
        (949, 80, AlertType.WARNING),
        (950, 95, AlertType.CRITICAL),
        (1_000, 100, AlertType.CRITICAL),
        (9_000, 100, AlertType.CRITICAL),
    ],
)
def test_shares_at_their_edges(used: int, percent: int | None, kind: AlertType | None) -> None:
    notice = reached(SALES, used, NOVEMBER)
    assert (percent, kind) == (None, None) if notice is None else True
    if notice is not None:
        assert (notice.percent, notice.type) == (percent, kind)


def test_no_ceiling_is_never_reached() -> None:
    assert reached(replace(SALES, tokens=0), 10**15, NOVEMBER) is None


def test_an_alert_is_closed_by_another_month_or_ceiling() -> None:
    one = alert(found(960))
    stated = {SALES.group_id: SALES}
    assert to_close([one], stated, NOVEMBER) == {}
    assert to_close([one], stated, "2026-12") == {one.alert_id: ResolvedWhy.MONTH}
    raised = {SALES.group_id: replace(SALES, tokens=2_000)}
    assert to_close([one], raised, NOVEMBER) == {one.alert_id: ResolvedWhy.LIMIT}
    assert to_close([one], {}, NOVEMBER) == {one.alert_id: ResolvedWhy.LIMIT}
    done = replace(one, resolved_at=one.created_at)
    assert to_close([done, replace(one, alert_id="u#2026-11#block")], {}, "2026-12") == {}


def test_a_raised_ceiling_is_told_of_anew() -> None:
    assert found(1_700, replace(SALES, tokens=2_000)).alert_id != found(800).alert_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": 0},
        {"percent": 101},
        {"ceiling_tokens": 0},
        {"used_tokens": -1},
        {"group_id": "a#b"},
        {"period": "2026-13"},
    ],
)
def test_what_is_no_notice_is_refused(wrong: dict[str, object]) -> None:
    body = notice_to_json(replace(found(800), **wrong))  # type: ignore[arg-type]
    with pytest.raises(MalformedNoticeError):
        notice_from_json(body)


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_mails_say_who_how_much_and_that_nothing_is_refused(locale: Locale) -> None:
    renderer = MailRenderer(locale)
    company = found(990, Ceiling(COMPANY, "", 1_000))
    for notice, who in ((found(1_100), "Vendas"), (company, "A empresa The company")):
        mail = renderer.ceiling(notice)
        title, text = renderer.ceiling_record(notice)
        assert any(word in mail.subject for word in (who, *who.split(" The ")))
        for told in (mail.text, mail.html):
            assert "110%" in told or "99" in told
        assert title
        assert "1" in text
    hostile = replace(found(800), name="<b>Vendas</b>\r\nBcc: x@example.com")
    mail = renderer.ceiling(hostile)
    assert "<b>Vendas" not in mail.html
    assert "\n" not in mail.subject
